//! The accounts that credentials see, as the cloud has answered for one resource.

use std::time::Duration;

use crate::exchange::SeenAccount;

/// The accounts that credentials see, and when the operator asked for them.
pub(super) struct AskedAccounts {
    /// The credentials with which they were read.
    pub(super) credentials: String,
    /// The spec's generation.
    pub(super) generation: i64,
    /// The time of the request.
    pub(super) asked: Duration,
    /// The answer.
    pub(super) seen: Vec<SeenAccount>,
}
