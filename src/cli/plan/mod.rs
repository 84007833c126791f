//! `plan`: prints what an apply of manifests would do. Writes nothing.

mod input;
mod markdown;
mod prose;
mod text;

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::runtime;

use crate::cli::config_source::configuration;
use crate::cli::error::{ChangesPlanned, Usage};
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::cli::plan::prose::Summary;
use crate::cli::plan::text::Style;
use crate::engine::{ApplyPlan, PlanOptions, PlannedResource, apply_plan};

/// Options of `plan`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Read the manifests of this file, of the files in this folder, or, for `-`, of the standard input; repeatable
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    filenames: Vec<PathBuf>,
    /// Read the folders in a folder, too
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Put manifests without a namespace into this one; default: the one of the kubeconfig's context
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    /// Print in this format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Print text for people, coloured on a terminal unless `NO_COLOR` is set
    Text,
    /// Print one JSON object for programs
    Json,
    /// Print Markdown, for a comment in a review
    Markdown,
}

/// The plan, with its counts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted<'a> {
    summary: &'a Summary,
    #[serde(flatten)]
    plan: &'a ApplyPlan,
}

/// Prints the plan. Returns [`ChangesPlanned`] if an apply would change something, and another error if a manifest is
/// refused or the plan of a resource is not known.
pub(super) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    let plan = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(plan(options, command))
        .map_err(failed)?;
    let summary = Summary::of(&plan);
    print(&match command.output {
        Output::Text => text::text(&plan, &summary, Style { coloured: is_coloured() }),
        Output::Markdown => markdown::markdown(&plan, &summary),
        Output::Json => serde_json::to_string_pretty(&Counted { summary: &summary, plan: &plan })? + "\n",
    })?;
    let failing = plan.resources.iter().filter(|one| one.fails()).count();
    match failing {
        0 if plan.resources.iter().any(PlannedResource::changes) => Err(ChangesPlanned.into()),
        0 => Ok(()),
        1 => bail!("the plan of 1 resource is refused or unknown"),
        count => bail!("the plans of {count} resources are refused or unknown"),
    }
}

async fn plan(options: &GlobalOptions, command: &Command) -> Result<ApplyPlan> {
    let manifests = input::manifests(&command.filenames, command.recursive)?;
    let catalog = Arc::new(options.load_catalog()?.catalog);
    let config = configuration(options, &catalog)?;
    let namespace = command.namespace.clone();
    let cluster = options.cluster();
    apply_plan(PlanOptions { catalog, config, cluster, namespace, manifests }).await
}

/// Returns the error with the exit code 1: 2 says that an apply would change something.
fn failed(error: anyhow::Error) -> anyhow::Error {
    if error.is::<Usage>() { anyhow!("{error:#}") } else { error }
}

fn is_coloured() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
