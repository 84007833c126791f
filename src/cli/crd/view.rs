//! `crd view [KIND]`: prints CRDs, so that they can be piped into `kubectl apply -f -`.

use std::io::{ErrorKind, Write};

use anyhow::Result;
use interpreter::catalog::{Addon, Resource};

use crate::cli::{Shelf, Usage};

/// Prints those that are always on, all, or the one that is asked for. A reader who has seen enough may close the pipe.
pub(super) fn view(shelf: &Shelf, kind: Option<&str>, all: bool, out: &mut impl Write) -> Result<()> {
    let chosen: Vec<_> = match kind {
        Some(name) => {
            let wanted = find(shelf, name)?;
            shelf.crds.iter().filter(|crd| wanted.contains(&crd.addon.as_str())).collect()
        }
        None if all => shelf.crds.iter().collect(),
        None => shelf.behind(None).collect(),
    };
    let text = chosen.into_iter().map(|crd| crd.yaml.as_str()).collect::<Vec<_>>().join("---\n");
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// The add-ons that are called so, in upper or lower case; more than one where groups share a name. One of the very kind that was written
/// comes before the others, and one that is always on before one behind a switch.
fn find<'a>(shelf: &'a Shelf, name: &str) -> Result<Vec<&'a str>> {
    let is_called = |addon: &Addon| names(addon).iter().any(|known| known.eq_ignore_ascii_case(name));
    let rank = |addon: &Addon| (addon.resource.kind != name, addon.switch.is_some());
    let called = || shelf.catalog.addons.values().filter(|addon| is_called(addon));
    let best = called().map(|addon| rank(addon)).min().ok_or_else(|| unknown(shelf, name))?;
    Ok(called().filter(|addon| rank(addon) == best).map(|addon| addon.name.as_str()).collect())
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
