//! `takeover --dry-run`: reports what this operator would take over if it started now, and what blocks it.
//! Reads only.

mod report;
mod table;

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use tokio::runtime;

use crate::cli::config_source::configuration;
use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::cli::takeover::report::Report;
use crate::engine::{self, Definition, Outcome, RECENTLY, Survey, Surveying};

/// The predecessor, as its images and its Events call it. Its first releases had this operator's name.
const PREDECESSOR: &str = "clever-kubernetes-operator";
/// Its images, whatever their registry and tag.
const IMAGES: [&str; 2] = [PREDECESSOR, env!("CARGO_PKG_NAME")];

/// Options of `takeover`.
#[derive(Debug, Args)]
pub struct Command {
    /// Only report; required, because taking over itself needs no command
    #[arg(long)]
    dry_run: bool,
    /// Print in this format
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table for people
    Table,
    /// JSON for programs, as one object
    Json,
}

/// Prints the report, and returns an error if something blocks the migration.
pub fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    if !command.dry_run {
        let help = "taking over needs no command: stop the other operator, apply the CRDs, and start this one; \
                    run `takeover --dry-run` before to preview it";
        return Err(Usage(help.into()).into());
    }
    let report = runtime::Builder::new_multi_thread().enable_all().build()?.block_on(survey(options))?;
    let text = match command.output {
        Output::Table => table::table(&report),
        Output::Json => serde_json::to_string_pretty(&report)? + "\n",
    };
    print(&text)?;
    match report.in_the_way.len() {
        0 => Ok(()),
        1 => bail!("1 problem blocks the migration"),
        count => bail!("{count} problems block the migration"),
    }
}

async fn survey(options: &GlobalOptions) -> Result<Report> {
    let catalog = Arc::new(options.load_catalog()?.catalog);
    let config = configuration(options, &catalog)?;
    let kubeconfig = options.kubeconfig.clone();
    let surveying = Surveying { catalog, config, kubeconfig, predecessor: PREDECESSOR, images: &IMAGES };
    let survey = engine::survey(surveying).await.context("cannot read the cluster")?;
    Ok(Report { in_the_way: predecessor(&survey).chain(blocking(&survey)).collect(), survey })
}

fn predecessor(survey: &Survey) -> impl Iterator<Item = String> {
    let running = survey.operators.iter().map(|[namespace, name, image]| {
        format!("another operator is running ({image}); stop it: kubectl --namespace {namespace} scale deployment {name} --replicas=0")
    });
    let minutes = RECENTLY.as_secs() / 60;
    let events = (survey.recent_events > 0).then(|| {
        format!("{PREDECESSOR} recorded {} events within the last {minutes} minutes; make sure that it is stopped", survey.recent_events)
    });
    running.chain(events)
}

fn blocking(survey: &Survey) -> impl Iterator<Item = String> {
    let problem = |definition: &Definition| {
        definition.problem.as_ref().map(|problem| format!("{}: {problem}", definition.name))
    };
    let definitions = survey.definitions.iter().filter_map(problem);
    let resources = survey.resources.iter().filter(|one| is_blocking(one.outcome)).map(|one| {
        let under_way = if one.outcome == Outcome::Deletes { "it is being deleted: " } else { "" };
        format!("{}: {}: {under_way}{}", table::title(one), one.reason, one.message)
    });
    definitions.chain(resources)
}

fn is_blocking(outcome: Outcome) -> bool {
    match outcome {
        Outcome::GoesOn | Outcome::Differs | Outcome::Makes | Outcome::Changes => false,
        Outcome::Stalls | Outcome::Unknown | Outcome::Deletes => true,
    }
}
