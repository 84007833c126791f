//! Drift policy: what the operator does when the add-on changed at the cloud, though the spec was not edited.

use std::collections::BTreeMap;

/// The annotation that holds the policy of a resource.
pub const DRIFT: &str = "operator.clever-cloud.com/drift";

/// Policy for a field of an add-on that differs from a spec with which it was in sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftPolicy {
    /// The operator changes the add-on back.
    Correct,
    /// The resource stalls, and the user decides.
    Report,
    /// The resource is ready, and its condition names the difference.
    Ignore,
}

impl DriftPolicy {
    /// Every policy.
    const ALL: [Self; 3] = [Self::Correct, Self::Report, Self::Ignore];

    /// Returns the policy of this name, as annotations, configuration and catalog write it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// The name, as annotations, configuration and catalog write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Report => "report",
            Self::Ignore => "ignore",
        }
    }
}

/// Returns the policy that these annotations set, if they set one.
///
/// # Errors
/// The policy does not exist: the message says which do.
pub fn drift_policy(annotations: Option<&BTreeMap<String, String>>) -> Result<Option<DriftPolicy>, String> {
    let Some(value) = annotations.and_then(|all| all.get(DRIFT)) else { return Ok(None) };
    let problem = || format!("the annotation `{DRIFT}` must be `correct`, `report` or `ignore`");
    DriftPolicy::named(value).map(Some).ok_or_else(problem)
}
