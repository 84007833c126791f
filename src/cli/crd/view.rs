//! `crd view [KIND]`: prints CRDs, so that they can be piped into `kubectl apply -f -`.

use std::io::{ErrorKind, Write};

use crate::cli::Shelf;
use anyhow::Result;

/// Prints those that are always on, all, or the one that is asked for. A reader who has seen enough may close the pipe.
pub(super) fn view(shelf: &Shelf, kind: Option<&str>, all: bool, out: &mut impl Write) -> Result<()> {
    let chosen: Vec<_> = match kind {
        Some(name) => {
            let wanted = shelf.called(name)?;
            shelf.crds.iter().filter(|crd| wanted.iter().any(|addon| addon.name == crd.addon)).collect()
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
