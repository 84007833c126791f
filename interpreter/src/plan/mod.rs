//! Planner: decides the one next step for a custom resource, so that there are never two add-ons and never
//! none.
//!
//! A reconciliation calls `plan`. If the step is to rest, it reports and ends. Otherwise it calls
//! `Memory::starting`, executes the step, passes the outcome to `Memory::outcome` and the resource to
//! `Memory::saw`, and plans again. Every decision is made in here; the caller only executes steps and reports
//! their outcomes.
//!
//! Not here: waiting, clocks, random numbers, requests, and the storage of any of the data.

mod abandonment;
mod backoff;
mod classify;
mod confirmation;
mod deletion_policy;
mod deletion_protection;
mod desired;
mod drift;
mod ending;
mod external;
mod guards;
mod holder;
mod known_addons;
mod location;
mod management;
mod marking;
mod marks;
mod memory;
mod observed;
mod outputs_age;
mod own_attempt;
mod own_change;
mod own_deletion;
mod own_marks;
mod proof;
mod reason;
mod record;
mod retain;
mod retention;
mod schedule;
mod sent;
mod snapshot;
mod state;
mod states;
mod step;
mod timing;

pub use abandonment::Abandonment;
pub use confirmation::Confirmation;
pub use deletion_policy::{DELETION_POLICY, DeletionPolicy, deletion_policy};
pub use deletion_protection::{DELETION_PROTECTION, DeletionProtection, is_protected};
pub use desired::{DesiredState, Difference, Observation, Remedy};
pub use drift::{DRIFT, DriftPolicy, drift_policy};
pub use external::{ADOPTION, EXTERNAL_ID, EXTERNAL_NAME, External, external};
pub use location::{AccessDenied, Location, Target};
pub use management::{MANAGEMENT, Management, management};
pub use marking::{MarkChange, MarkedAddon, Marking, Marks, OtherMark};
pub use memory::Memory;
pub use observed::{
    Adoption, Authenticity, Confirmed, Entry, Listing, ObservedRecord, ObservedSecret, OtherClaim,
    OutputsAge, Resource,
};
pub use reason::{Reason, Standing};
pub use record::{Attempt, Ids, Operation, RECORD, Record, Release, same};
pub use retention::Retention;
pub use schedule::{PAUSED, POLL_INTERVAL, RECONCILE_REQUESTED_AT, Schedule};
pub use sent::{Remembered, Sent, SentValue, is_same_sent};
pub use snapshot::Snapshot;
pub use state::State;
pub use step::{Change, Plan, Progress, Read, Step, StepOutcome};
pub use timing::{Now, Timing, outputs_interval};

use crate::plan::classify::classify;
use crate::plan::guards::{
    access_denied, account_first, backing_off, kind_removed, lost_finalizer, marks_first, paused, read_only,
};
use crate::plan::states::in_sync::IN_SYNC;
use crate::plan::states::{
    adopting, created_unrecorded, creating, deleting, existing, gone, not_created, ownership, unproven,
    updating, vanished,
};

/// Returns true when a condition with this reason and message says that the add-on was in sync, and nothing else.
pub fn is_plainly_in_sync(reason: &str, message: &str) -> bool {
    reason == Reason::InSync.name() && message == IN_SYNC
}

/// Returns the one next step, and why. Pure: the same snapshot always gives the same plan.
pub fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let timing = snapshot.resource.schedule.timing(snapshot.timing);
    let snapshot = &Snapshot { timing: &timing, ..*snapshot };
    let plan = match classify(snapshot) {
        State::Gone => gone::plan(snapshot),
        State::Holding => created_unrecorded::plan(snapshot),
        State::Unreadable => ownership::unreadable(snapshot),
        State::Disagreeing => ownership::disagreeing(snapshot),
        State::Claimed => ownership::plan(snapshot),
        State::Unproven => unproven::plan(snapshot),
        State::Adopting => adopting::plan(snapshot),
        State::Deleting => deleting::plan(snapshot),
        State::Fresh => not_created::plan(snapshot, State::Fresh),
        State::Vacant => creating::vacant(snapshot),
        State::Inherited => creating::inherited(snapshot),
        State::Intended => creating::intended(snapshot),
        State::Unsure => creating::unsure(snapshot),
        State::Vanished => vanished::plan(snapshot),
        State::Changing => updating::plan(snapshot),
        State::Recorded | State::Settled => existing::plan(snapshot),
    };
    let plan = marks_first::permitted(snapshot, paused::hold(snapshot, read_only::permitted(snapshot, plan)));
    let plan = account_first::find_account(snapshot, holder::known_first(snapshot, plan));
    let plan = kind_removed::stop_managing(snapshot, access_denied::permitted(snapshot, plan));
    let plan = backing_off::back_off(snapshot, lost_finalizer::put_back_first(snapshot, plan));
    let retention = snapshot.ids().and_then(|ids| retain::retention(snapshot, ids).ok().flatten());
    Plan { step: stamped(snapshot, plan.step), retention, ..plan }
}

/// Stamps a record that is about to be written with schema and cluster.
fn stamped(snapshot: &Snapshot<'_>, step: Step) -> Step {
    // The writer of a record without a valid code may have hidden an earlier attempt.
    let is_doubted = matches!(snapshot.resource.record, ObservedRecord::Ours(_))
        && !matches!(snapshot.resource.authenticity, Authenticity::Authentic | Authenticity::NoKey);
    let least = if is_doubted { 2 } else { 0 };
    let stamped = |record: Record| {
        let attempts = record.attempts.max(least);
        Record { attempts, ..record }.stamped(snapshot.cluster, snapshot.namespace_uid)
    };
    match step {
        Step::Intend(record) => Step::Intend(stamped(record)),
        Step::Write(record) => Step::Write(stamped(record)),
        Step::RemoveFinalizer(record) => Step::RemoveFinalizer(record.map(stamped)),
        step @ (Step::Read(_)
        | Step::AddFinalizer
        | Step::Create
        | Step::Delete(_)
        | Step::ReportLeftover(_)
        | Step::Change(_)
        | Step::Mark(_)
        | Step::ApplySecret
        | Step::Rest { .. }) => step,
    }
}
