//! `crd`: the CRDs of the catalog, the roles and the admission policies for them. Needs neither credentials nor a cluster.

pub(crate) mod generate;
mod policy;
mod role;
mod user_roles;
mod view;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the CRDs
    #[command(visible_alias = "v")]
    View {
        /// Print only this kind: any name that `kubectl` accepts, or the name of an add-on
        kind: Option<String>,
        /// Include the optional kinds
        #[arg(long, conflicts_with = "kind")]
        all: bool,
    },
    /// Write the CRDs into a folder, one file each, with a kustomization
    #[command(visible_alias = "g")]
    Generate {
        /// Write into this folder, and remove outdated files of this command
        directory: PathBuf,
    },
    /// Print the ClusterRole or the Roles that the operator needs for all kinds
    Role(role::Mode),
    /// Print the admission policies that refuse the deletion of protected resources and namespaces, and changes
    /// of the record by users
    Policy(policy::Names),
    /// Print the ClusterRoles that extend the roles `view`, `edit` and `admin` to all kinds
    UserRoles(user_roles::Names),
}

/// Runs a subcommand. A catalog with errors is refused as a whole.
pub(crate) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    let loaded = options.load_catalog()?;
    eprint!("{}", loaded.report);
    if loaded.has_errors {
        return Err(Usage("the catalog has errors".into()).into());
    }
    match command {
        Command::View { kind, all } => print(&view::view(&loaded, kind.as_deref(), *all)?),
        Command::Generate { directory } => generate::generate(&loaded, directory),
        Command::Role(mode) => print(&role::role(&loaded, mode)?),
        Command::Policy(names) => print(&policy::policy(&loaded, names)?),
        Command::UserRoles(names) => print(&user_roles::user_roles(&loaded, names)?),
    }
}
