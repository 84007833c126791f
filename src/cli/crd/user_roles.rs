//! `crd user-roles`: prints the ClusterRoles that let users of a namespace manage the kinds of a catalog.

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

/// Returns the roles, ready for `kubectl apply -f -`.
pub(super) fn user_roles(loaded: &LoadedCatalog, names: &Names) -> Result<String> {
    let roles = crd::user_roles(&names.name, loaded.catalog.addons.values().map(AsRef::<Addon>::as_ref));
    Ok(roles.iter().map(crd::yaml).collect::<Result<Vec<_>, _>>()?.join("---\n"))
}
