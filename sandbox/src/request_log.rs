//! The request log: every request with its caller and its result. Kept in memory; read through the admin
//! interface.

use serde::Serialize;
use serde_json::Value;

use crate::service::ApiOperation;
use crate::time::Millis;

/// A logged request. Fields that are not known yet are `null`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogEntry {
    pub(crate) number: u64,
    pub(crate) time: Millis,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) operation: Option<ApiOperation>,
    /// Name of the account that the request authenticated as.
    pub(crate) credential: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// Set when the request changed the world.
    pub(crate) effect: bool,
    /// Set when a fault matched the request.
    pub(crate) fault: bool,
    /// HTTP status of the response. `None` while the request is in progress, and if no response is ever sent.
    pub(crate) status: Option<u16>,
}

/// Log entries in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Vec<LogEntry>,
    last: u64,
}

impl RequestLog {
    /// Appends an entry and returns its number.
    pub(crate) fn append(&mut self, mut entry: LogEntry) -> u64 {
        self.last += 1;
        entry.number = self.last;
        self.entries.push(entry);
        self.last
    }

    pub(crate) fn entry_mut(&mut self, number: u64) -> Option<&mut LogEntry> {
        self.entries.iter_mut().rev().find(|entry| entry.number == number)
    }

    /// Returns the entries with a higher number.
    pub(crate) fn since(&self, number: u64) -> Vec<LogEntry> {
        self.entries.iter().filter(|entry| entry.number > number).cloned().collect()
    }

    /// Removes all entries. Numbering continues.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
