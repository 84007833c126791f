//! Outcomes of a command with an exit code of their own.

/// The command, the configuration or the catalog is wrong and has to be corrected first.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// An apply would change something. The command succeeded, and says so by its exit code.
#[derive(Debug, thiserror::Error)]
#[error("an apply would change something")]
pub(crate) struct ChangesPlanned;
