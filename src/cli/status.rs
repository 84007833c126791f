//! `status --url URL`: whether an operator that runs elsewhere works, as it tells itself. What `helm test` asks: its image has no other program.

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::runtime;
use url::Url;

use super::print;
use crate::telemetry::ask;

/// Whom to ask.
#[derive(Debug, Args)]
pub struct Command {
    /// Where it serves health and metrics
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    url: Url,
}

/// Prints what it says. An error if it is not ready, or not there.
pub fn run(command: &Command) -> Result<()> {
    let asked = runtime::Builder::new_current_thread().enable_all().build()?.block_on(ask::ready(&command.url));
    let answer = asked.with_context(|| format!("no operator answers at {}", command.url))?;
    print(&format!("{}\n", answer.text))?;
    if !answer.ready {
        bail!("the operator at {} is not ready: see `checks` above", command.url);
    }
    Ok(())
}
