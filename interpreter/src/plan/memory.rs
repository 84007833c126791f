//! Memory of one process about one resource: first-seen clocks, its own attempt, answers not recorded yet.
//! Losing it costs time, never safety.
//!
//! Every time in here is of this process's own monotonic clock, and is never compared with another process's.

use std::time::Duration;

use crate::plan::backoff::{Failures, OperationKind};
use crate::plan::ending::Ending;
use crate::plan::known_addons::{Held, KnownAddons};
use crate::plan::location::{Location, Target};
use crate::plan::observed::{Listing, Resource};
use crate::plan::own_attempt::{Own, Seen, first_seen, keep};
use crate::plan::own_change::OwnChange;
use crate::plan::own_deletion::OwnDeletions;
use crate::plan::own_marks::OwnMarks;
use crate::plan::reason::{Reason, Standing};
use crate::plan::record::{Ids, Record, same};
use crate::plan::step::{Plan, Read, Step, StepOutcome};
use crate::plan::timing::{Now, Timing};

/// Memory of this process about one uid, kept until a plan for it rests for good, also after the resource is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The time at which this process first saw the resource.
    pub(crate) first_seen: Option<Duration>,
    /// The open attempt, and when this process first saw that attempt.
    pub(crate) attempt: Option<Seen<String>>,
    /// The time since which our finalizer, or a status, is known to be there without a record of ours.
    pub(crate) bare: Option<Duration>,
    /// The time since which our record is known to name neither an attempt nor an add-on.
    pub(crate) vacant: Option<Duration>,
    /// The recorded add-on, and when this process first saw it recorded.
    pub(crate) recorded: Option<Seen<Ids>>,
    /// The end of the resource, as far as it is known.
    pub(crate) ending: Ending,
    /// The attempt that this process wrote itself.
    pub(crate) own: Option<Own>,
    /// The answer to this process's own creation, until it is recorded.
    pub(crate) held: Option<Held>,
    /// The time since which a request of this process may have an effect that no answer has reported.
    pub(crate) unsure: Option<Duration>,
    /// The add-ons that this process has deleted.
    pub(crate) deletions: OwnDeletions,
    /// The recorded add-on is not found by id.
    pub(crate) missing: Option<Missing>,
    /// The last time at which the recorded add-on was found by id.
    pub(crate) last_found: Option<Duration>,
    /// A read that should know the recorded add-on answered "not found".
    pub(crate) suspect: bool,
    /// A write to the resource failed, so the last read may be out of date.
    pub(crate) doubtful: bool,
    /// Add-ons that are known to belong to the resource.
    pub(crate) known: KnownAddons,
    /// The number of times the record was signed again, and the time of the last.
    pub(crate) signed: Option<(u32, Duration)>,
    /// The number of writes of the Secret in short succession, and the time of the last.
    pub(crate) applied: Option<(u32, Duration)>,
    /// The number of times the finalizer was put back, and the time of the last.
    pub(crate) finalizer: Option<(u32, Duration)>,
    /// The first and the last read of the outputs since the add-on last changed.
    pub(crate) outputs: Option<(Duration, Duration)>,
    /// The time at which the API server refused the Secret, if that was its last answer.
    pub(crate) refused: Option<Duration>,
    /// The last generation with which this process rested, and the resource was ready.
    pub(crate) ready: Option<i64>,
    /// The own requests about marks.
    pub(crate) marks: OwnMarks,
    /// The own request to change, and its outcome.
    pub(crate) change: OwnChange,
    /// The time at which this process first saw the last request to reconcile.
    pub(crate) requested: Option<Duration>,
    /// Failures that hold up steps, by kind of operation.
    pub(crate) failures: Failures,
    location: Option<Location>,
    secret_version: Option<Option<String>>,
    generation: i64,
    credentials: String,
    /// The number of attempts that this process has made.
    pub(crate) serial: u32,
}

/// The first and the last time that a read by id answered "not found".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) first: Duration,
    pub(crate) last: Duration,
}

