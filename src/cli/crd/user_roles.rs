//! `crd user-roles`: prints the ClusterRoles that let users of a namespace manage the kinds of a catalog.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Addon;
use interpreter::crd;

use crate::cli::Shelf;

/// How they are called.
#[derive(Debug, Args)]
pub struct Names {
    /// What the names of the roles begin with: `NAME-view` and `NAME-edit`
    #[arg(long, default_value = "clever-operator")]
    name: String,
}

/// Prints them, so that they can be piped into `kubectl apply -f -`.
pub(super) fn print(shelf: &Shelf, names: &Names, out: &mut impl Write) -> Result<()> {
    let roles = crd::user_roles(&names.name, shelf.catalog.addons.values().map(AsRef::<Addon>::as_ref));
    let documents = roles.iter().map(crd::yaml).collect::<Result<Vec<_>, _>>()?;
    out.write_all(documents.join("---\n").as_bytes())?;
    Ok(out.flush()?)
}
