//! Looking: what the sight holds for a state function, when absence counts, and when to look again. Decides no write.

use std::time::Duration;

use super::State;
use super::memory::Own;
use super::reason::Reason;
use super::record::{Attempt, Ids, Place, Record, same};
use super::sight::{Entry, Listing, RecordSight, SecretSight, Sight};
use super::step::{Plan, Read, Step};

impl<'a> Sight<'a> {
    /// The record, where it binds.
    pub(super) fn record(&self) -> Option<&'a Record> {
        match &self.resource.record {
            RecordSight::Ours(record) => Some(record),
            RecordSight::None | RecordSight::Foreign(..) | RecordSight::Unreadable(_) => None,
        }
    }

    /// The recorded add-on.
    pub(super) fn ids(&self) -> Option<&'a Ids> {
        self.record().and_then(|record| record.ids.as_ref())
    }

    /// No object with this uid is there, or none that waits for us.
    pub(super) fn is_gone(&self) -> bool {
        !self.resource.exists || (self.resource.deleting && !self.resource.finalizer)
    }

    /// A compare-and-swap may be tried on what was read.
    pub(super) fn may_swap(&self) -> bool {
        self.resource.live && !self.memory.doubtful
    }

    /// Record and status name different add-ons. A missing status is no disagreement.
    pub(super) fn disagrees(&self) -> bool {
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
    pub(super) fn own(&self) -> Option<&'a Own> {
        let nonce = self.record().and_then(|record| record.attempt.as_ref()).map(|attempt| &attempt.nonce);
        self.memory.own.as_ref().filter(|own| Some(&own.nonce) == nonce)
    }

    /// Where the add-on is, or would be.
    pub(super) fn place(&self) -> Place {
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
    pub(super) fn record_or_new(&self) -> Record {
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
    pub(super) fn plan(&self, state: State, step: Step, reason: Reason, because: impl Into<String>) -> Plan {
        Plan { state, step, because: because.into(), reason, at: self.place(), available: self.is_available() }
    }

    /// To do nothing until then.
    pub(super) fn rest(&self, state: State, until: Duration, reason: Reason, because: impl Into<String>) -> Plan {
        self.plan(state, Step::Rest { until: Some(until) }, reason, because)
    }

    /// To do nothing, and look again slowly: only a person can help.
    pub(super) fn stall(&self, state: State, reason: Reason, because: impl Into<String>) -> Plan {
        self.rest(state, self.now.mono + self.timing.check, reason, because)
    }

    /// This write to the resource; before it, a live read, unless the resource was read live and nothing newer is known.
    pub(super) fn swap(&self, state: State, step: Step, reason: Reason, because: impl Into<String>) -> Plan {
        if self.may_swap() {
            return self.plan(state, step, reason, because);
        }
        self.plan(state, Step::Read(Read::Live), reason, "what is known of the resource may be out of date, so it is read first")
    }

    /// A new attempt: leave for this process to create once.
    pub(super) fn intend(&self, state: State, because: impl Into<String>) -> Plan {
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
    pub(super) fn absence_from(&self) -> Duration {
        let attempt = self.memory.attempt.as_ref().map(|seen| seen.at + self.timing.wait());
        let bare = self.memory.bare.map(|since| since + self.timing.wait());
        [attempt, bare, self.unsure_until(), self.memory.vacant].into_iter().flatten().max().unwrap_or_default()
    }

    /// Until when an own request without an answer may still have an effect that does not show.
    pub(super) fn unsure_until(&self) -> Option<Duration> {
        self.memory.unsure.map(|since| since + self.timing.wait())
    }

    /// Since when there is something to look for.
    pub(super) fn looking_since(&self) -> Duration {
        let attempt = self.memory.attempt.as_ref().map(|seen| seen.at);
        [attempt, self.memory.bare, self.memory.unsure, self.memory.vacant].into_iter().flatten().max().unwrap_or_default()
    }

    /// A list that was sent then or later, if there is one. It may show what exists; what it lacks is another question.
    pub(super) fn listing_since(&self, sent: Duration) -> Option<&'a Listing> {
        self.listing.filter(|listing| listing.sent >= sent)
    }

    /// A list in which absence counts, if there is one: sent late enough, and not suddenly shorter.
    pub(super) fn proof_since(&self, sent: Duration) -> Option<&'a Listing> {
        self.listing_since(sent).filter(|listing| !listing.suspicious)
    }

    /// Asks for the next look at the list: at once where there is none since `since` or absence counts by now, else after a pause that grows.
    pub(super) fn look(&self, state: State, since: Duration, counts: Duration, waiting: (Reason, &str)) -> Plan {
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

impl Listing {
    /// The entry of this add-on.
    pub(super) fn entry(&self, ids: &Ids) -> Option<&Entry> {
        self.entries.iter().find(|entry| same(&entry.ids, ids))
    }

    /// The oldest entry of our name: the one to keep.
    pub(super) fn ours(&self) -> Option<&Entry> {
        let ours = self.entries.iter().filter(|entry| entry.name_matches && entry.same_provider);
        ours.min_by(|a, b| (a.created, &a.ids).cmp(&(b.created, &b.ids)))
    }
}

/// Nothing is recorded that could be lost.
pub(super) fn is_vacant_or_none(sight: &Sight<'_>) -> bool {
    sight.record().is_none_or(Record::is_vacant)
}

/// The ids as one would write them.
pub(super) fn names(ids: &Ids) -> String {
    ids.values().map(String::as_str).collect::<Vec<_>>().join(", ")
}
