//! `crd policy`: prints the admission policy that refuses the deletion of protected resources.

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Addon;
use interpreter::crd;
use interpreter::plan::DELETION_PROTECTION;

use crate::cli::catalog_source::LoadedCatalog;

/// Options of `crd policy`.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Name the policy and its binding `NAME-deletion-protection`
    #[arg(long, default_value = "clever-operator")]
    name: String,
}

/// Returns policy and binding, ready for `kubectl apply -f -`.
pub(super) fn policy(loaded: &LoadedCatalog, names: &Names) -> Result<String> {
    let addons = loaded.catalog.addons.values().map(AsRef::<Addon>::as_ref);
    let objects = crd::deletion_policy(&names.name, DELETION_PROTECTION, addons);
    Ok(objects.iter().map(crd::yaml).collect::<Result<Vec<_>, _>>()?.join("---\n"))
}