impl Memory {
    /// Updates the memory from the resource: after every read of it, cached or live, and after every own
    /// write.
    pub fn saw(&mut self, resource: &Resource, target: &Target, now: Now) {
        if self.credentials != target.credentials {
            // "Not found" and "deleted" are true for the credentials that asked, so absence must be proven
            // again for the new ones.
            (self.missing, self.last_found, self.suspect) = (None, None, false);
            self.known.clear();
            self.deletions.clear();
            self.marks = OwnMarks::default();
        }
        let is_requested = resource.schedule.requested > self.requested;
        if self.generation != resource.generation || self.credentials != target.credentials || is_requested {
            self.generation = resource.generation;
            self.credentials.clone_from(&target.credentials);
            self.requested = self.requested.max(resource.schedule.requested);
            self.failures.clear();
            self.change.count = 0;
        }
        if resource.secret_version.is_some() && self.secret_version != resource.secret_version {
            self.secret_version.clone_from(&resource.secret_version);
            self.failures.forget(OperationKind::Secret);
        }
        self.first_seen.get_or_insert(now.mono);
        let record = resource.own_record();
        let nothing = record.is_none_or(Record::is_vacant);
        keep(
            &mut self.bare,
            record.is_none() && resource.exists && (resource.finalizer || resource.status_id.is_some()),
            now,
        );
        keep(&mut self.vacant, record.is_some() && nothing, now);
        self.saw_attempt(record, now);
        self.saw_ids(record, resource.live, now);
        self.saw_operation(record, now);
        self.ending.saw(resource, record, now);
        if let Some(record) = record {
            self.location = Some(record.location());
        }
    }

    /// Records that a step is about to be executed, after its permits were taken: the creation window starts
    /// here.
    pub fn starting(&mut self, step: &Step, now: Now) {
        match step {
            Step::Intend(record) => {
                self.serial += 1;
                self.own = record.attempt.as_ref().map(|attempt| Own::new(&attempt.nonce, now));
            }
            Step::Write(record) => self.starting_write(record, now),
            Step::Create => self.starting_creation(now),
            Step::Change(_) => {
                self.trust();
                if let Some(own) = &mut self.change.own {
                    (own.spent, own.in_flight) = (true, true);
                }
            }
            Step::Read(Read::Outputs | Read::Observed | Read::Operation) => self.trust(),
            Step::Read(_)
            | Step::AddFinalizer
            | Step::RemoveFinalizer(_)
            | Step::Delete(_)
            | Step::ReportLeftover(_)
            | Step::Mark(_)
            | Step::ApplySecret
            | Step::Rest { .. } => (),
        }
    }

    /// Returns true when this process created, or may have created, an add-on that no other process knows of.
    /// It must go on looking, whichever process leads, until a list is available that was sent late enough.
    pub fn has_pending(&self, listing: Option<&Listing>, timing: &Timing) -> bool {
        let looked = |since: Duration| listing.is_some_and(|listing| listing.sent >= since + timing.wait());
        self.held.is_some() || self.unsure.is_some_and(|since| !looked(since))
    }

    /// Updates the memory from the outcome of a step.
    pub fn outcome(&mut self, step: &Step, outcome: &StepOutcome, now: Now) {
        self.failures.outcome(step, outcome, now.mono);
        match step {
            Step::Read(read) => self.read_outcome(read, outcome, now),
            Step::Intend(_) => self.intent_outcome(outcome),
            Step::Write(record) => {
                self.doubtful = *outcome != StepOutcome::Done;
                if !self.doubtful && record.ids.as_ref() == self.recorded.as_ref().map(|seen| &seen.what) {
                    self.signed = Some((self.signed.map_or(0, |(count, _)| count) + 1, now.mono));
                }
            }
            Step::RemoveFinalizer(record) => {
                self.doubtful = *outcome != StepOutcome::Done;
                // A write without an answer may have removed it; if it has not, it is removed again.
                if matches!(outcome, StepOutcome::Done | StepOutcome::Ambiguous(_)) {
                    self.ending.released_as(record.as_ref().and_then(|record| record.released));
                }
            }
            Step::ReportLeftover(ids) => {
                self.ending.reported(ids);
                (self.unsure, self.held) = (None, None);
            }
            Step::AddFinalizer => {
                self.doubtful = *outcome != StepOutcome::Done;
                if *outcome == StepOutcome::Done {
                    self.finalizer = Some((self.finalizer.map_or(0, |(count, _)| count) + 1, now.mono));
                }
            }
            Step::Create => self.creation_outcome(outcome, now),
            Step::Delete(ids) => self.deletion_outcome(ids, outcome, now),
            Step::Change(change) => {
                self.change.outcome(change, outcome, now);
                self.outputs = None;
            }
            Step::Mark(change) => self.marks.set(&change.ids, outcome, now.mono),
            Step::ApplySecret => {
                self.applied = Some((self.applied.map_or(0, |(count, _)| count) + 1, now.mono));
                let is_refused =
                    matches!(outcome, StepOutcome::Rejected { reason: Reason::SecretRefused, .. });
                self.refused = is_refused.then_some(now.mono);
            }
            Step::Rest { .. } => (),
        }
    }

