//! `crd view [KIND]`: prints CRDs, ready for `kubectl apply -f -`.

use std::io::{ErrorKind, Write};

use anyhow::Result;

use crate::cli::catalog_source::LoadedCatalog;

/// Prints the CRDs that are always on, all, or the one of `kind`. A reader may close the pipe early.
pub(super) fn view(
    loaded: &LoadedCatalog,
    kind: Option<&str>,
    all: bool,
    out: &mut impl Write,
) -> Result<()> {
    let chosen: Vec<_> = match kind {
        Some(name) => {
            let found = loaded.find_kinds(name)?;
            loaded.crds.iter().filter(|crd| found.iter().any(|addon| addon.name == crd.addon)).collect()
        }
        None if all => loaded.crds.iter().collect(),
        None => loaded.crds_of(None).collect(),
    };
    let text = chosen.into_iter().map(|crd| crd.yaml.as_str()).collect::<Vec<_>>().join("---\n");
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
