//! `catalog explain [CODE]`: what the code of a problem means.

use anyhow::Result;
use clap::Args;
use interpreter::catalog::{Code, Severity};

use crate::cli::{Usage, print};

/// Which code.
#[derive(Debug, Args)]
pub struct Options {
    /// Such as `CAT012`
    code: Option<String>,
}

/// Prints the meaning of one, or a line for each.
pub(super) fn explain(options: &Options) -> Result<()> {
    let Some(wanted) = &options.code else {
        return print(&Code::ALL.iter().map(|code| line(*code)).collect::<String>());
    };
    let found = Code::ALL.iter().find(|code| code.name().eq_ignore_ascii_case(wanted));
    let unknown = || Usage(format!("there is no `{wanted}`; `catalog explain` lists all codes"));
    print(&line(*found.ok_or_else(unknown)?))
}

fn line(code: Code) -> String {
    let severity = match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{} {severity:<8} {}\n", code.name(), code.meaning())
}
