//! The migration report.

use serde::Serialize;

use crate::engine::Survey;

/// Everything that the survey found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Problems that block a migration without surprises.
    pub(super) in_the_way: Vec<String>,
    #[serde(flatten)]
    pub(super) survey: Survey,
}
