//! `migrate preview`: prints the migration report, and fails if a problem blocks the migration. Reads only.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use tokio::runtime;

use crate::cli::config_source::configuration;
use crate::cli::migrate::table;
use crate::cli::options::GlobalOptions;
use crate::cli::output::{ReportFormat, print};
use crate::engine::{
    CrdReport, EVENT_MAX_AGE, ExpectedOutcome, MigrationOptions, MigrationReport, migration_report,
};

/// The predecessor, as its images and its Events call it. Its first releases had this operator's name.
const PREDECESSOR: &str = "clever-kubernetes-operator";
/// Its images, whatever their registry and tag.
const IMAGES: [&str; 2] = [PREDECESSOR, env!("CARGO_PKG_NAME")];

/// Options of `migrate preview`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Print in this format
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Table)]
    output: ReportFormat,
}

/// The migration report, and the problems in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    /// Problems that block a migration without surprises.
    blockers: Vec<String>,
    #[serde(flatten)]
    report: MigrationReport,
}

/// Prints the report, and returns an error if a problem blocks the migration.
pub(super) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    let preview = runtime::Builder::new_multi_thread().enable_all().build()?.block_on(preview(options))?;
    let text = match command.output {
        ReportFormat::Table => table::table(&preview.report, &preview.blockers),
        ReportFormat::Json => serde_json::to_string_pretty(&preview)? + "\n",
    };
    print(&text)?;
    match preview.blockers.len() {
        0 => Ok(()),
        1 => bail!("1 problem blocks the migration"),
        count => bail!("{count} problems block the migration"),
    }
}

async fn preview(options: &GlobalOptions) -> Result<Preview> {
    let catalog = Arc::new(options.load_catalog()?.catalog);
    let config = configuration(options, &catalog)?;
    let cluster = options.cluster();
    let options = MigrationOptions { catalog, config, cluster, predecessor: PREDECESSOR, images: &IMAGES };
    let report = migration_report(options).await.context("cannot read the cluster")?;
    Ok(Preview { blockers: predecessor(&report).chain(blocking(&report)).collect(), report })
}

fn predecessor(report: &MigrationReport) -> impl Iterator<Item = String> {
    let running = report.operators.iter().map(|[namespace, name, image]| {
        format!(
            "Deployment {namespace}/{name} runs another operator ({image}). Stop it: `kubectl --namespace {namespace} scale deployment {name} --replicas=0`."
        )
    });
    let minutes = EVENT_MAX_AGE.as_secs() / 60;
    let count = report.recent_events;
    let plural = if count == 1 { "" } else { "s" };
    let events = (count > 0).then(|| {
        format!("{PREDECESSOR} recorded {count} event{plural} within the last {minutes} minutes. Check that it is stopped.")
    });
    running.chain(events)
}

fn blocking(report: &MigrationReport) -> impl Iterator<Item = String> {
    let problem =
        |crd: &CrdReport| crd.problem.as_ref().map(|problem| format!("CRD {}: {problem}", crd.name));
    let crds = report.crds.iter().filter_map(problem);
    let blocked = report.resources.iter().filter(|resource| is_blocking(resource.outcome));
    let resources = blocked
        .map(|resource| format!("{}: {}: {}", table::title(resource), resource.reason, resource.message));
    crds.chain(resources)
}

fn is_blocking(outcome: ExpectedOutcome) -> bool {
    match outcome {
        ExpectedOutcome::Unchanged
        | ExpectedOutcome::LeftAsIs
        | ExpectedOutcome::Created
        | ExpectedOutcome::Updated => false,
        ExpectedOutcome::Stalls | ExpectedOutcome::Unknown | ExpectedOutcome::Deleted => true,
    }
}
