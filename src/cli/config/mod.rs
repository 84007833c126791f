//! `config`: inspects the configuration. Needs no cluster, and sends nothing to a cloud.

mod check;
mod overview;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::options::GlobalOptions;

pub(super) use crate::cli::config::check::check;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the sources, the values and the effective configuration; exit with 2 if it is invalid
    #[command(visible_alias = "c")]
    Check,
}

/// Runs a subcommand.
pub(crate) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    match command {
        Command::Check => check(options),
    }
}
