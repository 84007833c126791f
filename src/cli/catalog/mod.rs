//! `catalog`: tools for authors of catalog entries. Needs no cluster, and no cloud unless a command says so.

mod check;
pub mod docs;
mod explain;
mod manifest;
mod new;
mod render;
mod show;
mod test;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::options::GlobalOptions;

/// The subcommands, a file for each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a catalog and show all its problems; exit with 1 if there is an error
    #[command(visible_alias = "c")]
    Check(check::Command),
    /// Explain the code of a problem, or all codes
    Explain(explain::Command),
    /// Show a kind, with the fields and requests that its API and the defaults add
    Show(show::Command),
    /// Print the CRD, the requests, the Secret and the status of a manifest, from recorded answers
    #[command(visible_alias = "r")]
    Render(render::Command),
    /// Test the examples of entries against their recorded answers; exit with 1 if one fails
    #[command(visible_alias = "t")]
    Test(test::Command),
    /// Print a template: a kind for a product of a cloud, or an API of your own
    #[command(visible_alias = "n")]
    New(new::Command),
    /// Write documentation pages: one for each kind, and the reference of the catalog format
    #[command(visible_alias = "d")]
    Docs(docs::Command),
}

/// Runs a subcommand.
pub(crate) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    match command {
        Command::Check(command) => check::check(options, command),
        Command::Explain(command) => explain::explain(command),
        Command::Show(command) => show::show(options, command),
        Command::Render(command) => render::render(options, command),
        Command::Test(command) => test::test(options, command),
        Command::New(command) => new::new(options, command),
        Command::Docs(command) => docs::docs(options, command),
    }
}
