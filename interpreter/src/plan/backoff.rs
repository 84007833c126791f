//! Back-off: what went wrong with which errand, how often, and until when it is left alone. Decides nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::plan::reason::{Reason, Standing};
use crate::plan::step::{Heard, Read, Step};
use crate::plan::timing::Timing;

/// What holds up which errand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Troubles(BTreeMap<Errand, Trouble>);

/// What a step has to do with; trouble on one errand does not hold up another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Errand {
    Resource,
    Listing,
    Offers,
    Get,
    Observed,
    Outputs,
    Operation,
    Create,
    Delete,
    Change,
    Secret,
}

/// What went wrong last, and how often in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    at: Duration,
    /// How often in a row it was of this sort: to pass by itself, or to stay until somebody does something …
    count: u32,
    /// … and of the other sort. Each has its own pauses: a refusal after lost answers is still the first refusal.
    others: u32,
    pause: Option<Duration>,
}

impl Errand {
    /// The errands whose trouble holds up this step.
    pub(crate) fn of(step: &Step) -> &'static [Self] {
        match step {
            Step::Read(read) => Self::of_read(read),
            Step::Intend(_) => &[Self::Create, Self::Listing, Self::Resource],
            Step::Write(_) | Step::AddFinalizer | Step::RemoveFinalizer => &[Self::Resource],
            Step::Create => &[Self::Create],
            Step::Delete(_) => &[Self::Delete],
            Step::Change(_) => &[Self::Change],
            Step::ApplySecret => &[Self::Secret],
            Step::Rest { .. } => &[],
        }
    }

    fn of_read(read: &Read) -> &'static [Self] {
        match read {
            Read::Live => &[Self::Resource],
            Read::Listing { .. } => &[Self::Listing],
            Read::Offers => &[Self::Offers],
            Read::Get(_) => &[Self::Get],
            Read::Observed => &[Self::Observed],
            Read::Outputs => &[Self::Outputs],
            Read::Operation => &[Self::Operation],
        }
    }

    /// The errand that what was heard of this step is about.
    fn told_by(step: &Step) -> Option<Self> {
        match step {
            // Reading again is what a conflict asks for: that it works does not mean that the next write will.
            Step::Intend(_) => Some(Self::Resource),
            Step::Read(_)
            | Step::Write(_)
            | Step::AddFinalizer
            | Step::RemoveFinalizer
            | Step::Create
            | Step::Delete(_)
            | Step::Change(_)
            | Step::ApplySecret
            | Step::Rest { .. } => Self::of(step).first().copied(),
        }
    }
}

impl Troubles {
    /// The trouble that holds up this step now, and until when.
    pub(crate) fn holding(&self, step: &Step, timing: &Timing, now: Duration) -> Option<(&Trouble, Duration)> {
        let held = |errand| self.0.get(errand).map(|trouble: &Trouble| (trouble, trouble.until(timing)));
        Errand::of(step).iter().filter_map(held).filter(|(_, until)| *until > now).max_by_key(|(_, until)| *until)
    }

    /// The errand was refused, and it is not yet worth another try.
    pub(crate) fn refused(&self, errand: Errand, timing: &Timing, now: Duration) -> Option<&Trouble> {
        let refused = |trouble: &&Trouble| trouble.stays() && trouble.until(timing) > now;
        self.0.get(&errand).filter(refused)
    }

    /// The spec or the credentials are new: everything is worth trying at once.
    pub(crate) fn forgive(&mut self) {
        self.0.clear();
    }

    pub(crate) fn heard(&mut self, step: &Step, heard: &Heard, now: Duration) {
        let Some(errand) = Errand::told_by(step) else {
            return;
        };
        let Some((reason, message, pause)) = trouble(step, heard) else {
            if *step != Step::Read(Read::Live) {
                self.0.remove(&errand);
            }
            return;
        };
        let before = self.0.get(&errand);
        let (count, others) = before.map_or((0, 0), |before| match before.stays() == stays(reason) {
            true => (before.count, before.others),
            false => (before.others, before.count),
        });
        self.0.insert(errand, Trouble { reason, message, at: now, count: count + 1, others, pause });
    }
}

impl Trouble {
    fn stays(&self) -> bool {
        stays(self.reason)
    }

    fn until(&self, timing: &Timing) -> Duration {
        let (first, last) = if self.stays() { (timing.slow_first, timing.slow_last) } else { (timing.retry_first, timing.retry_last) };
        self.at + self.pause.unwrap_or(doubled(first, last, self.count))
    }
}

/// Whether it stays until somebody does something that is seen. Nobody tells of a right that is given, so it is tried like what passes by itself.
fn stays(reason: Reason) -> bool {
    reason.standing() == Standing::Stalled && reason != Reason::RightMissing
}

/// `first`, doubled with every further time, at most `last`.
pub(crate) fn doubled(first: Duration, last: Duration, count: u32) -> Duration {
    first.saturating_mul(1 << count.saturating_sub(1).min(20)).min(last)
}

/// Until when a repair waits that another writer keeps undoing: the first few are made at once.
pub(crate) fn pause_between_repairs(repaired: Option<(u32, Duration)>, timing: &Timing) -> Option<Duration> {
    let (count, last) = repaired.filter(|(count, _)| *count > 3)?;
    Some(last + doubled(timing.retry_first, timing.retry_last, count - 3))
}

/// What is wrong with this answer, if anything; and a pause of its own, where the answer asks for one.
fn trouble(step: &Step, heard: &Heard) -> Option<(Reason, String, Option<Duration>)> {
    let to_cluster = matches!(
        step,
        Step::Intend(_) | Step::Write(_) | Step::AddFinalizer | Step::RemoveFinalizer | Step::ApplySecret | Step::Read(Read::Live)
    );
    let passing = if to_cluster { Reason::ClusterUnavailable } else { Reason::CloudUnavailable };
    match heard {
        Heard::Done | Heard::Created(_) | Heard::Changed(_) | Heard::Progress(_) => None,
        Heard::NotFound if matches!(step, Step::Delete(_) | Step::Read(Read::Get(_))) || to_cluster => None,
        Heard::NotFound => Some((passing, "not found".to_owned(), None)),
        Heard::Conflict => Some((passing, "somebody else wrote at the same time".to_owned(), None)),
        Heard::Unsent(message) | Heard::Ambiguous(message) | Heard::Unavailable(message) => Some((passing, message.clone(), None)),
        Heard::Rejected { reason, message } => Some((*reason, message.clone(), None)),
        Heard::Throttled { after, message } => Some((Reason::Throttled, message.clone(), *after)),
    }
}
