//! `status --url URL`: prints the health of a running operator. `helm test` runs it, because the image has no
//! other program.

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::runtime;
use url::Url;

use crate::cli::output::print;
use crate::telemetry::client;

/// Options of `status`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Read the health from the operator at this URL
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    url: Url,
}

/// Prints the health, and returns an error if the operator is not ready or does not respond.
pub(crate) fn run(command: &Command) -> Result<()> {
    let response = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(client::readiness(&command.url));
    let readiness = response.with_context(|| format!("no operator answers at {}", command.url))?;
    print(&format!("{}\n", readiness.text))?;
    if !readiness.ready {
        bail!("the operator at {} is not ready; see the failing `checks` above", command.url);
    }
    Ok(())
}
