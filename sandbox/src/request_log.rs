//! The request log: what was asked, by whom, and what came of it. Kept in memory, read over the admin interface.

use serde::Serialize;
use serde_json::Value;

use crate::service::ApiOperation;
use crate::time::Millis;

/// One request. What is not decided yet is `null`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogEntry {
    pub(crate) number: u64,
    pub(crate) time: Millis,
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) operation: Option<ApiOperation>,
    /// Name of the account whose credentials were good.
    pub(crate) credential: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// Something has changed by it.
    pub(crate) effect: bool,
    /// A fault met it.
    pub(crate) fault: bool,
    /// Of the answer that was sent, or would have been; none while it is being dealt with, and where none is ever sent.
    pub(crate) status: Option<u16>,
}

/// Entries in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Vec<LogEntry>,
    last: u64,
}

impl RequestLog {
    /// Files an entry under the next number.
    pub(crate) fn append(&mut self, mut entry: LogEntry) -> u64 {
        self.last += 1;
        entry.number = self.last;
        self.entries.push(entry);
        self.last
    }

    pub(crate) fn entry_mut(&mut self, number: u64) -> Option<&mut LogEntry> {
        self.entries.iter_mut().rev().find(|entry| entry.number == number)
    }

    /// Entries after this number.
    pub(crate) fn since(&self, number: u64) -> Vec<LogEntry> {
        self.entries.iter().filter(|entry| entry.number > number).cloned().collect()
    }

    /// Forgets the entries; numbers go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
