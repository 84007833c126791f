//! `crd user-roles`: prints the ClusterRoles that let users of a namespace manage the kinds of a catalog.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Addon;
use interpreter::crd;

use crate::cli::catalog_source::LoadedCatalog;

/// Options of `crd user-roles`.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Name the roles `NAME-view` and `NAME-edit`
    #[arg(long, default_value = "clever-operator")]
    name: String,
}

/// Prints the roles, ready for `kubectl apply -f -`.
pub(super) fn print(loaded: &LoadedCatalog, names: &Names, out: &mut impl Write) -> Result<()> {
    let roles = crd::user_roles(&names.name, loaded.catalog.addons.values().map(AsRef::<Addon>::as_ref));
    let documents = roles.iter().map(crd::yaml).collect::<Result<Vec<_>, _>>()?;
    out.write_all(documents.join("---\n").as_bytes())?;
    Ok(out.flush()?)
}
