//! What one process remembers of one resource: first-seen clocks, its own attempt, answers not recorded yet. Losing it costs time, never safety.
//!
//! Whatever is counted here is counted by this process's own monotonic clock; nothing in it is ever compared with another's.

use std::time::Duration;

use crate::plan::backoff::Troubles;
use crate::plan::location::{Home, Place};
use crate::plan::observed::{Listing, RecordSight, Resource};
use crate::plan::own_attempt::{Own, Seen};
use crate::plan::own_change::OwnChange;
use crate::plan::record::{Ids, Record, same};
use crate::plan::step::{Heard, Read, Step};
use crate::plan::timing::{Now, Timing};

/// What one process remembers of one uid. `Default` remembers nothing.
///
/// Kept as long as a plan for the uid does not rest for good, also after the resource is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The open attempt, and when this process first saw *it*.
    pub(crate) attempt: Option<Seen<String>>,
    /// Since when it is known that our finalizer, or a status, stands there without a record of ours.
    pub(crate) bare: Option<Duration>,
    /// Since when it is known that our record names neither an attempt nor an add-on.
    pub(crate) vacant: Option<Duration>,
    /// The recorded add-on, and when this process first saw it recorded.
    pub(crate) recorded: Option<Seen<Ids>>,
    /// The attempt that this process wrote itself.
    pub(crate) own: Option<Own>,
    /// The own answer to a creation, until it is recorded.
    pub(crate) held: Option<Held>,
    /// An own request may yet have an effect that nobody has been told of: since then.
    pub(crate) unsure: Option<Duration>,
    /// What this process has deleted.
    pub(crate) farewells: Vec<Seen<Ids>>,
    /// The recorded add-on is not found by id.
    pub(crate) missing: Option<Missing>,
    /// The recorded add-on was found by id, last at this time.
    pub(crate) met: Option<Duration>,
    /// Something said "not found" that should know the recorded add-on.
    pub(crate) suspect: bool,
    /// A write to the resource failed: what is known of it may be out of date.
    pub(crate) doubtful: bool,
    /// The generation whose spec the last creation of this process asked for, and when it was sent …
    asked: Option<(i64, Duration)>,
    /// … and the same, once that creation was answered.
    pub(crate) made: Option<(i64, Duration)>,
    /// What the answer to the last creation of this process called it.
    pub(crate) answered: Option<Ids>,
    /// What this resource held, as far as could be seen, when something was last asked about it by these ids.
    trusted: Option<Ids>,
    /// The Secret was written: how often in short succession, and when last.
    pub(crate) applied: Option<(u32, Duration)>,
    /// The finalizer was put back: how often, and when last.
    pub(crate) finalizer: Option<(u32, Duration)>,
    /// The outputs were read: first and last since the add-on last changed.
    pub(crate) outputs: Option<(Duration, Duration)>,
    /// The own request to change, and what was heard of it.
    pub(crate) change: OwnChange,
    /// What holds up which errand.
    pub(crate) troubles: Troubles,
    place: Option<Place>,
    generation: i64,
    credentials: String,
    /// How many attempts this process has made.
    pub(crate) serial: u32,
}

/// The own answer to a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) ids: Ids,
    pub(crate) nonce: String,
}

/// "Not found" by id, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) first: Duration,
    pub(crate) last: Duration,
}

impl Memory {
    /// Takes in the resource: after every read of it, cached or live, and after every own write.
    pub fn saw(&mut self, resource: &Resource, home: &Home, now: Now) {
        if self.credentials != home.credentials {
            // "Not found" and "deleted" are true for those who asked: what is absent must be absent for the credentials in force.
            (self.missing, self.met, self.suspect) = (None, None, false);
            self.farewells.clear();
        }
        if self.generation != resource.generation || self.credentials != home.credentials {
            self.generation = resource.generation;
            self.credentials.clone_from(&home.credentials);
            self.troubles.forgive();
            self.change.count = 0;
        }
        let record = ours(resource);
        let nothing = record.is_none_or(Record::is_vacant);
        keep(&mut self.bare, record.is_none() && resource.exists && (resource.finalizer || resource.status_id.is_some()), now);
        keep(&mut self.vacant, record.is_some() && nothing, now);
        self.saw_attempt(record, now);
        self.saw_ids(record, resource.live, now);
        self.saw_operation(record, now);
        if let Some(record) = record {
            self.place = Some(record.place());
        }
    }

