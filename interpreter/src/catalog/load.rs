//! All files in, the catalog and every problem out: one bad entry never takes another down.

use crate::catalog::merge::{Merged, merge};
use crate::catalog::{Catalog, Problem, Source};

/// What became of a catalog's files.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The good entries.
    pub catalog: Catalog,
    /// All that is wrong or for nothing, sorted by place.
    pub problems: Vec<Problem>,
}

/// Reads, checks and compiles a catalog.
pub fn load(sources: &[Source]) -> Loaded {
    load_over(&[], sources)
}

/// Reads, checks and compiles a catalog of two layers: what is `added` joins what is built in, and takes the place of an entry only where it
/// says `replaces: built-in` and has no error. Nothing that is added takes a built-in entry down. Of two added files that want one name, the
/// first by path has it.
pub fn load_over(built_in: &[Source], added: &[Source]) -> Loaded {
    let mut added: Vec<&Source> = added.iter().collect();
    added.sort_by_key(|source| &source.path);
    let Merged { apis, made, below, problems, .. } = merge(built_in, &added);
    let built_in = below.values().map(|made| made.addon.api.name.clone()).collect();
    let apis = apis.into_iter().map(|(name, (api, _))| (name, api)).collect();
    let addons = made.into_iter().map(|(name, made)| (name, made.addon)).collect();
    Loaded { catalog: Catalog { apis, addons, built_in }, problems }
}
