//! What is seen: everything a plan may depend on, as plain data. Nothing here decides.

use std::time::Duration;

use crate::plan::desired::Wish;
use crate::plan::location::{Home, Place};
use crate::plan::memory::Memory;
use crate::plan::observed::{Listing, RecordSight, Resource, SecretSight};
use crate::plan::own_attempt::Own;
use crate::plan::reason::Reason;
use crate::plan::record::{Attempt, Ids, Record};
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};
use crate::plan::timing::{Now, Timing};

/// Everything that one plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The custom resource, as last read.
    pub resource: &'a Resource,
    /// What its spec asks for, judged against the offers and the add-on.
    pub wish: &'a Wish,
    /// What this process remembers of this resource (of this uid).
    pub memory: &'a Memory,
    /// The newest list of the place that the plan is `at`, if any; of what it shows, what concerns this resource.
    pub listing: Option<&'a Listing>,
    /// The Secret, as last read.
    pub secret: &'a SecretSight,
    /// The namespace is being deleted.
    pub namespace_terminating: bool,
    /// The resource goes only because its definition does: the add-on stays.
    pub abandoned: bool,
    /// The catalog has no entry for the kind any more: the resource can only be deleted.
    pub retired: bool,
    /// The nonce of this process, made at its start.
    pub process: &'a str,
    /// Which operator this is, for people.
    pub operator: &'a str,
    /// The moment.
    pub now: Now,
    /// The waits.
    pub timing: &'a Timing,
    /// Where spec, configuration and credentials point now.
    pub home: &'a Home,
}

