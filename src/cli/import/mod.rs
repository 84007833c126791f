//! `import`: prints manifests for the add-ons of an organisation. Writes nothing.

mod manifest;
mod names;

use std::sync::Arc;

use anyhow::Result;
use clap::{Args, ValueEnum};
use tokio::runtime;

use crate::cli::config_source::configuration;
use crate::cli::import::manifest::{Manifests, Style};
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::engine::{ImportOptions, ImportReport, import_report};

/// Options of `import`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Read this organisation; default: the configured one
    #[arg(long, value_name = "ORG")]
    organisation: Option<String>,
    /// Include only this kind: any name that `kubectl` accepts, or the name of an add-on; repeatable
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
    /// Put the resources into this namespace; default: the one in which they are applied
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    /// Give the operator the management of the add-ons, so that it applies later edits; without this option,
    /// it observes them
    #[arg(long)]
    manage: bool,
    /// Read the cloud alone, and include the add-ons that resources of the cluster have already
    #[arg(long)]
    no_cluster: bool,
    /// Print in this format
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    output: Output,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Print a YAML document for each add-on, with comments
    Yaml,
    /// Print one list in JSON
    Json,
}

/// Prints the manifests, and what a user has to add or to check on the standard error.
pub(super) fn run(options: &GlobalOptions, command: &Command) -> Result<()> {
    let report =
        runtime::Builder::new_multi_thread().enable_all().build()?.block_on(report(options, command))?;
    let style = Style { namespace: command.namespace.clone(), manage: command.manage };
    let manifests = Manifests::of(&report, &style);
    for note in manifests.to_do() {
        eprintln!("{note}");
    }
    print(&match command.output {
        Output::Yaml => manifests.yaml(&report)?,
        Output::Json => serde_json::to_string_pretty(&manifests.list())? + "\n",
    })
}

async fn report(options: &GlobalOptions, command: &Command) -> Result<ImportReport> {
    let loaded = options.load_catalog()?;
    let mut kinds = Vec::new();
    for name in &command.kinds {
        kinds.extend(loaded.find_kinds(name)?.into_iter().cloned());
    }
    let catalog = Arc::new(loaded.catalog);
    let config = configuration(options, &catalog)?;
    import_report(ImportOptions {
        catalog,
        config,
        cluster: options.cluster(),
        with_cluster: !command.no_cluster,
        organisation: command.organisation.clone(),
        namespace: command.namespace.clone(),
        kinds,
    })
    .await
}
