//! The command line: the arguments, and a module for each command.

pub mod catalog;
mod catalog_source;
pub(crate) mod config;
pub(crate) mod config_object;
mod config_source;
pub(crate) mod crd;
mod error;
mod find_kind;
mod folder;
pub(crate) mod import;
pub(crate) mod migrate;
mod options;
pub(crate) mod orphans;
mod output;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod status;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

pub use crate::cli::catalog_source::{LoadedCatalog, built_in};
use crate::cli::error::ChangesPlanned;
pub(crate) use crate::cli::error::Usage;
pub use crate::cli::options::GlobalOptions;

/// Manage add-ons of clouds as Kubernetes resources.
///
/// Without a command, run the operator: it watches the resources of each kind in its catalog, and creates,
/// updates and deletes their add-ons.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// The options that all commands share.
    #[command(flatten)]
    pub options: GlobalOptions,
    /// Run a command instead of the operator
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print or write the CRDs of the catalog and the roles for them
    #[command(visible_alias = "custom-resource-definition", subcommand)]
    Crd(crd::Command),
    /// Check the catalog, and write entries of your own
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Inspect the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Print the configuration as a ConfigMap
    #[command(name = "configmap", visible_alias = "cm", subcommand)]
    ConfigMap(config_object::Command),
    /// Print the configuration as a Secret
    #[command(visible_alias = "s", subcommand)]
    Secret(config_object::Command),
    /// Print what an apply of manifests would do, and its price; exit with 2 if it would change something
    ///
    /// The planner of the operator plans against the cluster and the cloud, and nothing is written. The command exits
    /// with 0 if nothing would change, with 2 if something would, and with 1 after an error, or if a manifest is
    /// refused or the plan of a resource is unknown.
    Plan(plan::Command),
    /// Prepare the migration from clever-kubernetes-operator
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Print manifests that take over the existing add-ons of an organisation
    ///
    /// The manifests name each add-on by its id, and ask the operator to observe it: it changes nothing. The
    /// command itself writes nothing.
    Import(import::Command),
    /// List the add-ons whose resource the cluster does not have; exit with 1 if something was not checked
    ///
    /// The command deletes nothing. Another cluster may have the resource of an add-on in the list.
    Orphans(orphans::Command),
    /// Check the health of a running operator
    Status(status::Command),
}

/// Runs a command, or the operator.
pub fn run(arguments: &Arguments) -> Result<()> {
    let options = &arguments.options;
    match &arguments.command {
        _ if options.check => config::check(options),
        None => run::run(options),
        Some(Command::Crd(command)) => crd::run(options, command),
        Some(Command::Catalog(command)) => catalog::run(options, command),
        Some(Command::Config(command)) => config::run(options, command),
        Some(Command::ConfigMap(command)) => {
            config_object::run(options, config_object::Kind::ConfigMap, command)
        }
        Some(Command::Secret(command)) => config_object::run(options, config_object::Kind::Secret, command),
        Some(Command::Plan(command)) => plan::run(options, command),
        Some(Command::Migrate(command)) => migrate::run(options, command),
        Some(Command::Import(command)) => import::run(options, command),
        Some(Command::Orphans(command)) => orphans::run(options, command),
        Some(Command::Status(command)) => status::run(command),
    }
}

/// Returns the message of an outcome for the standard error, if it is a failure.
pub fn failure(outcome: &Result<()>) -> Option<String> {
    let error = outcome.as_ref().err().filter(|error| !error.is::<ChangesPlanned>())?;
    Some(format!("error: {error:#}"))
}

/// Returns the exit code of an outcome: 0 for success, 2 if the user has to correct something or a plan has
/// changes, 1 for any other error.
pub fn exit_code(outcome: &Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Usage>() || error.is::<ChangesPlanned>() => ExitCode::from(2),
        Err(_) => ExitCode::FAILURE,
    }
}
