//! `crd role`: prints the permissions that the operator needs for the kinds of a catalog. `docs/rights.md`
//! lists the others.

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Addon;
use interpreter::crd::{self, Definitions};

use crate::cli::catalog_source::LoadedCatalog;

/// Options of `crd role`.
#[derive(Debug, Args)]
pub(crate) struct Mode {
    /// Include permissions to create and update the CRDs, for an operator with `--manage-crds`
    #[arg(long, conflicts_with = "namespaced")]
    manage_crds: bool,
    /// Print a Role, which has no permission on CRDs, for an operator confined to some namespaces
    #[arg(long)]
    namespaced: bool,
    /// Print a Role for this namespace; repeatable
    #[arg(long, requires = "namespaced", value_name = "NAMESPACE")]
    namespace: Vec<String>,
    /// Give the role this name, to which the binding of the deployment refers
    #[arg(long, default_value = "clever-operator-kinds")]
    name: String,
}

/// Returns the role, ready for `kubectl apply -f -`.
pub(super) fn role(loaded: &LoadedCatalog, mode: &Mode) -> Result<String> {
    let addons = || loaded.catalog.addons.values().map(AsRef::<Addon>::as_ref);
    let role = |namespace| crd::role(&mode.name, namespace, addons());
    let definitions = if mode.manage_crds { Definitions::Applied } else { Definitions::Claimed };
    let roles = match (mode.namespaced, mode.namespace.as_slice()) {
        (false, _) => vec![crd::cluster_role(&mode.name, addons(), definitions)],
        (true, []) => vec![role(None)],
        (true, namespaces) => namespaces.iter().map(|namespace| role(Some(namespace))).collect(),
    };
    Ok(roles.iter().map(crd::yaml).collect::<Result<Vec<_>, _>>()?.join("---\n"))
}
