//! Desired state: the spec judged against offers and add-on, and the drift that is left.

use std::time::Duration;

use crate::plan::drift::DriftPolicy;
use crate::plan::reason::Reason;
use crate::plan::sent::{Remembered, Sent};

/// Desired state that the spec asks for. Ignored while the resource is being deleted, so that a resource with
/// a broken spec can be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesiredState {
    /// The offers must be read before the spec can be judged.
    Unknown,
    /// The spec cannot be fulfilled.
    Refused {
        /// The reason, for conditions and metrics.
        reason: Reason,
        /// The problem, and a value that would be accepted.
        message: String,
    },
    /// The spec can be fulfilled.
    Clear {
        /// The add-on holds data, so it is never silently recreated.
        stateful: bool,
        /// Reads that comparing the add-on with the spec needs.
        observation: Observation,
        /// Drift of the add-on from the spec, as far as the add-on was read.
        changes: Vec<Difference>,
        /// A sentence for each field whose value in the spec, or whose removal from it, has no effect.
        ignored: Vec<String>,
        /// A sentence for each field that cannot be compared, because the cloud does not show its value.
        unverified: Vec<String>,
        /// The values to remember.
        remembered: Remembered,
    },
}

/// Observation of the add-on: the reads that comparing it with the spec needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// No read is needed.
    Needless,
    /// The add-on was not read by this process.
    Missing,
    /// The read was sent at this time.
    Made(Duration),
    /// An earlier process compared the add-on with this generation of the spec, and its reads are valid until this
    /// time.
    Earlier {
        /// The time at which they are too old.
        until: Duration,
    },
    /// Only a list that is sent at this time or later shows the effect of a change; the cloud has no other
    /// request for it.
    Listed {
        /// The time from which a list shows the effect.
        from: Duration,
    },
}

/// Drift of one field of the add-on from the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field, as the spec writes it.
    pub field: String,
    /// The observed and the desired value, for messages: `the add-on has small, the spec asks for large`.
    pub what: String,
    /// The observed value, for the confirmation of a drift; `None` if it is not known or must not be shown.
    pub observed: Option<String>,
    /// The spec was edited: the add-on was never in sync with this value, as far as the record remembers.
    pub edited: bool,
    /// The policy, if the spec was not edited.
    pub drift: DriftPolicy,
    /// The fix.
    pub remedy: Remedy,
}

/// Fix for the drift of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// No fix: the value cannot be changed to this one, or not in this direction. The message names the
    /// values that may be written instead.
    None(String),
    /// No fix, ever. The field may differ since before the add-on was adopted, by an edit during the
    /// creation, or because the field was ignored until another was edited. If the CRD forbids changing the
    /// field, the spec cannot be changed back either.
    Immutable(String),
    /// A change that is safe to repeat, by the catalog's name for it.
    Repeatable(String),
    /// A change that must be made once, by the catalog's name for it.
    Once(String),
}

impl DesiredState {
    /// The values to remember.
    pub(crate) fn remembered(&self) -> Option<&Remembered> {
        match self {
            Self::Clear { remembered, .. } => Some(remembered),
            Self::Unknown | Self::Refused { .. } => None,
        }
    }

    /// The values of the spec that a creation sends, as far as they are remembered.
    pub(crate) fn created(&self) -> Option<&Sent> {
        self.remembered()?.created.as_ref()
    }
}
