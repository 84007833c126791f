//! `catalog`: for those who write entries of their own. Needs no cluster; and unless a command says so, no cloud.

mod check;
pub mod docs;
mod new;

use anyhow::Result;
use clap::Subcommand;

use super::Arguments;

/// What to do with it: a file for each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows everything that is wrong with a catalog; ends with 1 where something is
    #[command(visible_alias = "c")]
    Check(check::Options),
    /// Prints a file to begin with: a kind of what a cloud offers today, or an API of one's own
    #[command(visible_alias = "n")]
    New(new::Options),
    /// Writes pages for people: one for each kind, and the reference of the format
    #[command(visible_alias = "d")]
    Docs(docs::Options),
}

/// Does it.
pub fn run(arguments: &Arguments, command: &Command) -> Result<()> {
    match command {
        Command::Check(options) => check::check(arguments, options),
        Command::New(options) => new::new(arguments, options),
        Command::Docs(options) => docs::docs(arguments, options),
    }
}
