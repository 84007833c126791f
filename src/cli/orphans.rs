//! `orphans`: lists the add-ons with a name or a mark of a resource that the cluster does not have. Deletes nothing.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use tokio::runtime;

use crate::cli::config_source::configuration;
use crate::cli::options::GlobalOptions;
use crate::cli::output::{self, ReportFormat, print};
use crate::engine::{ListedOrphan, OrphanOptions, OrphanReport, OrphanVerdict, orphan_report};

/// The risk that the cluster alone cannot rule out.
const CAUTION: &str = "A resource of another cluster may hold an add-on of this list. Look there before you delete the add-on in the cloud console.";

/// Options of `orphans`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Read this organisation, too; repeatable
    #[arg(long = "organisation", value_name = "ORG")]
    organisations: Vec<String>,
    /// Print in this format
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Table)]
    output: ReportFormat,
}

/// The report, with the caution.
#[derive(Debug, Serialize)]
struct Cautioned<'a> {
    caution: &'static str,
    #[serde(flatten)]
    report: &'a OrphanReport,
}

/// Prints the list, and returns an error if something could not be checked.
pub(super) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    let report =
        runtime::Builder::new_multi_thread().enable_all().build()?.block_on(report(options, command))?;
    print(&match command.output {
        ReportFormat::Table => table(&report),
        ReportFormat::Json => {
            serde_json::to_string_pretty(&Cautioned { caution: CAUTION, report: &report })? + "\n"
        }
    })?;
    let unknown = report.addons.iter().filter(|one| one.verdict == OrphanVerdict::Unknown).count();
    match unknown + report.not_checked.len() {
        0 => Ok(()),
        1 => bail!("1 check could not be made"),
        count => bail!("{count} checks could not be made"),
    }
}

async fn report(options: &GlobalOptions, command: &Command) -> Result<OrphanReport> {
    let catalog = Arc::new(options.load_catalog()?.catalog);
    let config = configuration(options, &catalog)?;
    let cluster = options.cluster();
    let organisations = command.organisations.clone();
    let options = OrphanOptions { catalog, config, cluster, organisations };
    orphan_report(options).await.context("cannot read the cluster")
}

fn table(report: &OrphanReport) -> String {
    let mut text = match report.addons.as_slice() {
        [] => "No add-on has a name or a mark of a resource that the cluster does not have.\n".to_owned(),
        all => rows(all) + "\n" + CAUTION + "\n",
    };
    text += &format!("\nOrganisations that were read: {}\n", listed(&report.checked));
    if !report.not_checked.is_empty() {
        let items = report.not_checked.iter().map(|item| format!("- {item}\n"));
        text += &format!("\nNot checked:\n{}", items.collect::<String>());
    }
    text
}

fn rows(all: &[ListedOrphan]) -> String {
    let head = ["VERDICT", "KIND", "IDS", "NAME", "ORGANISATION", "CREATED", "WHY"].map(str::to_owned);
    let row = |one: &ListedOrphan| {
        let ids: Vec<_> = one.ids.values().cloned().collect();
        let created = one.created.clone().unwrap_or_else(|| "-".to_owned());
        let [kind, name, organisation, why] =
            [&one.kind, &one.name, &one.organisation, &one.why].map(Clone::clone);
        [verdict(one.verdict).to_owned(), kind, ids.join(","), name, organisation, created, why]
    };
    output::table(&std::iter::once(head).chain(all.iter().map(row)).collect::<Vec<_>>())
}

fn verdict(verdict: OrphanVerdict) -> &'static str {
    match verdict {
        OrphanVerdict::Orphan => "orphan",
        OrphanVerdict::Claimed => "claimed",
        OrphanVerdict::Elsewhere => "elsewhere",
        OrphanVerdict::Unknown => "unknown",
    }
}

fn listed(checked: &[String]) -> String {
    if checked.is_empty() { "none".to_owned() } else { checked.join(", ") }
}
