//! The entry point: sets up what the whole process shares, and runs the command.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Parser;
use clever_operator::cli::{self, Arguments};
use clever_operator::telemetry;

fn main() -> ExitCode {
    let outcome = start(&Arguments::parse());
    if let Some(message) = cli::failure(&outcome) {
        eprintln!("{message}");
    }
    cli::exit_code(&outcome)
}

fn start(arguments: &Arguments) -> Result<()> {
    // Two clients use TLS, and neither installs a provider: without this, the first connection panics.
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow!("another TLS provider is already installed"))?;
    telemetry::log::init(arguments.options.verbose)?;
    cli::run(arguments)
}