impl<'a> Sight<'a> {
    /// The record, where it binds.
    pub(crate) fn record(&self) -> Option<&'a Record> {
        match &self.resource.record {
            RecordSight::Ours(record) => Some(record),
            RecordSight::None | RecordSight::Foreign(..) | RecordSight::Unreadable(_) => None,
        }
    }

    /// The recorded add-on.
    pub(crate) fn ids(&self) -> Option<&'a Ids> {
        self.record().and_then(|record| record.ids.as_ref())
    }

    /// No object with this uid is there, or none that waits for us.
    pub(crate) fn is_gone(&self) -> bool {
        !self.resource.exists || (self.resource.deleting && !self.resource.finalizer)
    }

    /// A compare-and-swap may be tried on what was read.
    pub(crate) fn may_swap(&self) -> bool {
        self.resource.live && !self.memory.doubtful
    }

    /// Record and status name different add-ons. A missing status is no disagreement.
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

    /// Where the add-on is, or would be.
    pub(crate) fn place(&self) -> Place {
        match &self.resource.record {
            // Where nothing was made, nothing binds it to that place.
            RecordSight::Ours(record) if record.is_vacant() && !self.resource.deleting => self.home.place.clone(),
            RecordSight::Ours(record) => record.place(),
            RecordSight::Foreign(record) if record.ids.is_some() => record.place(),
            RecordSight::Foreign(..) | RecordSight::None | RecordSight::Unreadable(_) => {
                self.memory.place().filter(|_| self.is_gone()).unwrap_or(&self.home.place).clone()
            }
        }
    }

    /// The record that goes on from here: ours, or a first one.
    pub(crate) fn record_or_new(&self) -> Record {
        let place = self.place();
        self.record().cloned().unwrap_or_else(|| Record {
            uid: self.resource.uid.clone(),
            namespace: self.resource.namespace.clone(),
            name: self.resource.name.clone(),
            api: place.api,
            endpoint: place.endpoint,
            account: place.account,
            credentials: self.home.secret.clone(),
            ..Record::default()
        })
    }

    /// The add-on can be used as it is. Of a retired kind nothing is read any more, so what it gave counts as what it gives.
    fn is_available(&self) -> bool {
        let usable =
            matches!(self.secret, SecretSight::Same | SecretSight::Needless) || (self.retired && *self.secret == SecretSight::Unknown);
        usable && self.ids().is_some() && !self.is_gone() && !self.resource.deleting && self.memory.missing.is_none()
    }

    /// A plan for this sight.
    pub(crate) fn plan(&self, state: State, step: Step, reason: Reason, because: impl Into<String>) -> Plan {
        Plan { state, step, because: because.into(), reason, at: self.place(), available: self.is_available() }
    }

    /// To do nothing until then.
    pub(crate) fn rest(&self, state: State, until: Duration, reason: Reason, because: impl Into<String>) -> Plan {
        self.plan(state, Step::Rest { until: Some(until) }, reason, because)
    }

    /// To do nothing, and look again slowly: only a person can help.
    pub(crate) fn stall(&self, state: State, reason: Reason, because: impl Into<String>) -> Plan {
        self.rest(state, self.now.mono + self.timing.check, reason, because)
    }

    /// Stalled, but looked at again: a person may set it right at the cloud, of which no event tells.
    pub(crate) fn until_listed(&self, state: State, reason: Reason, because: String) -> Plan {
        let next = self.listing.map(|listing| listing.sent).unwrap_or_default() + self.timing.check;
        if next <= self.now.mono {
            let read = Step::Read(Read::Listing { sent_after: next });
            return self.plan(state, read, reason, "somebody may have set it right at the cloud");
        }
        self.rest(state, next, reason, because)
    }

    /// This write to the resource; before it, a live read, unless the resource was read live and nothing newer is known.
    pub(crate) fn swap(&self, state: State, step: Step, reason: Reason, because: impl Into<String>) -> Plan {
        if self.may_swap() {
            return self.plan(state, step, reason, because);
        }
        self.plan(state, Step::Read(Read::Live), reason, "what is known of the resource may be out of date, so it is read first")
    }

    /// A new attempt: leave for this process to create once.
    pub(crate) fn intend(&self, state: State, because: impl Into<String>) -> Plan {
        let record = self.record_or_new();
        let attempt = Attempt {
            number: record.attempts.saturating_add(1),
            nonce: self.memory.next_nonce(self.process),
            at: self.now.wall,
            by: self.operator.to_owned(),
        };
        let record = record.attempting(attempt, self.home, self.now.wall);
        self.swap(state, Step::Intend(record), Reason::Creating, because)
    }

    /// When a list must have been sent for the absence of our name to count.
    ///
    /// Whoever wrote the open attempt may send within its fence, for as long as a request takes, and it shows only after it has settled:
    /// all of that counted from when this process first saw *this* attempt. An own request without an answer is waited for as long.
    pub(crate) fn absence_from(&self) -> Duration {
        let attempt = self.memory.attempt.as_ref().map(|seen| seen.at + self.timing.wait());
        let bare = self.memory.bare.map(|since| since + self.timing.wait());
        [attempt, bare, self.unsure_until(), self.memory.vacant].into_iter().flatten().max().unwrap_or_default()
    }

    /// Until when an own request without an answer may still have an effect that does not show.
    pub(crate) fn unsure_until(&self) -> Option<Duration> {
        self.memory.unsure.map(|since| since + self.timing.wait())
    }

    /// Since when there is something to look for.
    pub(crate) fn looking_since(&self) -> Duration {
        let attempt = self.memory.attempt.as_ref().map(|seen| seen.at);
        [attempt, self.memory.bare, self.memory.unsure, self.memory.vacant].into_iter().flatten().max().unwrap_or_default()
    }

    /// A list that was sent then or later, if there is one. It may show what exists; what it lacks is another question.
    pub(crate) fn listing_since(&self, sent: Duration) -> Option<&'a Listing> {
        self.listing.filter(|listing| listing.sent >= sent)
    }

    /// A list in which absence counts, if there is one: sent late enough, and not suddenly shorter.
    pub(crate) fn proof_since(&self, sent: Duration) -> Option<&'a Listing> {
        self.listing_since(sent).filter(|listing| !listing.suspicious)
    }

    /// Asks for the next look at the list: at once where there is none since `since` or absence counts by now, else after a pause that grows.
    pub(crate) fn look(&self, state: State, since: Duration, counts: Duration, waiting: (Reason, &str)) -> Plan {
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

/// Nothing is recorded that could be lost.
pub(crate) fn is_vacant_or_none(sight: &Sight<'_>) -> bool {
    sight.record().is_none_or(Record::is_vacant)
}
