//! `takeover --dry-run`: what this operator would take over, if it were started now, and what stands in the way. Reads only.

mod table;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::runtime;

use super::run::configuration;
use super::{Arguments, Usage};
use crate::cluster::{Cluster, connect, traces};
use crate::engine::{self, Outcome, Survey, Surveying};

/// The operator of before, as its images and its events call it. Its first releases had the name that this one has.
const PREDECESSOR: &str = "clever-kubernetes-operator";
/// An event younger than this was recorded by one that runs, or did until just now.
const RECENTLY: Duration = Duration::from_secs(600);

/// What to say, and how.
#[derive(Debug, Args)]
pub struct Command {
    /// Only look; without it there is nothing to do here, for taking over needs no command
    #[arg(long)]
    dry_run: bool,
    /// For people, or for programs
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// In which form it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table
    Table,
    /// One JSON object
    Json,
}

/// All that was seen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// What of it stands in the way of a takeover in which nobody is surprised.
    in_the_way: Vec<String>,
    /// What could not be looked at.
    unseen: Vec<String>,
    #[serde(flatten)]
    survey: Survey,
}

/// Looks, and says. An error if something stands in the way.
pub fn run(arguments: &Arguments, command: &Command) -> Result<()> {
    if !command.dry_run {
        let help = "taking over needs no command: stop the other operator, apply the definitions, and start this one. \
                    `takeover --dry-run` says before what would happen";
        return Err(Usage(help.into()).into());
    }
    let report = runtime::Builder::new_multi_thread().enable_all().build()?.block_on(look(arguments))?;
    let text = match command.output {
        Output::Table => table::table(&report),
        Output::Json => serde_json::to_string_pretty(&report)? + "\n",
    };
    super::print(&text)?;
    match report.in_the_way.len() {
        0 => Ok(()),
        1 => bail!("one thing stands in the way"),
        count => bail!("{count} things stand in the way"),
    }
}

async fn look(arguments: &Arguments) -> Result<Report> {
    let catalog = Arc::new(arguments.shelf()?.catalog);
    let config = configuration(arguments, &catalog)?;
    let cluster = Cluster::new(connect(arguments.kubeconfig.as_deref()).await?, env!("CARGO_PKG_NAME"));
    let mut report = Report { in_the_way: Vec::new(), unseen: Vec::new(), survey: Survey::default() };
    report.survey = engine::survey(Surveying { catalog, config, cluster: cluster.clone() }).await.context("the cluster cannot be read")?;
    predecessor(&cluster, &mut report).await;
    obstacles(&mut report);
    Ok(report)
}

/// Whether the other operator still runs: two that work on the same resources would each delete, and each create.
async fn predecessor(cluster: &Cluster, report: &mut Report) {
    let ours = |namespace: &str| {
        let holders = report.survey.definitions.iter().filter_map(|definition| definition.installation.as_deref()?.split('/').next());
        holders.into_iter().any(|holder| holder == namespace)
    };
    match traces::deployments(cluster, &[PREDECESSOR, env!("CARGO_PKG_NAME")]).await {
        Ok(running) => {
            let others = running.into_iter().filter(|one| !ours(one.key.namespace.as_deref().unwrap_or_default()));
            let said = others.map(|one| {
                let (namespace, name) = (one.key.namespace.clone().unwrap_or_default(), &one.key.name);
                format!("another operator runs ({}): kubectl --namespace {namespace} scale deployment {name} --replicas=0", one.image)
            });
            let said: Vec<_> = said.collect();
            report.in_the_way.extend(said);
        }
        Err(failure) => report.unseen.push(format!("whether another operator runs as a Deployment: {failure}")),
    }
    match traces::events(cluster, PREDECESSOR, RECENTLY).await {
        Ok(0) => (),
        Ok(count) => {
            let minutes = RECENTLY.as_secs() / 60;
            report
                .in_the_way
                .push(format!("{PREDECESSOR} recorded {count} events within the last {minutes} minutes: see that it is stopped"));
        }
        Err(failure) => report.unseen.push(format!("whether another operator has recorded events: {failure}")),
    }
}

fn obstacles(report: &mut Report) {
    for definition in &report.survey.definitions {
        report.in_the_way.extend(definition.problem.iter().map(|problem| format!("{}: {problem}", definition.name)));
    }
    for one in report.survey.resources.iter().filter(|one| is_in_the_way(one.outcome)) {
        let under_way = if one.outcome == Outcome::Deletes { "its deletion is under way: " } else { "" };
        report.in_the_way.push(format!("{}: {}: {under_way}{}", table::title(one), one.reason, one.message));
    }
}

fn is_in_the_way(outcome: Outcome) -> bool {
    match outcome {
        Outcome::GoesOn | Outcome::Differs | Outcome::Makes | Outcome::Changes => false,
        Outcome::Stalls | Outcome::Unknown | Outcome::Deletes => true,
    }
}
