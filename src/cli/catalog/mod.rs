//! `catalog`: for those who write entries of their own. Needs no cluster; and unless a command says so, no cloud.

mod check;

use anyhow::Result;
use clap::Subcommand;

use super::Arguments;

/// What to do with it: a file for each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows everything that is wrong with a catalog; ends with 1 where something is
    #[command(visible_alias = "c")]
    Check(check::Options),
}

/// Does it.
pub fn run(arguments: &Arguments, command: &Command) -> Result<()> {
    match command {
        Command::Check(options) => check::check(arguments, options),
    }
}
