//! Finds a kind by any of its names.

use std::sync::Arc;

use anyhow::Result;
use interpreter::catalog::{Addon, Resource};

use crate::cli::catalog_source::LoadedCatalog;
use crate::cli::error::Usage;

impl LoadedCatalog {
    /// Returns the add-ons with this name, in any case; more than one if groups share it. An exact kind comes
    /// before other names, and a kind before an optional one.
    pub(crate) fn find_kinds(&self, name: &str) -> Result<Vec<&Arc<Addon>>> {
        let has_name =
            |addon: &&Arc<Addon>| names(addon).iter().any(|known| known.eq_ignore_ascii_case(name));
        let rank = |addon: &Addon| (addon.resource.kind != name, addon.optional);
        let found: Vec<_> = self.catalog.addons.values().filter(has_name).collect();
        let best = found.iter().map(|addon| rank(addon)).min().ok_or_else(|| unknown(self, name))?;
        Ok(found.into_iter().filter(|addon| rank(addon) == best).collect())
    }
}

fn names(addon: &Addon) -> Vec<String> {
    let Resource { group, kind, plural, singular, short_names, .. } = &addon.resource;
    let own = [&addon.name, kind, plural, singular].into_iter().chain(short_names).cloned();
    own.chain([format!("{plural}.{group}")]).collect()
}

fn unknown(loaded: &LoadedCatalog, name: &str) -> Usage {
    let all: Vec<String> = loaded.catalog.addons.values().flat_map(|addon| names(addon)).collect();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let near = all
        .iter()
        .filter(|known| distance(known) <= known.len().div_ceil(3))
        .min_by_key(|known| distance(known));
    let kinds: Vec<_> = loaded.catalog.addons.values().map(|addon| addon.resource.kind.as_str()).collect();
    match near {
        Some(near) => Usage(format!("unknown kind `{name}`; did you mean `{near}`?")),
        None => Usage(format!("unknown kind `{name}`; the kinds are {}", kinds.join(", "))),
    }
}
