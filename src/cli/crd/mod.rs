//! `crd`: what the catalog becomes in Kubernetes. Needs neither credentials nor a cluster.

pub mod generate;
mod role;
mod user_roles;
mod view;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use super::{Arguments, Usage};

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints them
    #[command(visible_alias = "v")]
    View {
        /// Only this one: a kind, in any way `kubectl` would take it, or the name of an add-on
        kind: Option<String>,
        /// Also those that are off unless a switch of the configuration is on
        #[arg(long, conflicts_with = "kind")]
        all: bool,
    },
    /// Writes them into a folder, a file for each, with a kustomization
    #[command(visible_alias = "g")]
    Generate {
        /// The folder; what this command wrote there before and is no longer needed is removed
        directory: PathBuf,
    },
    /// Prints the cluster role that lets the operator work on them, those behind a switch included; or roles
    Role(role::Mode),
    /// Print the cluster roles that let the roles `view`, `edit` and `admin` of a namespace use them, those behind a switch included
    UserRoles(user_roles::Names),
}

/// Does it. Half a catalog is no answer: one that has errors is refused as a whole.
pub fn run(arguments: &Arguments, command: &Command) -> Result<()> {
    let shelf = arguments.shelf()?;
    eprint!("{}", shelf.complaints);
    if shelf.broken {
        return Err(Usage("the catalog has errors".into()).into());
    }
    match command {
        Command::View { kind, all } => view::view(&shelf, kind.as_deref(), *all, &mut std::io::stdout().lock()),
        Command::Generate { directory } => generate::generate(&shelf, directory),
        Command::Role(mode) => role::role(&shelf, mode, &mut std::io::stdout().lock()),
        Command::UserRoles(names) => user_roles::print(&shelf, names, &mut std::io::stdout().lock()),
    }
}
