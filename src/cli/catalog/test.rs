//! `catalog test [DIR]`: tries the examples of entries against their recorded answers, without a cluster and without a cloud.

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use interpreter::catalog::{self, Addon, Example, Problem};
use interpreter::replay::{Trial, attempt};

use crate::cli::{Arguments, Shelf, Usage, print};

/// Which examples.
#[derive(Debug, Args)]
pub struct Options {
    /// The catalog: a folder with `*.yaml`, or with `apis/*.yaml` and `addons/*.yaml`; else that of `--catalog`, else the one built in
    directory: Option<PathBuf>,
}

/// Tries all examples of the folder; without one, those of the built-in catalog.
pub(super) fn test(arguments: &Arguments, options: &Options) -> Result<()> {
    let added = options.directory.as_deref().or(arguments.catalog.as_deref());
    let shelf = arguments.shelf_with(added)?;
    eprint!("{}", shelf.complaints);
    if shelf.broken {
        return Err(Usage("the catalog has errors; `catalog check` shows them".into()).into());
    }
    let examples = shelf.catalog.addons.values().flat_map(|addon| addon.examples.iter().map(|example| (addon.as_ref(), example)));
    let examples = examples.filter(|(_, example)| added.is_none() || !Shelf::is_built_in(&example.at.file));
    let (mut tried, mut failed, mut untried) = (0, Vec::new(), 0);
    for (addon, example) in examples {
        match attempt(addon, example) {
            Trial::Untried => {
                untried += 1;
                print(&line("untried", addon, example))?;
            }
            Trial::Tried(problems) => {
                tried += 1;
                print(&line(if problems.is_empty() { "ok" } else { "failed" }, addon, example))?;
                failed.extend((!problems.is_empty()).then_some(problems));
            }
        }
    }
    let problems = failed.concat();
    if !problems.is_empty() {
        print(&format!("\n{}", shown(&problems, &shelf)))?;
    }
    let summary = format!("\n{tried} tried, {} as expected", tried - failed.len());
    let without =
        if untried > 0 { format!("; {untried} untried, for nothing is recorded or it cannot be managed yet") } else { String::new() };
    print(&format!("{summary}{without}\n"))?;
    if !failed.is_empty() {
        bail!("{} of {tried} examples do not come out as they expect", failed.len());
    }
    Ok(())
}

fn line(outcome: &str, addon: &Addon, example: &Example) -> String {
    format!("{outcome:<8} {}: {} ({})\n", addon.resource.kind, example.title, example.name)
}

fn shown(problems: &[Problem], shelf: &Shelf) -> String {
    let show = if stdout().is_terminal() { catalog::show_coloured } else { catalog::show };
    show(problems, &shelf.sources)
}
