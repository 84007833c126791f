//! `crd role`: prints the rights that the operator needs for the kinds of a catalog. What it needs besides stands in `deployments/`.

use std::io::Write;

use anyhow::Result;
use interpreter::crd;

use crate::cli::Shelf;

/// As the deployment's binding calls it.
const NAME: &str = "clever-operator-kinds";

/// Prints it, so that it can be piped into `kubectl apply -f -` beside the CRDs.
pub(super) fn role(shelf: &Shelf, out: &mut impl Write) -> Result<()> {
    let role = crd::cluster_role(NAME, shelf.catalog.addons.values().map(AsRef::as_ref));
    out.write_all(crd::yaml(&role)?.as_bytes())?;
    Ok(out.flush()?)
}