    /// Takes in that a step is about to be executed, after its permits were got: the fence counts from here.
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
            Step::Read(_) | Step::AddFinalizer | Step::RemoveFinalizer | Step::Delete(_) | Step::ApplySecret | Step::Rest { .. } => (),
        }
    }

    /// This process made, or may have made, what nobody else may know of: it must go on looking, whoever leads. Over once a list that was sent
    /// late enough is at hand.
    pub fn owes(&self, listing: Option<&Listing>, timing: &Timing) -> bool {
        let looked = |since: Duration| listing.is_some_and(|listing| listing.sent >= since + timing.wait());
        self.held.is_some() || self.unsure.is_some_and(|since| !looked(since))
    }

    /// Takes in what was heard of a step.
    pub fn heard(&mut self, step: &Step, heard: &Heard, now: Now) {
        self.troubles.heard(step, heard, now.mono);
        match step {
            Step::Read(read) => self.heard_read(read, heard, now),
            Step::Intend(_) => self.heard_intent(heard),
            Step::Write(_) | Step::RemoveFinalizer => self.doubtful = *heard != Heard::Done,
            Step::AddFinalizer => {
                self.doubtful = *heard != Heard::Done;
                if *heard == Heard::Done {
                    self.finalizer = Some((self.finalizer.map_or(0, |(count, _)| count) + 1, now.mono));
                }
            }
            Step::Create => self.heard_creation(heard, now),
            Step::Delete(ids) => self.heard_deletion(ids, heard, now),
            Step::Change(_) => {
                self.change.heard(heard, now);
                self.outputs = None;
            }
            Step::ApplySecret => self.applied = Some((self.applied.map_or(0, |(count, _)| count) + 1, now.mono)),
            Step::Rest { .. } => (),
        }
    }

    /// How often this process has put the finalizer back.
    pub fn finalizers_put_back(&self) -> u32 {
        self.finalizer.map_or(0, |(count, _)| count)
    }

    /// This process created the add-on from the spec of this very generation: what it asks for is what was sent.
    pub fn created_from(&self, generation: i64) -> bool {
        self.made.is_some_and(|(made, _)| made == generation)
    }

    /// This process has seen that the resource holds the add-on with these ids: a later claim of another one displaces nothing.
    pub fn holds(&self, ids: &Ids) -> bool {
        self.answered.as_ref() == Some(ids) || self.trusted.as_ref() == Some(ids)
    }

    /// The nonce for the next attempt of this process: no two attempts share one.
    pub(crate) fn next_nonce(&self, process: &str) -> String {
        format!("{process}.{}", self.serial + 1)
    }

    /// Where the record last said that the add-on is.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// When this process last deleted anything of this resource.
    pub(crate) fn last_farewell(&self) -> Option<Duration> {
        self.farewells.iter().map(|seen| seen.at).max()
    }

    /// When this process last deleted that, if it did.
    pub(crate) fn farewell(&self, ids: &Ids) -> Option<Duration> {
        self.farewells.iter().filter(|seen| same(&seen.what, ids)).map(|seen| seen.at).max()
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
            (self.missing, self.met, self.suspect, self.outputs) = (None, None, false, None);
        }
        first_seen(&mut self.recorded, ids, now);
        let settled = |held: &Held| {
            let open = record.and_then(|record| record.attempt.as_ref()).is_some_and(|attempt| attempt.nonce == held.nonce);
            live && !open && ids.is_some_and(|ids| same(ids, &held.ids))
        };
        self.held = self.held.take().filter(|held| !settled(held));
    }

    fn saw_operation(&mut self, record: Option<&Record>, now: Now) {
        let operation = record.and_then(|record| record.operation.as_ref());
        let nonce = operation.and_then(|operation| operation.attempt.as_ref()).map(|attempt| &attempt.nonce);
        let change = &mut self.change;
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
        self.trusted = self.recorded.as_ref().map(|seen| seen.what.clone());
    }

    fn starting_write(&mut self, record: &Record, now: Now) {
        if record.attempt.is_none() {
            // Whoever sees this write need not wait for the attempt any more, so nothing may be sent under it from now on.
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
        self.asked = Some((self.generation, now.mono));
        // Should the answer never be heard, because the pass is given up, it counts as ambiguous.
        self.unsure = Some(now.mono);
    }

    fn heard_read(&mut self, read: &Read, heard: &Heard, now: Now) {
        let at = now.mono;
        match (read, heard) {
            (Read::Live, Heard::Done | Heard::NotFound) => self.doubtful = false,
            (Read::Get(_), Heard::Done) => (self.missing, self.met, self.suspect) = (None, Some(at), false),
            (Read::Get(_), Heard::NotFound) => {
                let first = self.missing.map_or(at, |missing| missing.first);
                self.missing = Some(Missing { first, last: at });
            }
            (Read::Outputs, Heard::Done) => self.outputs = Some((self.outputs.map_or(at, |(first, _)| first), at)),
            (Read::Outputs | Read::Observed | Read::Operation, Heard::NotFound) => self.suspect = true,
            (Read::Operation, Heard::Progress(progress)) => self.change.progress = Some((progress.clone(), at)),
            _ => (),
        }
    }

    fn heard_intent(&mut self, heard: &Heard) {
        self.doubtful = *heard != Heard::Done;
        if !self.doubtful {
            return;
        }
        let may_have_been_written = matches!(heard, Heard::Ambiguous(_) | Heard::Unavailable(_));
        self.own = self.own.take().filter(|_| may_have_been_written);
    }

    fn heard_creation(&mut self, heard: &Heard, now: Now) {
        let before = self.own.as_ref().and_then(|own| own.unsure_before);
        match heard {
            Heard::Created(ids) => {
                let nonce = self.own.take().map(|own| own.nonce).unwrap_or_default();
                self.answered = Some(ids.clone());
                self.held = Some(Held { ids: ids.clone(), nonce });
                self.made = self.asked.take();
                self.unsure = before;
            }
            Heard::Rejected { .. } | Heard::Throttled { .. } | Heard::Unsent(_) => {
                self.unsure = before;
                if let Some(own) = &mut self.own {
                    own.in_flight = false;
                }
            }
            Heard::Done
            | Heard::Changed(_)
            | Heard::Progress(_)
            | Heard::Conflict
            | Heard::NotFound
            | Heard::Ambiguous(_)
            | Heard::Unavailable(_) => (self.own, self.unsure) = (None, Some(now.mono)),
        }
    }

    fn heard_deletion(&mut self, ids: &Ids, heard: &Heard, now: Now) {
        if !matches!(heard, Heard::Done | Heard::NotFound) {
            return;
        }
        let recorded = self.recorded.as_ref().is_some_and(|seen| same(&seen.what, ids));
        self.held = self.held.take().filter(|held| !same(&held.ids, ids));
        self.farewells.retain(|seen| !same(&seen.what, ids));
        self.farewells.push(Seen { what: ids.clone(), at: now.mono });
        if *heard == Heard::NotFound && !recorded {
            // It was there a moment ago: "not found" may be an outage, so its absence must show in a list.
            self.unsure = Some(now.mono);
        }
    }
}

fn ours(resource: &Resource) -> Option<&Record> {
    match &resource.record {
        RecordSight::Ours(record) if resource.exists => Some(record),
        RecordSight::Ours(_) | RecordSight::None | RecordSight::Foreign(..) | RecordSight::Unreadable(_) => None,
    }
}

fn keep(since: &mut Option<Duration>, holds: bool, now: Now) {
    *since = holds.then(|| since.unwrap_or(now.mono));
}

/// Keeps the clock of what was seen before; starts one for what is new.
fn first_seen<T: Clone + PartialEq>(seen: &mut Option<Seen<T>>, what: Option<&T>, now: Now) {
    if seen.as_ref().map(|seen| &seen.what) != what {
        *seen = what.map(|what| Seen { what: what.clone(), at: now.mono });
    }
}
