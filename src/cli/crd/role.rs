//! `crd role`: prints the rights that the operator needs for the kinds of a catalog. What it needs besides stands in `docs/rights.md`.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Addon;
use interpreter::crd::{self, Definitions};

use crate::cli::Shelf;

/// For which operator.
#[derive(Debug, Args)]
pub struct Mode {
    /// For one that applies the definitions of its catalog itself
    #[arg(long, conflicts_with = "namespaced")]
    manage_crds: bool,
    /// For one that works in some namespaces: a Role, which gives no right on definitions
    #[arg(long)]
    namespaced: bool,
    /// A Role for this namespace; may be repeated
    #[arg(long, requires = "namespaced", value_name = "NAMESPACE")]
    namespace: Vec<String>,
    /// What it is called; the deployment's binding names it so
    #[arg(long, default_value = "clever-operator-kinds")]
    name: String,
}

/// Prints it, so that it can be piped into `kubectl apply -f -` beside the CRDs.
pub(super) fn role(shelf: &Shelf, mode: &Mode, out: &mut impl Write) -> Result<()> {
    let addons = || shelf.catalog.addons.values().map(AsRef::<Addon>::as_ref);
    let role = |namespace| crd::role(&mode.name, namespace, addons());
    let definitions = if mode.manage_crds { Definitions::Applied } else { Definitions::Claimed };
    let roles = match (mode.namespaced, mode.namespace.as_slice()) {
        (false, _) => vec![crd::cluster_role(&mode.name, addons(), definitions)],
        (true, []) => vec![role(None)],
        (true, namespaces) => namespaces.iter().map(|namespace| role(Some(namespace))).collect(),
    };
    let documents = roles.iter().map(crd::yaml).collect::<Result<Vec<_>, _>>()?;
    out.write_all(documents.join("---\n").as_bytes())?;
    Ok(out.flush()?)
}
