//! Snapshot: everything a plan may depend on, as plain data. Nothing here decides.

use std::time::Duration;

use crate::plan::abandonment::Abandonment;
use crate::plan::deletion_policy::DeletionPolicy;
use crate::plan::deletion_protection::DeletionProtection;
use crate::plan::desired::DesiredState;
use crate::plan::location::{Location, Target};
use crate::plan::marking::Marking;
use crate::plan::memory::Memory;
use crate::plan::observed::{Listing, ObservedRecord, ObservedSecret, OutputsAge, Resource};
use crate::plan::own_attempt::Own;
use crate::plan::reason::Reason;
use crate::plan::record::{Attempt, Ids, Record};
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};
use crate::plan::timing::{Now, Timing};

/// Input of one plan.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The custom resource, as last read.
    pub resource: &'a Resource,
    /// The desired state of its spec, judged against the offers and the add-on.
    pub desired_state: &'a DesiredState,
    /// The memory of this process about this resource (this uid).
    pub memory: &'a Memory,
    /// The newest list of the plan's location `at`, if any, reduced to what concerns this resource.
    pub listing: Option<&'a Listing>,
    /// The marks of add-ons, if the API has any.
    pub marking: Option<&'a Marking>,
    /// The Secret, as last read.
    pub secret: &'a ObservedSecret,
    /// The age of the outputs.
    pub outputs: OutputsAge,
    /// The namespace is being deleted.
    pub namespace_terminating: bool,
    /// The reason to keep the add-on, if no user asked for the deletion of the resource.
    pub abandoned: Option<Abandonment>,
    /// The object whose annotation protects the resource from deletion, if any.
    pub protection: Option<DeletionProtection>,
    /// The policy for the add-on when the resource is deleted.
    pub deletion_policy: DeletionPolicy,
    /// The catalog has no entry for the kind any more: the resource can only be deleted.
    pub kind_removed: bool,
    /// The nonce of this process, made at its start.
    pub process: &'a str,
    /// The name of this operator, for users.
    pub operator: &'a str,
    /// The id of this cluster.
    pub cluster: &'a str,
    /// The uid of the namespace of the resource; empty while it is not known.
    pub namespace_uid: &'a str,
    /// The current time.
    pub now: Now,
    /// Timeouts and intervals.
    pub timing: &'a Timing,
    /// Location and credentials that spec and configuration give now.
    pub target: &'a Target,
}