    /// Takes the plan with which a reconciliation ends: its status is written then.
    pub fn resting(&mut self, plan: &Plan) {
        self.ready = (plan.reason.standing() == Standing::Ready).then_some(self.generation);
    }

    /// Returns true when the resource went without being released: its add-on may be left at the cloud.
    pub fn may_have_leftover(&self) -> bool {
        self.ending.kept.as_ref().is_some_and(|kept| self.deleted_at(&kept.ids).is_none())
    }

    /// The number of times that this process has put the finalizer back.
    pub fn finalizers_put_back(&self) -> u32 {
        self.finalizer.map_or(0, |(count, _)| count)
    }

    /// Returns true when this process has seen that the resource holds the add-on with these ids: a later
    /// claim of another resource displaces nothing.
    pub fn holds(&self, ids: &Ids, location: &Location) -> bool {
        self.known.hold(ids, location)
    }

    /// The nonce for the next attempt of this process. No two attempts share a nonce.
    pub(crate) fn next_nonce(&self, process: &str) -> String {
        format!("{process}.{}", self.serial + 1)
    }

    /// The location in the last record that was read.
    pub(crate) fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// The time at which this process last deleted an add-on of this resource.
    pub(crate) fn last_deletion(&self) -> Option<Duration> {
        self.deletions.last()
    }

    /// The time at which this process last deleted the add-on with these ids, if it did.
    pub(crate) fn deleted_at(&self, ids: &Ids) -> Option<Duration> {
        self.deletions.of(ids).map(|deletion| deletion.at)
    }

    fn saw_attempt(&mut self, record: Option<&Record>, now: Now) {
        let nonce = record.and_then(|record| record.attempt.as_ref()).map(|attempt| &attempt.nonce);
        first_seen(&mut self.attempt, nonce, now);
        self.own = self.own.take().filter(|own| nonce == Some(&own.nonce));
        if let Some(own) = &mut self.own {
            own.seen.get_or_insert(now.mono);
        }
    }

    fn saw_ids(&mut self, record: Option<&Record>, live: bool, now: Now) {
        let ids = record.and_then(|record| record.ids.as_ref());
        if self.recorded.as_ref().map(|seen| &seen.what) != ids {
            (self.missing, self.last_found, self.suspect, self.outputs) = (None, None, false, None);
            if self.recorded.is_some() {
                // The resource gave the add-on up; another one may have it by now.
                self.known.clear();
            }
        }
        first_seen(&mut self.recorded, ids, now);
        let settled = |held: &Held| {
            let open = record
                .and_then(|record| record.attempt.as_ref())
                .is_some_and(|attempt| attempt.nonce == held.nonce);
            live && !open && ids.is_some_and(|ids| same(ids, &held.ids))
        };
        self.held = self.held.take().filter(|held| !settled(held));
    }

    fn saw_operation(&mut self, record: Option<&Record>, now: Now) {
        let operation = record.and_then(|record| record.operation.as_ref());
        let nonce = operation.and_then(|operation| operation.attempt.as_ref()).map(|attempt| &attempt.nonce);
        let change = &mut self.change;
        change.recorded(record);
        if change.attempt.as_ref().map(|seen| &seen.what) != nonce || operation.is_none() {
            change.progress = None;
        }
        first_seen(&mut change.attempt, nonce, now);
        change.own = change.own.take().filter(|own| nonce == Some(&own.nonce));
        change.answer = change.answer.take().filter(|(answered, _)| nonce == Some(answered));
        if let Some(own) = &mut change.own {
            own.seen.get_or_insert(now.mono);
        }
    }

