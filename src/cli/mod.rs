//! The command line: what can be asked for, and which command does it. One file for each command.

pub mod catalog;
pub mod config;
pub mod crd;
mod folder;
mod name;
pub mod object;
pub mod run;
mod shelf;
pub mod status;
pub mod takeover;

use std::io::{ErrorKind, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{ArgAction, Parser, Subcommand};

pub use shelf::{Definition, Shelf, built_in};

/// Manages add-ons of clouds as resources of Kubernetes.
///
/// Without a command it runs the operator: it watches the kinds of its catalog, and makes, changes and deletes what they describe.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// Tells more: `-vvv` debug, `-vvvv` trace; `RUST_LOG` wins over it
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// The configuration: a file ending in .toml, .yaml or .json
    #[arg(short, long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// How to reach the cluster, instead of `KUBECONFIG`, `~/.kube/config` or the pod's own account
    #[arg(short, long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Checks the configuration instead of doing anything, as `config check` does
    #[arg(short = 't', long)]
    pub check: bool,
    /// A catalog to add to the one built in: a folder with `*.yaml`, or with `apis/*.yaml` and `addons/*.yaml`
    #[arg(long, value_name = "DIR", global = true)]
    pub catalog: Option<PathBuf>,
    /// A ConfigMap of the operator's namespace whose files join the catalog, besides those labelled `operator.clever-cloud.com/catalog=true`
    #[arg(long = "catalog-config-map", value_name = "NAME")]
    pub catalog_config_maps: Vec<String>,
    /// Makes the custom resource definitions of the catalog and keeps them up to date; without it, the operator waits for them
    #[arg(long)]
    pub manage_crds: bool,
    /// Leaves the built-in catalog out
    #[arg(long, global = true)]
    pub without_built_in: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be asked for, other than to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The custom resource definitions that the catalog becomes
    #[command(visible_alias = "custom-resource-definition", subcommand)]
    Crd(crd::Command),
    /// What the operator can manage, and what is wrong with an entry of one's own
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// What the operator is told
    #[command(subcommand)]
    Config(config::Command),
    /// The same as a ConfigMap for the cluster
    #[command(name = "configmap", visible_alias = "cm", subcommand)]
    ConfigMap(object::Command),
    /// The same as a Secret for the cluster
    #[command(visible_alias = "s", subcommand)]
    Secret(object::Command),
    /// What would be taken over from clever-kubernetes-operator, and what stands in the way
    Takeover(takeover::Command),
    /// Whether an operator that runs elsewhere works
    Status(status::Command),
}

/// What was asked for cannot be done as it is written: the command, the configuration or the catalog has to be corrected first.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Does what was asked for.
pub fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        _ if arguments.check => config::check(arguments),
        None => run::run(arguments),
        Some(Command::Crd(command)) => crd::run(arguments, command),
        Some(Command::Catalog(command)) => catalog::run(arguments, command),
        Some(Command::Config(command)) => config::run(arguments, command),
        Some(Command::ConfigMap(command)) => object::run(arguments, object::Kind::ConfigMap, command),
        Some(Command::Secret(command)) => object::run(arguments, object::Kind::Secret, command),
        Some(Command::Takeover(command)) => takeover::run(arguments, command),
        Some(Command::Status(command)) => status::run(command),
    }
}

/// The outcome for who called: 0 done, 2 something has to be written differently, 1 anything else.
pub fn exit_code(outcome: &Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Usage>() => ExitCode::from(2),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints a text. A reader who has seen enough may close the pipe.
fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
