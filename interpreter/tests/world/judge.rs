//! The invariants: what must never happen, checked where it would, and what must hold when everything has
//! come to rest.

use interpreter::plan::{Read, Record, State, Step, StepOutcome};

use super::cloud::number;
use super::cluster::Object;
use super::request::Request;
use super::run::{REST, World};
use super::script::{Kind, Pardon};

impl World {
    /// After every creation: never two of one name, none for a resource that is gone.
    pub(crate) fn judge_cloud(&mut self) {
        if self.setup.frozen {
            return;
        }
        let most = self.setup.elders.max(1);
        for uid in 1..=self.cluster.last_uid {
            let live = self.cloud.live_of(uid).len();
            if live > most {
                self.break_off("TWO ADD-ONS");
            }
            if self.is_left_over(uid) {
                self.break_off("LEFT OVER: the resource is gone, and now its add-on exists");
            }
        }
    }

    /// After every write to the resource: the record says what it said, and no more.
    pub(crate) fn judge_swap(&mut self, before: Option<&Object>) {
        let ids = |object: Option<&Object>| object.and_then(|object| object.record.as_ref()?.ids.clone());
        let (was, is) = (ids(before), ids(self.cluster.object.as_ref()));
        let asked = !self.setup.stateful || before.is_some_and(|object| object.recreate.is_some());
        if self.cluster.object.is_some() && was.is_some() && was != is && !asked {
            self.break_off("RECORDED ID OVERWRITTEN");
        }
        let record = self.cluster.object.as_ref().and_then(|object| object.record.as_ref());
        if record.is_some_and(|record| Record::read(&record.text()).as_ref() != Ok(record)) {
            self.break_off("THE RECORD'S TEXT SAYS SOMETHING ELSE");
        }
        self.judge_gone();
    }

    /// When the finalizer is gone, nothing is left.
    pub(crate) fn judge_gone(&mut self) {
        if (1..=self.cluster.last_uid).any(|uid| self.is_left_over(uid)) && !self.setup.frozen {
            self.break_off("LEFT OVER: the finalizer goes, and an add-on exists");
        }
    }

    /// An add-on outlives its resource, and the cloud has not accepted to delete it, or was not asked for it by id since.
    fn is_left_over(&self, uid: u32) -> bool {
        self.is_gone(uid) && !self.cloud.live_of(uid).into_iter().all(|id| self.is_going(id))
    }

    /// The cloud has accepted to delete the add-on, and said after that that it finds it no more.
    fn is_going(&self, id: u32) -> bool {
        let accepted = |request: &&Request| {
            request.outcome == Some(StepOutcome::Done)
                && matches!(&request.step, Step::Delete(ids) if number(ids) == id)
        };
        let not_found = |request: &Request| {
            request.outcome == Some(StepOutcome::NotFound)
                && matches!(&request.step, Step::Read(Read::Get(ids)) if number(ids) == id)
        };
        self.requests.iter().filter(accepted).map(|request| request.started).min().is_some_and(|since| {
            self.requests.iter().any(|request| request.started >= since && not_found(request))
        })
    }

    fn is_gone(&self, uid: u32) -> bool {
        self.cluster.object.as_ref().is_none_or(|object| object.uid != uid)
    }

    /// Before every deletion at the cloud: not what is recorded, was in a Secret, or was there before us.
    pub(crate) fn judge_deletion(&mut self, id: u32) {
        let Some(addon) = self.cloud.get(id).cloned() else {
            return;
        };
        let Some(object) =
            self.cluster.object.as_ref().filter(|object| object.uid == addon.uid && !object.deleting)
        else {
            return;
        };
        let recorded = object.record.as_ref().and_then(|record| record.ids.as_ref()).map(number);
        if recorded == Some(id) {
            self.break_off("RECORDED ADD-ON DELETED");
        } else if addon.shared {
            self.break_off("ADD-ON OF THE SECRET DELETED");
        } else if addon.elder {
            self.break_off("ADD-ON FROM BEFORE DELETED");
        }
    }

    /// After every write of a Secret: it is of the recorded add-on.
    pub(crate) fn judge_secret(&mut self, id: u32) {
        if let Some(addon) = self.cloud.get_mut(id) {
            addon.shared = true;
        }
        let record = self.cluster.object.as_ref().and_then(|object| object.record.as_ref());
        let recorded = record.and_then(|record| record.ids.as_ref()).map(number);
        let replaced = record.is_some_and(|record| record.replaced.is_some());
        if recorded.is_some_and(|recorded| recorded != id) && !replaced {
            self.break_off("THE SECRET OF ANOTHER ADD-ON");
        }
    }