    fn trust(&mut self) {
        self.known.trust(self.recorded.as_ref().map(|seen| &seen.what), self.location.as_ref());
    }

    fn starting_write(&mut self, record: &Record, now: Now) {
        if record.attempt.is_none() {
            // A process that sees this write stops waiting for the attempt, so nothing may be sent under it
            // from now on.
            self.own = None;
        }
        let attempt = record.operation.as_ref().and_then(|operation| operation.attempt.as_ref());
        let known = self.change.attempt.as_ref().map(|seen| &seen.what);
        if let Some(attempt) = attempt.filter(|attempt| known != Some(&attempt.nonce)) {
            self.serial += 1;
            self.change.own = Some(Own::new(&attempt.nonce, now));
        }
    }

    fn starting_creation(&mut self, now: Now) {
        if let Some(own) = &mut self.own {
            own.unsure_before = self.unsure;
            (own.spent, own.in_flight) = (true, true);
        }
        // A creation whose answer never arrives, because the reconciliation is cancelled, counts as
        // ambiguous.
        self.unsure = Some(now.mono);
    }

    fn read_outcome(&mut self, read: &Read, outcome: &StepOutcome, now: Now) {
        let at = now.mono;
        match (read, outcome) {
            (Read::Live, StepOutcome::Done | StepOutcome::NotFound) => self.doubtful = false,
            (Read::Marks { .. }, _) => self.marks.read(outcome, at),
            (Read::Get(_), StepOutcome::Done) => {
                (self.missing, self.last_found, self.suspect) = (None, Some(at), false)
            }
            (Read::Get(_), StepOutcome::NotFound) => {
                let first = self.missing.map_or(at, |missing| missing.first);
                self.missing = Some(Missing { first, last: at });
            }
            (Read::Outputs, StepOutcome::Done) => {
                self.outputs = Some((self.outputs.map_or(at, |(first, _)| first), at))
            }
            (Read::Outputs | Read::Observed | Read::Operation, StepOutcome::NotFound) => self.suspect = true,
            (Read::Operation, StepOutcome::Progress(progress)) => {
                self.change.progress = Some((progress.clone(), at))
            }
            _ => (),
        }
    }

    fn intent_outcome(&mut self, outcome: &StepOutcome) {
        self.doubtful = *outcome != StepOutcome::Done;
        if !self.doubtful {
            return;
        }
        let may_have_been_written =
            matches!(outcome, StepOutcome::Ambiguous(_) | StepOutcome::Unavailable(_));
        self.own = self.own.take().filter(|_| may_have_been_written);
    }

    fn creation_outcome(&mut self, outcome: &StepOutcome, now: Now) {
        let before = self.own.as_ref().and_then(|own| own.unsure_before);
        match outcome {
            StepOutcome::Created(ids) => {
                let nonce = self.own.take().map(|own| own.nonce).unwrap_or_default();
                self.known.answer(ids, self.location.as_ref());
                self.held = Some(Held { ids: ids.clone(), nonce });
                self.unsure = before;
            }
            StepOutcome::Rejected { .. } | StepOutcome::Throttled { .. } | StepOutcome::Unsent(_) => {
                self.unsure = before;
                if let Some(own) = &mut self.own {
                    own.in_flight = false;
                }
            }
            StepOutcome::Done
            | StepOutcome::Changed(_)
            | StepOutcome::Progress(_)
            | StepOutcome::Conflict
            | StepOutcome::NotFound
            | StepOutcome::Ambiguous(_)
            | StepOutcome::Unavailable(_) => (self.own, self.unsure) = (None, Some(now.mono)),
        }
    }

    fn deletion_outcome(&mut self, ids: &Ids, outcome: &StepOutcome, now: Now) {
        if !matches!(outcome, StepOutcome::Done | StepOutcome::NotFound) {
            return;
        }
        let recorded = self.recorded.as_ref().is_some_and(|seen| same(&seen.what, ids));
        self.held = self.held.take().filter(|held| !same(&held.ids, ids));
        self.deletions.answered(ids, *outcome == StepOutcome::Done, now.mono);
        if *outcome == StepOutcome::NotFound && !recorded {
            // The add-on was there a moment ago: "not found" may be an outage, so its absence must show in a
            // list.
            self.unsure = Some(now.mono);
        }
    }
}
