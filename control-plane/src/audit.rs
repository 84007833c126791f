//! The audit policy, and reading of the audit log.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) const POLICY: &str = include_str!("audit-policy.yaml");

/// Returns the events of the log whose lines contain all `texts`, in order. An incomplete last line is
/// skipped.
pub(crate) fn events(log: &Path, texts: &[&str]) -> Result<Vec<Value>> {
    let log_text = fs::read_to_string(log).with_context(|| format!("cannot read {}", log.display()))?;
    let complete = log_text.rfind('\n').and_then(|end| log_text.get(..end)).unwrap_or_default();
    let lines = complete.lines().filter(|line| texts.iter().all(|text| line.contains(text)));
    lines.map(|line| serde_json::from_str(line).context("cannot parse an audit event")).collect()
}
