//! Errors of usage.

/// The command, the configuration or the catalog is wrong and has to be corrected first.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);
