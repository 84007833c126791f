//! Nonces that were seen, and timestamps that are believed (RFC 5849 §3.3).

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

const TOLERANCE_SECONDS: u64 = 300;

/// Every nonce used so far. Forgotten at a restart, as the timestamps of old requests soon are.
#[derive(Debug, Default)]
pub(crate) struct Nonces(HashSet<(String, String)>);

impl Nonces {
    /// True once per token and nonce, and only for a timestamp near the real time.
    pub(crate) fn accept(&mut self, token: &str, nonce: &str, timestamp: u64) -> bool {
        timestamp.abs_diff(unix_seconds()) <= TOLERANCE_SECONDS && self.0.insert((token.to_owned(), nonce.to_owned()))
    }
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
