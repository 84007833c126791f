//! `takeover --dry-run`: what this operator would take over, if it were started now, and what stands in the way. Reads only.

mod table;

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::runtime;

use super::run::configuration;
use super::{Arguments, Usage};
use crate::engine::{self, Definition, Outcome, RECENTLY, Survey, Surveying};

/// The operator of before, as its images and its events call it. Its first releases had the name that this one has.
const PREDECESSOR: &str = "clever-kubernetes-operator";
/// Its images, whatever their registry and tag.
const IMAGES: [&str; 2] = [PREDECESSOR, env!("CARGO_PKG_NAME")];

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
    let kubeconfig = arguments.kubeconfig.clone();
    let surveying = Surveying { catalog, config, kubeconfig, predecessor: PREDECESSOR, images: &IMAGES };
    let survey = engine::survey(surveying).await.context("the cluster cannot be read")?;
    Ok(Report { in_the_way: predecessor(&survey).chain(obstacles(&survey)).collect(), survey })
}

fn predecessor(survey: &Survey) -> impl Iterator<Item = String> {
    let running = survey.operators.iter().map(|[namespace, name, image]| {
        format!("another operator runs ({image}): kubectl --namespace {namespace} scale deployment {name} --replicas=0")
    });
    let minutes = RECENTLY.as_secs() / 60;
    let events = (survey.recent_events > 0).then(|| {
        format!("{PREDECESSOR} recorded {} events within the last {minutes} minutes: see that it is stopped", survey.recent_events)
    });
    running.chain(events)
}

fn obstacles(survey: &Survey) -> impl Iterator<Item = String> {
    let problem = |definition: &Definition| definition.problem.as_ref().map(|problem| format!("{}: {problem}", definition.name));
    let definitions = survey.definitions.iter().filter_map(problem);
    let resources = survey.resources.iter().filter(|one| is_in_the_way(one.outcome)).map(|one| {
        let under_way = if one.outcome == Outcome::Deletes { "its deletion is under way: " } else { "" };
        format!("{}: {}: {under_way}{}", table::title(one), one.reason, one.message)
    });
    definitions.chain(resources)
}

fn is_in_the_way(outcome: Outcome) -> bool {
    match outcome {
        Outcome::GoesOn | Outcome::Differs | Outcome::Makes | Outcome::Changes => false,
        Outcome::Stalls | Outcome::Unknown | Outcome::Deletes => true,
    }
}
