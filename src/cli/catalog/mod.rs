//! `catalog`: for those who write entries of their own. Needs no cluster; and unless a command says so, no cloud.

mod check;
pub mod docs;
mod explain;
mod new;
mod render;
mod show;
mod test;

use anyhow::Result;
use clap::Subcommand;

use super::Arguments;

/// What to do with it: a file for each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows everything that is wrong with a catalog; ends with 1 where something is
    #[command(visible_alias = "c")]
    Check(check::Options),
    /// Says what the code of a problem means; without one, what all of them mean
    Explain(explain::Options),
    /// Shows a kind as the engine understands it
    Show(show::Options),
    /// Prints what would become of a manifest: the CRD, the requests, the Secret and the status, from recorded answers
    #[command(visible_alias = "r")]
    Render(render::Options),
    /// Tries the examples of entries against their recorded answers; ends with 1 where one does not come out as it expects
    #[command(visible_alias = "t")]
    Test(test::Options),
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
        Command::Explain(options) => explain::explain(options),
        Command::Show(options) => show::show(arguments, options),
        Command::Render(options) => render::render(arguments, options),
        Command::Test(options) => test::test(arguments, options),
        Command::New(options) => new::new(arguments, options),
        Command::Docs(options) => docs::docs(arguments, options),
    }
}
