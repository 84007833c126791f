//! `config`: what the operator is told, seen from outside. Needs no cluster, and asks no cloud.

mod check;
mod overview;

use anyhow::Result;
use clap::Subcommand;

use super::Arguments;
pub(super) use check::check;

/// What to do with it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows where it was looked for, what stands there and what is in force; ends with 2 where it cannot be used
    #[command(visible_alias = "c")]
    Check,
}

/// Does it.
pub fn run(arguments: &Arguments, command: &Command) -> Result<()> {
    match command {
        Command::Check => check(arguments),
    }
}
