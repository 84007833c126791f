//! Loads files into a catalog and reports every problem. An invalid entry never removes another one.

use std::collections::BTreeMap;

use crate::catalog::merge::{Merged, merge};
use crate::catalog::{Catalog, Problem, Source};

/// Result of loading the files of a catalog.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The valid entries.
    pub catalog: Catalog,
    /// All errors and warnings, sorted by position.
    pub problems: Vec<Problem>,
    /// Path of the file of each valid add-on, by name.
    pub files: BTreeMap<String, String>,
}

/// Reads, checks and compiles a catalog.
pub fn load(sources: &[Source]) -> Loaded {
    load_over(&[], sources)
}

/// Reads, checks and compiles a catalog of two layers. An entry of `added` joins the built-in ones; it
/// replaces one only when it says `replaces: built-in` and has no error. No added file removes a built-in
/// entry. When two added files declare one name, the first by path keeps it.
pub fn load_over(built_in: &[Source], added: &[Source]) -> Loaded {
    let mut added: Vec<&Source> = added.iter().collect();
    added.sort_by_key(|source| &source.path);
    let Merged { apis, compiled, below, problems, .. } = merge(built_in, &added);
    let built_in = below.values().map(|compiled| compiled.addon.api.name.clone()).collect();
    let apis = apis.into_iter().map(|(name, (api, _))| (name, api)).collect();
    let files = compiled.iter().map(|(name, compiled)| (name.clone(), compiled.file.path.clone())).collect();
    let addons = compiled.into_iter().map(|(name, compiled)| (name, compiled.addon)).collect();
    Loaded { catalog: Catalog { apis, addons, built_in }, problems, files }
}
