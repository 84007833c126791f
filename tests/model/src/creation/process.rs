//! The steps of a process: what it does next with what it knows.

use super::rules::ListAfterIntent;
use super::state::{ADDONS, Phase, Process, Resource, State};
use super::turn::Turn;

/// The reason to delete an add-on.
#[derive(Clone, Copy)]
pub(super) enum Deletion {
    /// The add-on is recorded, and the resource is being deleted.
    Recorded,
    /// The add-on is the process's own, and another one is recorded.
    Loser,
    /// The add-on has the name of the resource, and another one is recorded.
    Twin,
}

/// Effect of the answer to a deletion on a process; `true` is an acknowledgement.
type Learn = fn(&Turn<'_>, &mut Process, bool);

fn drop_answer(turn: &Turn<'_>, process: &mut Process, acknowledged: bool) {
    process.held = 0;
    doubt(turn, process, acknowledged);
}

fn doubt(turn: &Turn<'_>, process: &mut Process, acknowledged: bool) {
    if !acknowledged && turn.rules.doubts_not_found {
        (process.unsure, process.timer) = (true, 0);
    }
}

fn note(_: &Turn<'_>, process: &mut Process, acknowledged: bool) {
    *(if acknowledged { &mut process.deleted } else { &mut process.not_found }) = true;
}

fn ignore(_: &Turn<'_>, _: &mut Process, _: bool) {}

impl Turn<'_> {
    /// The steps of a process between two steps.
    pub(super) fn idle(&mut self) {
        let (mine, resource) = (self.mine(), self.before.resource);
        if !mine.fresh || mine.view != resource {
            let mut after = self.before;
            self.world.read(&mut after, self.process);
            self.leads_to(after, "{p} reads the resource", 0);
        }
        let view = mine.view;
        if mine.held != 0 {
            self.holding(mine);
        } else if !view.exists {
            if self.rules.looks_when_gone && mine.unsure && mine.fresh {
                self.send_list(true, false);
            }
        } else if self.mirrored(mine) {
            match (view.deleting, view.finalizer) {
                (false, _) => self.alive(mine),
                (true, true) => self.deleting(mine),
                (true, false) => (),
            }
        }
    }

    /// The process has an answer that is not recorded.
    fn holding(&mut self, mine: Process) {
        let (view, addon) = (mine.view, mine.held);
        if mine.fresh && view.exists && view.id == addon {
            let mut after = self.before;
            after.processes[self.process].held = 0;
            self.leads_to(after, "{p} sees {x} recorded", addon);
            return;
        }
        if mine.fresh && (view.id != 0 || !view.exists) {
            self.delete(self.before, addon, Deletion::Loser, drop_answer);
            return;
        }
        if view.exists && view.id == 0 {
            self.record(addon);
        }
        let takes_conflict = !mine.fresh && !self.rules.loser_reads_live;
        if takes_conflict || (mine.fresh && !self.rules.loser_needs_recorded_id) {
            self.delete(self.before, addon, Deletion::Loser, drop_answer);
        }
        if !mine.fresh && !self.rules.keeps_answer {
            let mut after = self.before;
            after.processes[self.process].held = 0;
            self.leads_to(after, "{p} meets a conflict and forgets its answer", 0);
        }
    }

    /// Mirrors the id in the status. Returns false where nothing else may be done.
    fn mirrored(&mut self, mine: Process) -> bool {
        let view = mine.view;
        if !self.rules.has_status || view.id == 0 || view.status == view.id {
            return true;
        }
        if self.rules.missing_status_disagrees && view.deleting {
            return false;
        }
        if mine.fresh && !view.deleting {
            let mut after = self.before;
            after.resource.status = view.id;
            self.wrote(after, "{p} mirrors the id in the status", view.id, |_| ());
        }
        true
    }

    /// The resource stays.
    fn alive(&mut self, mine: Process) {
        let (view, rules) = (mine.view, self.rules);
        let is_bare = self.world.is_bare(&view) && (view.status == 0 || !rules.has_status);
        if view.id != 0 {
            self.recorded(mine);
        } else if view.attempt == 0 && !is_bare {
            if view.status != 0 && rules.has_status {
                self.record(view.status);
                return;
            }
            if rules.list_after_intent == ListAfterIntent::Any {
                self.send_list(false, true);
            }
            self.intend();
        } else {
            let may_create = self.may_create(&mine);
            match rules.list_after_intent {
                ListAfterIntent::Needless if may_create => self.creating(0, false),
                ListAfterIntent::Any if !mine.kept => self.send_list(false, true),
                ListAfterIntent::Any if may_create => self.creating(mine.shown, false),
                ListAfterIntent::Later | ListAfterIntent::Any | ListAfterIntent::Needless => (),
            }
            let waited = mine.attempt == view.attempt && mine.age >= rules.ticks.before_attempt;
            if !rules.list_before_attempt && !may_create && waited {
                self.intend();
            }
            self.send_list(waited, false);
        }
    }

    fn recorded(&mut self, mine: Process) {
        let id = mine.view.id;
        let may_write = mine.looked || !self.rules.secret_after_twins;
        if self.before.secret != id && may_write && self.before.resource.exists {
            let mut after = self.before;
            after.secret = id;
            after.addons[usize::from(id) - 1].in_secret = true;
            self.leads_to(after, "{p} writes the Secret of {x}", id);
        }
        self.send_list(false, false);
    }

    /// The resource is being deleted.
    fn deleting(&mut self, mine: Process) {
        let (view, rules) = (mine.view, self.rules);
        if view.id == 0 {
            let waited = mine.attempt == view.attempt && mine.age >= rules.ticks.before_release;
            let waited = waited || (mine.attempt == 0 && !rules.bare_is_attempt);
            if rules.lists_on_deletion { self.send_list(waited, false) } else { self.release() }
        } else if mine.deleted && !rules.list_before_release {
            self.release();
        } else if !mine.deleted && !mine.not_found {
            self.delete(self.before, view.id, Deletion::Recorded, note);
        } else if rules.attempt_stays_open && view.attempt != 0 && mine.age < rules.ticks.before_release {
            // The open attempt may have an effect yet.
        } else if mine.deleted || (rules.lists_after_not_found && self.may_prove_absence(&mine)) {
            self.send_list(true, false);
        } else if !rules.lists_after_not_found {
            self.release();
        }
    }

    fn may_prove_absence(&self, mine: &Process) -> bool {
        !self.rules.id_has_clock || mine.age >= self.rules.ticks.lag
    }

    /// A list has arrived.
    pub(super) fn listed(&mut self) {
        let mine = self.mine();
        let (view, shown) = (mine.view, mine.shown);
        let mut arrived = self.with_phase(Phase::Idle);
        arrived.processes[self.process].kept = false;
        self.may_lead_to(arrived, "{p}: the list fails", 0);
        if !view.exists {
            for addon in ids(shown) {
                self.delete(arrived, addon, Deletion::Twin, doubt);
            }
            if shown == 0 {
                arrived.processes[self.process].unsure = false;
                self.leads_to(arrived, "{p}: nothing of this uid is left", 0);
            }
            return;
        }
        if !view.deleting && view.id == 0 {
            self.creating(shown, mine.late_list);
            return;
        }
        let recorded = if view.id == 0 { 0 } else { shown & 1 << (view.id - 1) };
        let others = shown & !recorded;
        if others == 0 {
            arrived.processes[self.process].unsure = false;
        }
        self.before = arrived;
        match (view.deleting, view.id) {
            (false, _) => self.looked_for_twins(arrived, others),
            (true, 0) => self.unrecorded(arrived, mine),
            (true, _) => self.looked_for_leftovers(arrived, recorded, others),
        }
    }

    fn looked_for_twins(&mut self, mut arrived: State, others: u8) {
        if others == 0 || !self.rules.deletes_twins {
            arrived.processes[self.process].looked = true;
            self.leads_to(arrived, "{p}: there is no twin", 0);
        } else if !self.delete_twins(arrived, others) {
            self.leads_to(arrived, "{p}: a duplicate, and deletes nothing", 0);
        }
    }

    fn unrecorded(&mut self, arrived: State, mine: Process) {
        if mine.shown != 0 {
            for addon in ids(mine.shown) {
                if self.rules.deletes_unrecorded {
                    self.delete(arrived, addon, Deletion::Recorded, ignore);
                } else {
                    self.record(addon);
                }
            }
            if !mine.fresh {
                self.leads_to(arrived, "{p}: found, but the record has changed", 0);
            }
        } else if mine.late_list {
            self.release_after(arrived);
        } else {
            self.leads_to(arrived, "{p}: absent, and must wait", 0);
        }
    }

    fn looked_for_leftovers(&mut self, mut arrived: State, recorded: u8, others: u8) {
        if recorded != 0 && self.rules.list_must_lack {
            let own = &mut arrived.processes[self.process];
            (own.deleted, own.not_found) = (false, false);
            self.leads_to(arrived, "{p}: the list still shows it", 0);
        } else if !(self.rules.list_before_release && others != 0 && self.delete_twins(arrived, others)) {
            self.release_after(arrived);
        }
    }

    /// Removes the finalizer after a list.
    fn release_after(&mut self, arrived: State) {
        self.release();
        if !self.mine().fresh {
            self.leads_to(arrived, "{p}: absent, but the record has changed", 0);
        }
    }

    /// Deletes the twins among these add-ons. Returns true if there are any.
    fn delete_twins(&mut self, arrived: State, others: u8) -> bool {
        let is_deleting = self.mine().view.deleting && self.rules.deletes_elders;
        let twins: Vec<_> = ids(others)
            .filter(|id| {
                let addon = arrived.addons[usize::from(*id) - 1];
                is_deleting || ((!addon.elder || !self.rules.spares_elders) && !addon.in_secret)
            })
            .collect();
        for twin in &twins {
            self.delete(arrived, *twin, Deletion::Twin, doubt);
        }
        !twins.is_empty()
    }

    /// Creation, with a list in hand.
    pub(super) fn creating(&mut self, shown: u8, is_late: bool) {
        let mut arrived = self.with_phase(Phase::Idle);
        let own = &mut arrived.processes[self.process];
        own.unsure &= shown != 0;
        let own = *own;
        // A list that shows nothing ends the doubt.
        let before = std::mem::replace(&mut self.before, arrived);
        if shown != 0 {
            for addon in ids(shown) {
                self.record(addon);
            }
            if !own.fresh {
                self.leads_to(arrived, "{p}: found, but the record has changed", 0);
            }
        } else if self.may_create(&own) {
            if self.rules.rereads {
                let mut after = arrived;
                let reading = &mut after.processes[self.process];
                (reading.phase, reading.kept) = (Phase::Rereading, false);
                self.leads_to(after, "{p}: the list shows nothing", 0);
            } else {
                self.start_creation(arrived);
            }
        } else if is_late && self.rules.sends_under_old_attempt && !own.own {
            self.start_creation(arrived);
        } else if is_late || (own.clean && own.attempt == own.view.attempt) {
            self.intend();
            if !own.fresh {
                self.leads_to(arrived, "{p}: nothing found, but the record has changed", 0);
            }
        } else {
            self.leads_to(arrived, "{p}: nothing found, and must wait", 0);
        }
        self.before = before;
    }

    /// Sends a deletion: done and answered; done, the answer lost; in flight; refused; not found.
    fn delete(&mut self, from: State, addon: u8, why: Deletion, learn: Learn) {
        let at = usize::from(addon) - 1;
        let [done, lost, in_flight, refused, not_found] = why.texts();
        let mut idle = from;
        idle.processes[self.process].phase = Phase::Idle;
        if from.addons[at].stage != super::state::Stage::Live || from.outage {
            learn(self, &mut idle.processes[self.process], false);
            if from.outage {
                self.may_lead_to(idle, not_found, addon)
            } else {
                self.leads_to(idle, not_found, addon)
            }
            return;
        }
        let mut deleted = idle;
        deleted.delete(addon);
        let mut unanswered = deleted;
        let mut flying = idle;
        flying.addons[at].going = true;
        learn(self, &mut deleted.processes[self.process], true);
        if !self.rules.ambiguity_keeps_finalizer {
            learn(self, &mut unanswered.processes[self.process], true);
            learn(self, &mut flying.processes[self.process], true);
        }
        self.leads_to(deleted, done, addon);
        self.may_lead_to(unanswered, lost, addon);
        self.may_lead_to(flying, in_flight, addon);
        self.may_lead_to(idle, refused, addon);
    }
}

impl Deletion {
    fn texts(self) -> [&'static str; 5] {
        match self {
            Self::Recorded => [
                "{p} deletes {x}",
                "{p} deletes {x}; the answer is lost",
                "{p} sends a deletion of {x}, which stays in flight without an answer",
                "{p} sends a deletion of {x}, which is refused",
                "{p} sends a deletion of {x}: not found",
            ],
            Self::Loser => [
                "{p} lost the race and deletes {x}, its own answer",
                "{p} lost the race and deletes {x}; the answer is lost",
                "{p} lost the race; its deletion of {x} stays in flight without an answer",
                "{p} lost the race; its deletion of {x} is refused",
                "{p} lost the race; its deletion of {x}: not found",
            ],
            Self::Twin => [
                "{p} deletes the twin {x}",
                "{p} deletes the twin {x}; the answer is lost",
                "{p} sends a deletion of the twin {x}, which stays in flight without an answer",
                "{p} sends a deletion of the twin {x}, which is refused",
                "{p} sends a deletion of the twin {x}: not found",
            ],
        }
    }
}

/// The add-ons in a set.
fn ids(set: u8) -> impl Iterator<Item = u8> {
    (0..ADDONS as u8).filter(move |at| set >> at & 1 == 1).map(|at| at + 1)
}

impl Resource {
    /// Returns true while a creation may be sent under this attempt.
    pub(super) fn is_undecided(&self, attempt: u8) -> bool {
        self.exists && !self.deleting && self.id == 0 && self.attempt == attempt
    }
}
