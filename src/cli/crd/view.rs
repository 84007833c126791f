//! `crd view [KIND]`: prints CRDs, ready for `kubectl apply -f -`.

use anyhow::Result;

use crate::cli::catalog_source::LoadedCatalog;

/// Returns the CRDs of the kinds that are not optional, all, or the one of `kind`.
pub(super) fn view(loaded: &LoadedCatalog, kind: Option<&str>, all: bool) -> Result<String> {
    let chosen: Vec<_> = match kind {
        Some(name) => {
            let found = loaded.find_kinds(name)?;
            loaded.crds.iter().filter(|crd| found.iter().any(|addon| addon.name == crd.addon)).collect()
        }
        None if all => loaded.crds.iter().collect(),
        None => loaded.required_crds().collect(),
    };
    Ok(chosen.into_iter().map(|crd| crd.yaml.as_str()).collect::<Vec<_>>().join("---\n"))
}
