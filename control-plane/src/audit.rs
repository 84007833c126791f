//! What the API server records of every request, and how it is read back.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) const POLICY: &str = include_str!("audit-policy.yaml");

/// The events of the log whose lines hold these texts, in the order they were written. A line that is being written right now is left out.
pub(crate) fn events(log: &Path, texts: &[&str]) -> Result<Vec<Value>> {
    let log_text = fs::read_to_string(log).with_context(|| format!("reading {}", log.display()))?;
    let complete = log_text.rfind('\n').and_then(|end| log_text.get(..end)).unwrap_or_default();
    let lines = complete.lines().filter(|line| texts.iter().all(|text| line.contains(text)));
    lines.map(|line| serde_json::from_str(line).context("an audit event that is not JSON")).collect()
}
