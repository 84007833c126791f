//! Replay protection: used nonces and accepted timestamps (RFC 5849 §3.3).

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

const TOLERANCE_SECONDS: u64 = 300;

/// Used nonces. They are lost at a restart; the timestamp check limits which requests can be replayed then.
#[derive(Debug, Default)]
pub(crate) struct Nonces(HashSet<(String, String)>);

impl Nonces {
    /// Returns true if the timestamp is within five minutes of the real time and the token has not used the
    /// nonce before.
    pub(crate) fn accept(&mut self, token: &str, nonce: &str, timestamp: u64) -> bool {
        timestamp.abs_diff(unix_seconds()) <= TOLERANCE_SECONDS
            && self.0.insert((token.to_owned(), nonce.to_owned()))
    }
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