impl<'a> Snapshot<'a> {
    /// The record, where it is valid for this object.
    pub(crate) fn record(&self) -> Option<&'a Record> {
        match &self.resource.record {
            ObservedRecord::Ours(record) => Some(record),
            ObservedRecord::None | ObservedRecord::Foreign(..) | ObservedRecord::Unreadable(_) => None,
        }
    }

    /// The ids of the recorded add-on.
    pub(crate) fn ids(&self) -> Option<&'a Ids> {
        self.record().and_then(|record| record.ids.as_ref())
    }

    /// Returns true when no object with this uid exists, or none that waits for our finalizer.
    pub(crate) fn is_gone(&self) -> bool {
        !self.resource.exists || (self.resource.deleting && !self.resource.finalizer)
    }

    /// Returns true when a compare-and-swap may be tried on the resource as read.
    pub(crate) fn may_swap(&self) -> bool {
        self.resource.live && !self.memory.doubtful
    }

    /// Returns true when record and status name different add-ons. A missing status is no disagreement.
    pub(crate) fn disagrees(&self) -> bool {
        let Some(record) = self.record() else {
            return false;
        };
        let (Some(status), Some(ids)) = (&self.resource.status_id, &record.ids) else {
            return false;
        };
        let named = |ids: &Ids| ids.values().any(|id| id == status);
        !named(ids) && !record.replaced.as_ref().is_some_and(named)
    }

    /// The open attempt, where this process wrote it itself.
    pub(crate) fn own(&self) -> Option<&'a Own> {
        let nonce = self.record().and_then(|record| record.attempt.as_ref()).map(|attempt| &attempt.nonce);
        self.memory.own.as_ref().filter(|own| Some(&own.nonce) == nonce)
    }

    /// The location of the add-on, or of one to be created.
    pub(crate) fn location(&self) -> Location {
        match &self.resource.record {
            // A vacant record binds the resource to no location, because nothing was created there.
            ObservedRecord::Ours(record) if record.is_vacant() && !self.resource.deleting => {
                self.target.location.clone()
            }
            ObservedRecord::Ours(record) => record.location(),
            ObservedRecord::Foreign(record) if record.ids.is_some() => record.location(),
            ObservedRecord::Foreign(..) | ObservedRecord::None | ObservedRecord::Unreadable(_) => {
                self.memory.location().filter(|_| self.is_gone()).unwrap_or(&self.target.location).clone()
            }
        }
    }

    /// Returns the record to continue from: ours, or a first one. A vacant record binds the resource to no
    /// location and to no credentials, so it takes those that list the add-ons now.
    pub(crate) fn record_or_new(&self) -> Record {
        let bound = self.record().filter(|record| !record.is_vacant() || self.resource.deleting);
        if let Some(record) = bound {
            return record.clone();
        }
        let Location { api, endpoint, account } = self.location();
        let credentials = self.target.secret.clone();
        let first = || Record {
            uid: self.resource.uid.clone(),
            namespace: self.resource.namespace.clone(),
            name: self.resource.name.clone(),
            ..Record::default()
        };
        Record { api, endpoint, account, credentials, ..self.record().cloned().unwrap_or_else(first) }
    }

    /// Returns true when the add-on can be used as it is. Of a removed kind nothing is read any more, so
    /// earlier outputs count as current ones.
    fn is_available(&self) -> bool {
        let usable = matches!(
            self.secret,
            ObservedSecret::Same | ObservedSecret::Needless | ObservedSecret::Refused { held: true, .. }
        ) || (self.kind_removed && *self.secret == ObservedSecret::Unknown);
        usable
            && self.ids().is_some()
            && !self.is_gone()
            && !self.resource.deleting
            && self.memory.missing.is_none()
    }

    /// Makes a plan from this snapshot.
    pub(crate) fn plan(&self, state: State, step: Step, reason: Reason, because: impl Into<String>) -> Plan {
        Plan {
            state,
            step,
            because: because.into(),
            reason,
            at: self.location(),
            available: self.is_available(),
            retention: None,
        }
    }

    /// Plans to rest until this time.
    pub(crate) fn rest(
        &self,
        state: State,
        until: Duration,
        reason: Reason,
        because: impl Into<String>,
    ) -> Plan {
        self.plan(state, Step::Rest { until: Some(until) }, reason, because)
    }

    /// Plans to rest for a poll interval, because only the user can help.
    pub(crate) fn stall(&self, state: State, reason: Reason, because: impl Into<String>) -> Plan {
        self.rest(state, self.now.mono + self.timing.poll_interval, reason, because)
    }

    /// Stalls, but reads the list again in each poll interval: no event reports a problem that the user fixes
    /// at the cloud.
    pub(crate) fn until_listed(&self, state: State, reason: Reason, because: String) -> Plan {
        let sent = self.listing.map(|listing| listing.sent).unwrap_or_default();
        let requested = self.memory.requested.filter(|requested| *requested > sent);
        let next = requested.unwrap_or(sent + self.timing.poll_interval);
        if next <= self.now.mono {
            let read = Step::Read(Read::Listing { sent_after: next });
            return self.plan(
                state,
                read,
                reason,
                "the operator checks whether the problem is solved at the cloud",
            );
        }
        self.rest(state, next, reason, because)
    }

    /// Plans a write to the resource; before it, a live read, unless the resource was read live and no newer
    /// version is known.
    pub(crate) fn swap(&self, state: State, step: Step, reason: Reason, because: impl Into<String>) -> Plan {
        if self.may_swap() {
            return self.plan(state, step, reason, because);
        }
        self.plan(
            state,
            Step::Read(Read::Live),
            reason,
            "the cached resource may be out of date, so the operator reads it from the API server first",
        )
    }

    /// Plans a new attempt, under which this process may send one creation.
    pub(crate) fn intend(&self, state: State, because: impl Into<String>) -> Plan {
        let record = self.record_or_new();
        let attempt = Attempt {
            number: record.attempts.saturating_add(1),
            nonce: self.memory.next_nonce(self.process),
            at: self.now.wall,
            by: self.operator.to_owned(),
        };
        let record = record.attempting(attempt, self.target, self.now.wall, self.desired_state.created());
        self.swap(state, Step::Intend(record), Reason::Creating, because)
    }

    /// The time at which a list must have been sent for the absence of our name to count.
    ///
    /// The process that wrote the open attempt may send within its creation window, for as long as a request
    /// takes, and the add-on shows only after the list lag: all of it counted from when this process first
    /// saw *this* attempt. An own request without an answer is waited for as long.
    pub(crate) fn absence_from(&self) -> Duration {
        let attempt = self.memory.attempt.as_ref().map(|seen| seen.at + self.timing.wait());
        let bare = self.memory.bare.map(|since| since + self.timing.wait());
        [attempt, bare, self.unsure_until(), self.memory.vacant]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or_default()
    }

    /// The time until which an own request without an answer may have an effect that does not show yet.
    pub(crate) fn unsure_until(&self) -> Option<Duration> {
        self.memory.unsure.map(|since| since + self.timing.wait())
    }

    /// The time since which an add-on may exist that is not recorded.
    pub(crate) fn looking_since(&self) -> Duration {
        let attempt = self.memory.attempt.as_ref().map(|seen| seen.at);
        [attempt, self.memory.bare, self.memory.unsure, self.memory.vacant]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or_default()
    }

    /// Returns the list if it was sent at this time or later. An add-on in it exists; an add-on that is not
    /// in it may exist too.
    pub(crate) fn listing_since(&self, sent: Duration) -> Option<&'a Listing> {
        self.listing.filter(|listing| listing.sent >= sent)
    }

    /// Returns the list if absence in it counts: sent late enough, and not suddenly shorter.
    pub(crate) fn proof_since(&self, sent: Duration) -> Option<&'a Listing> {
        self.listing_since(sent).filter(|listing| !listing.suspicious)
    }

    /// Plans the next read of the list: at once if there is none since `since`, or if absence counts by now;
    /// otherwise after a growing pause.
    pub(crate) fn look(
        &self,
        state: State,
        since: Duration,
        counts: Duration,
        waiting: (Reason, &str),
    ) -> Plan {
        let (reason, because) = waiting;
        let now = self.now.mono;
        let read = |sent_after| self.plan(state, Step::Read(Read::Listing { sent_after }), reason, because);
        let Some(listing) = self.listing_since(since) else {
            return read(since);
        };
        let next = listing.sent + (listing.sent - since).max(self.timing.look).min(self.timing.retry_last);
        if listing.sent < counts && counts <= now {
            return read(counts);
        }
        let next = if listing.sent < counts { next.min(counts) } else { next };
        if next <= now { read(next) } else { self.rest(state, next, reason, because) }
    }
}

/// Returns true when no attempt and no add-on is recorded that could be lost.
pub(crate) fn is_vacant_or_none(snapshot: &Snapshot<'_>) -> bool {
    snapshot.record().is_none_or(Record::is_vacant)
}