    /// Before every change that must be made once: none is under way, and none was ever for the same.
    pub(crate) fn judge_change(&mut self, id: u32, size: i64, running: bool) {
        let told = self.cloud.get(id).is_some_and(|addon| addon.told.contains(&size));
        if !self.setup.frozen && (running || told) {
            self.break_off("CHANGED TWICE");
        }
    }

    /// Before every change that must be made once: a size with which a process rested in sync is not sent again. Of
    /// several processes, one may compare with an older read than another.
    pub(crate) fn judge_unasked(&mut self, uid: u32, size: i64) {
        if self.setup.processes == 1 && self.in_sync.contains(&(uid, size)) {
            self.break_off("CHANGED UNASKED");
        }
    }

    /// Before every step: for a resource of a kind without an entry, nothing is done but to record what is
    /// known already.
    pub(crate) fn judge_retired(&mut self, uid: u32, (state, kind): (State, Kind)) {
        let stays = self.cluster.object.as_ref().is_some_and(|object| object.uid == uid && !object.deleting);
        if self.cluster.kind_removed && stays && state != State::Holding && kind != Kind::Rest {
            self.break_off(&format!("A KIND WITHOUT AN ENTRY IS WORKED ON: {kind:?} while {state:?}"));
        }
    }

    /// At the end: at rest, with exactly one, recorded, or none, and for no more requests than it should
    /// take.
    pub(crate) fn judge_end(&mut self) {
        if self.violation.is_some() {
            return;
        }
        if let Some(what) = self.unrest() {
            self.break_off(&what);
        } else if self.last_write > REST {
            self.break_off("NO REST: something is written again and again");
        } else if self.tally.requests > self.budget() {
            self.break_off(&format!(
                "OVER BUDGET: {} requests, {} would do",
                self.tally.requests,
                self.budget()
            ));
        } else if self.writes() > self.budget() {
            self.break_off(&format!("OVER BUDGET: {} writes, {} would do", self.writes(), self.budget()));
        }
    }

    /// What a run may cost: the ordinary ways and the checks of a settled add-on per operator, and something
    /// for each fault.
    fn budget(&self) -> u64 {
        40 * self.setup.processes as u64 + 12 * self.tally.faults.values().sum::<u64>()
    }

    fn writes(&self) -> u64 {
        let written = |kind| self.tally.steps.get(&kind).copied().unwrap_or_default();
        [Kind::Intend, Kind::Write, Kind::Finalize, Kind::Secret].into_iter().map(written).sum()
    }

    fn unrest(&self) -> Option<String> {
        for uid in 1..=self.cluster.last_uid {
            let live = self.cloud.live_of(uid);
            if self.is_gone(uid) && !live.is_empty() {
                return Some(format!("LEFT OVER at the end: {live:?}"));
            }
        }
        let object = self.cluster.object.as_ref()?;
        if object.deleting {
            return Some("STUCK: still being deleted".to_owned());
        }
        if self.cluster.kind_removed {
            return None;
        }
        self.misfit(object).map(|what| format!("BAD REST: {what}"))
    }

    fn misfit(&self, object: &Object) -> Option<String> {
        let live = self.cloud.live_of(object.uid);
        let recorded = object.record.as_ref().and_then(|record| record.ids.as_ref()).map(number);
        if object.broken && live.is_empty() && recorded.is_none() {
            return None;
        }
        let lost = self.setup.pardon == Pardon::Lost;
        if lost && recorded.is_none() && live.is_empty() && object.status.is_some() {
            return None;
        }
        let Some(recorded) = recorded else {
            return Some(format!("nothing is recorded, {live:?} exist"));
        };
        let many = self.setup.pardon == Pardon::Duplicates;
        if !(live == [recorded] || (lost && live.is_empty()) || (many && live.contains(&recorded))) {
            return Some(format!("x{recorded} is recorded, {live:?} exist"));
        }
        if self.cluster.secret.and_then(|secret| secret.addon) != Some(recorded) && !lost {
            return Some("the Secret is not the add-on's".to_owned());
        }
        let addon = self.cloud.get(recorded)?;
        let elder = addon.elder
            || object.record.as_ref().is_some_and(|record| record.adopted == Some(object.generation));
        // What another client changed is reported, or not read yet; but an edit of the size after it is applied.
        let recorded = object.record.as_ref().and_then(|record| record.sent.as_ref()?.get("size"));
        let was_in_sync =
            recorded.is_some_and(|sent| sent.value == Some(object.size.into()) && !sent.assumed);
        let drifted = addon.resized && was_in_sync;
        (addon.size != object.size && !object.broken && !lost && !elder && !drifted)
            .then(|| "the size is not the spec's".to_owned())
    }
}
