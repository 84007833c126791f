//! Logs to standard error: lines for people at a terminal, JSON elsewhere.

use std::io::{IsTerminal, stderr};

use anyhow::{Context, Result};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// Starts logging. What `RUST_LOG` says wins over the number of `-v`.
pub fn init(verbosity: u8) -> Result<()> {
    let asked = std::env::var("RUST_LOG").ok().filter(|text| !text.trim().is_empty());
    let directives = asked.unwrap_or_else(|| directives(verbosity));
    let lines = if stderr().is_terminal() {
        fmt::layer().with_writer(stderr).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(stderr).boxed()
    };
    tracing_subscriber::registry().with(filtered(lines, &directives)?).try_init()?;
    Ok(())
}

/// The same letters mean the same levels as they always did (`-vvv` debug, more: trace), but there is never less than info.
/// Libraries stay at warn, and the one that calls every failed request an error stays silent: whoever made the request says what it means.
pub(super) fn directives(verbosity: u8) -> String {
    let level = match verbosity {
        0..=2 => LevelFilter::INFO,
        3 => LevelFilter::DEBUG,
        4.. => LevelFilter::TRACE,
    };
    format!("warn,kube_client::client::builder=off,{}={level},interpreter={level}", env!("CARGO_CRATE_NAME"))
}

/// Writes what the directives ask for, as far as it may be written at all.
pub(super) fn filtered(lines: impl Layer<Registry>, directives: &str) -> Result<impl Layer<Registry>> {
    let filter = EnvFilter::try_new(directives).with_context(|| format!("RUST_LOG: `{directives}` is not a filter"))?;
    Ok(lines.with_filter(filter_fn(may_be_written)).with_filter(filter))
}

/// At trace, HTTP libraries write what goes over the wire, and that holds secrets: whatever is asked for, only our own code may trace.
fn may_be_written(metadata: &Metadata<'_>) -> bool {
    let ours = [env!("CARGO_CRATE_NAME"), "interpreter"].iter().any(|name| metadata.target().starts_with(name));
    ours || *metadata.level() <= Level::DEBUG
}
