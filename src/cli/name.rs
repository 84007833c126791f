//! Finds a kind by whatever people call it.

use anyhow::Result;
use interpreter::catalog::{Addon, Resource};

use super::{Shelf, Usage};

impl Shelf {
    /// The add-ons that are called so, in upper or lower case; more than one where groups share a name. One of the very kind that was written
    /// comes before the others, and one that is always on before one behind a switch.
    pub fn called(&self, name: &str) -> Result<Vec<&Addon>> {
        let is_called = |addon: &&Addon| names(addon).iter().any(|known| known.eq_ignore_ascii_case(name));
        let rank = |addon: &Addon| (addon.resource.kind != name, addon.switch.is_some());
        let called: Vec<&Addon> = self.catalog.addons.values().map(AsRef::as_ref).filter(is_called).collect();
        let best = called.iter().map(|addon| rank(addon)).min().ok_or_else(|| unknown(self, name))?;
        Ok(called.into_iter().filter(|addon| rank(addon) == best).collect())
    }
}

fn names(addon: &Addon) -> Vec<String> {
    let Resource { group, kind, plural, singular, short_names, .. } = &addon.resource;
    let own = [&addon.name, kind, plural, singular].into_iter().chain(short_names).cloned();
    own.chain([format!("{plural}.{group}")]).collect()
}

fn unknown(shelf: &Shelf, name: &str) -> Usage {
    let all: Vec<String> = shelf.catalog.addons.values().flat_map(|addon| names(addon)).collect();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let near = all.iter().filter(|known| distance(known) <= known.len().div_ceil(3)).min_by_key(|known| distance(known));
    let kinds: Vec<_> = shelf.catalog.addons.values().map(|addon| addon.resource.kind.as_str()).collect();
    match near {
        Some(near) => Usage(format!("no kind is called `{name}`; did you mean `{near}`?")),
        None => Usage(format!("no kind is called `{name}`; there are {}", kinds.join(", "))),
    }
}
