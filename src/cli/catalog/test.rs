//! `catalog test [PATH]...`: tests the examples of entries against their recorded answers, without a cluster and
//! without a cloud.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use interpreter::catalog::{Addon, Example};
use interpreter::simulate::{Trial, attempt};

use crate::cli::catalog_source::LoadedCatalog;
use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::{print, shown};

/// Options of `catalog test`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Test this catalog: its files, or a folder with `*.yaml`, or with `apis/*.yaml` and `addons/*.yaml`;
    /// default: `--catalog`, or the built-in catalog
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Tests all examples of the folder; without one, those of the built-in catalog.
pub(super) fn test(options: &GlobalOptions, command: &Command) -> Result<()> {
    let named = command.paths.as_slice();
    let added = if named.is_empty() { options.catalog.as_slice() } else { named };
    let loaded = options.load_catalog_with(added)?;
    eprint!("{}", loaded.report);
    if loaded.has_errors {
        return Err(Usage("the catalog has errors; `catalog check` shows them".into()).into());
    }
    let examples = loaded
        .catalog
        .addons
        .values()
        .flat_map(|addon| addon.examples.iter().map(move |example| (addon, example)));
    let examples =
        examples.filter(|(_, example)| added.is_empty() || !LoadedCatalog::is_built_in(&example.at.file));
    let (mut tested, mut failed, mut untested) = (0, Vec::new(), 0);
    for (addon, example) in examples {
        match attempt(addon, example) {
            Trial::Untried => {
                untested += 1;
                print(&line("untested", addon, example))?;
            }
            Trial::Tried(problems) => {
                tested += 1;
                print(&line(if problems.is_empty() { "ok" } else { "failed" }, addon, example))?;
                failed.extend((!problems.is_empty()).then_some(problems));
            }
        }
    }
    let problems = failed.concat();
    if !problems.is_empty() {
        print(&format!("\n{}", shown(&problems, &loaded.sources)))?;
    }
    let summary = format!("\n{tested} tested, {} passed", tested - failed.len());
    let without = if untested > 0 {
        format!("; {untested} untested, without recorded answers or not supported yet")
    } else {
        String::new()
    };
    print(&format!("{summary}{without}\n"))?;
    if !failed.is_empty() {
        bail!("{} of {tested} examples failed", failed.len());
    }
    Ok(())
}

fn line(outcome: &str, addon: &Addon, example: &Example) -> String {
    format!("{outcome:<8} {}: {} ({})\n", addon.resource.kind, example.title, example.name)
}
