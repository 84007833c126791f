//! `migrate`: prepares the migration from the previous operator.

mod preview;
mod table;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::options::GlobalOptions;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report the expected outcome for each resource, and the problems that block the migration; exit with 1
    /// if there are any
    ///
    /// The preview reads the cluster and the cloud, and writes nothing. The migration itself needs no command:
    /// stop the other operator, apply the CRDs, and start this one.
    Preview(preview::Command),
}

/// Runs a subcommand.
pub(crate) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    match command {
        Command::Preview(command) => preview::run(options, command),
    }
}
