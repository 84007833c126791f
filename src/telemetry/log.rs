//! Logs to standard error: lines at a terminal, JSON elsewhere.

use std::io::{IsTerminal, stderr};

use anyhow::{Context, Result};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// Starts logging. `RUST_LOG` overrides the number of `-v`.
pub fn init(verbosity: u8) -> Result<()> {
    let from_environment = std::env::var("RUST_LOG").ok().filter(|text| !text.trim().is_empty());
    let directives = from_environment.unwrap_or_else(|| directives(verbosity));
    let lines = if stderr().is_terminal() {
        fmt::layer().with_writer(stderr).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(stderr).boxed()
    };
    tracing_subscriber::registry().with(filtered(lines, &directives)?).try_init()?;
    Ok(())
}

/// Returns the filter for the number of `-v`: each adds a level to info. The predecessor starts at errors, so its
/// `-vvv` for debug still shows all that it asks for. Libraries stay at warn, and the one that logs every failed
/// request as an error is silenced: the caller decides what a failure means.
pub(super) fn directives(verbosity: u8) -> String {
    let level = match verbosity {
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    };
    format!("warn,kube_client::client::builder=off,{}={level},interpreter={level}", env!("CARGO_CRATE_NAME"))
}

/// Filters a layer by the directives and by [`may_be_written`].
pub(super) fn filtered(lines: impl Layer<Registry>, directives: &str) -> Result<impl Layer<Registry>> {
    let filter = EnvFilter::try_new(directives).with_context(|| {
        format!("RUST_LOG: `{directives}` is not a valid filter, such as `info,clever_operator=debug`")
    })?;
    Ok(lines.with_filter(filter_fn(may_be_written)).with_filter(filter))
}

/// Returns whether an event may be written at all. At trace, HTTP libraries write what goes over the wire,
/// which contains secrets, so only our own code may trace.
fn may_be_written(metadata: &Metadata<'_>) -> bool {
    let ours =
        [env!("CARGO_CRATE_NAME"), "interpreter"].iter().any(|name| metadata.target().starts_with(name));
    ours || *metadata.level() <= Level::DEBUG
}
