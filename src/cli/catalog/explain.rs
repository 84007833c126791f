//! `catalog explain [CODE]`: explains the codes of problems.

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Code;

use crate::cli::error::Usage;
use crate::cli::output::print;

/// Options of `catalog explain`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Explain only this code, such as `CAT012`
    code: Option<String>,
}

/// Prints the meaning of one code, or a line for each.
pub(super) fn explain(command: &Command) -> Result<()> {
    let Some(wanted) = &command.code else {
        return print(&Code::ALL.iter().map(|code| line(*code)).collect::<String>());
    };
    let found = Code::ALL.iter().find(|code| code.name().eq_ignore_ascii_case(wanted));
    let unknown = || Usage(format!("unknown code `{wanted}`; `catalog explain` lists all codes"));
    print(&line(*found.ok_or_else(unknown)?))
}

fn line(code: Code) -> String {
    format!("{} {:<8} {}\n", code.name(), code.severity().name(), code.meaning())
}
