//! Effects: what a reconciliation asks its driver to do. The driver does it, and decides nothing.

use std::time::Duration;

use crate::plan::{Plan, Reason, Step};

/// Effect that a reconciliation waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Wait for this permit, then perform the step. The wait may be long, and the creation window must not
    /// elapse in a queue, so the permit comes before the attempt is written.
    Acquire(Permit, Plan),
    /// Perform the step of this plan.
    Perform(Plan),
    /// Write the status, and wait until this time or until the next event.
    Wait(Plan, Option<Duration>),
    /// End the reconciliation: it has exceeded the step limit.
    StepLimit,
}

/// Permit for requests to the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Permit for a list and a creation.
    Creation,
    /// Permit for a change that must not be sent twice.
    Change,
}

/// Prerequisite of every plan, which the driver has to read first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prerequisite {
    /// The CRD: if it is being deleted, no user meant to delete the add-on.
    Definition,
    /// The credentials of the namespace, from the API server.
    Credentials,
    /// The namespace: if it is being deleted, nothing is created in it.
    Namespace,
    /// The Secret of the resource, from the API server.
    Secret,
}

impl Effect {
    /// Returns the plan; `None` at the end of the reconciliation.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Acquire(_, plan) | Self::Perform(plan) | Self::Wait(plan, _) => Some(plan),
            Self::StepLimit => None,
        }
    }

    /// Returns the effect of waiting until this time instead, for this reason.
    #[must_use]
    pub fn postponed(self, reason: Reason, because: String, until: Option<Duration>) -> Self {
        match self {
            Self::Acquire(_, plan) | Self::Perform(plan) | Self::Wait(plan, _) => {
                Self::Wait(Plan { step: Step::Rest { until }, reason, because, ..plan }, until)
            }
            Self::StepLimit => self,
        }
    }
}

impl Effect {
    /// Returns the effect with another explanation of its plan.
    #[must_use]
    pub fn map_because(self, map: impl FnOnce(String) -> String) -> Self {
        let mapped = |plan: Plan| Plan { because: map(plan.because), ..plan };
        match self {
            Self::Acquire(permit, plan) => Self::Acquire(permit, mapped(plan)),
            Self::Perform(plan) => Self::Perform(mapped(plan)),
            Self::Wait(plan, until) => Self::Wait(mapped(plan), until),
            Self::StepLimit => Self::StepLimit,
        }
    }
}

impl Permit {
    /// Returns the permit that a step needs in advance, if it needs one.
    pub(super) fn of(step: &Step) -> Option<Self> {
        if let Step::Write(record) = step {
            let opens = record.operation.as_ref().is_some_and(|operation| operation.attempt.is_some());
            return opens.then_some(Self::Change);
        }
        matches!(step, Step::Intend(_)).then_some(Self::Creation)
    }
}
