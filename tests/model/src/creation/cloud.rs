//! Everything that happens without a decision of a process: effects at the cloud, time, outages, the user, crashes
//! and answers.

use super::state::{ADDONS, Addon, PROCESSES, Phase, Process, Resource, Stage, State};
use super::turn::{Event, Turn};
use super::{Creation, DELETED_ELDER, DELETED_IN_SECRET, DELETED_RECORDED};
use crate::search::Next;

type Steps = Vec<Next<Creation>>;

fn event(text: &'static str, addon: u8) -> Event {
    Event { text, process: PROCESSES, addon, is_unanswered: false }
}

impl Creation {
    /// Effects of requests in flight. Returns true where the cloud promised one by now: it comes before anything
    /// else.
    pub(super) fn promised(&self, state: &State, next: &mut Steps) -> bool {
        let limit = self.effect_limit();
        let is_due = |addon: &Addon| addon.stage == Stage::InFlight && addon.age >= limit;
        let promised = state.addons.iter().any(is_due);
        for at in 0..ADDONS {
            let (addon, id) = (state.addons[at], at as u8 + 1);
            if addon.stage == Stage::InFlight {
                let mut after = *state;
                after.addons[at].stage = Stage::Live;
                if self.rules.lag_from_effect {
                    after.addons[at].age = 0;
                }
                self.put(next, after, event("the creation takes effect: {x} exists", id), false);
                let mut after = *state;
                after.addons[at] = Addon::default();
                self.put(next, after, event("the creation of {x} comes to nothing", id), true);
            }
            if addon.going && !promised {
                if addon.stage == Stage::Live {
                    let mut after = *state;
                    after.delete(id);
                    self.put(next, after, event("the deletion of {x} takes effect", id), false);
                }
                let mut after = *state;
                after.addons[at].going = false;
                self.put(next, after, event("the deletion of {x} comes to nothing", id), true);
            }
        }
        promised
    }

    /// The most ticks that a creation is in flight.
    fn effect_limit(&self) -> u8 {
        if self.rules.lag_from_effect { self.rules.ticks.request } else { self.rules.ticks.lag }
    }

    /// A tick passes, unless a request would outlive its timeout.
    pub(super) fn time(&self, state: &State, next: &mut Steps) {
        let ticks = self.rules.ticks;
        let is_requesting = |process: &Process| matches!(process.phase, Phase::Sending | Phase::Waiting);
        if state.processes.iter().any(|process| is_requesting(process) && process.timer >= ticks.request) {
            return;
        }
        let mut after = *state;
        for process in after.processes.iter_mut().filter(|process| process.phase != Phase::Dead) {
            let view = process.view;
            if process.attempt != 0 || (view.id != 0 && self.rules.id_has_clock) || self.is_bare(&view) {
                let only_id = view.id != 0 && process.attempt == 0;
                let limit = if only_id { ticks.lag } else { self.rules.longest() };
                process.age = (process.age + 1).min(limit);
            }
            if is_requesting(process) {
                process.timer += 1;
            } else if process.unsure {
                process.timer = (process.timer + 1).min(ticks.after_ambiguity);
            }
        }
        for addon in after.addons.iter_mut().filter(|addon| addon.stage != Stage::None) {
            let limit = if addon.stage == Stage::InFlight { self.effect_limit() } else { ticks.lag };
            addon.age = (addon.age + 1).min(limit);
        }
        if self.rules.own_by_name && after.resource.attempt != 0 {
            after.attempt_age = (after.attempt_age + 1).min(ticks.window + 1);
        }
        self.put(next, after, event("… a tick …", 0), false);
    }

    pub(super) fn outage(&self, state: &State, next: &mut Steps) {
        if self.rules.outages {
            let text = if state.outage { "an outage ends" } else { "an outage begins" };
            let after = State { outage: !state.outage, ..*state };
            self.put(next, after, event(text, 0), !state.outage);
        }
    }

    pub(super) fn user(&self, state: &State, next: &mut Steps) {
        let (rules, resource) = (&self.rules, state.resource);
        if !resource.exists {
            return;
        }
        let mut edited = *state;
        edited.outdate();
        if !resource.deleting && rules.user_deletes {
            let mut after = edited;
            let deleting = Resource { deleting: true, ..resource };
            after.resource = if resource.finalizer { deleting } else { Resource::default() };
            self.put(next, after, event("the user deletes the resource", 0), true);
        }
        let changes = resource.status != 0 || state.processes.iter().any(|process| process.fresh);
        if rules.user_edits && changes {
            let mut after = edited;
            after.resource.status = 0;
            self.put(next, after, event("the user edits the resource, or removes its status", 0), true);
        }
        let has_record = resource.attempt != 0 || resource.id != 0;
        if rules.loses_record && !state.lost_record && has_record && !resource.deleting {
            let mut after = edited;
            (after.resource.attempt, after.resource.id, after.lost_record) = (0, 0, true);
            for addon in after.addons.iter_mut().filter(|addon| addon.stage == Stage::Live) {
                addon.elder = true;
            }
            self.put(next, after, event("the user loses the record", 0), true);
        }
    }
}

impl State {
    /// Deletes an add-on, and judges the deletion.
    pub(super) fn delete(&mut self, id: u8) {
        let addon = &mut self.addons[usize::from(id) - 1];
        if self.resource.exists && !self.resource.deleting && self.violation == 0 {
            if self.resource.id == id {
                self.violation = DELETED_RECORDED;
            } else if addon.in_secret {
                self.violation = DELETED_IN_SECRET;
            } else if addon.elder {
                self.violation = DELETED_ELDER;
            }
        }
        (addon.stage, addon.age, addon.going) = (Stage::Deleted, 0, false);
    }
}

impl Turn<'_> {
    /// Everything that may happen to the process next.
    pub(super) fn step(mut self) {
        let mine = self.mine();
        if mine.phase == Phase::Dead {
            let mut after = self.with_phase(Phase::Idle);
            self.world.learn(&mut after, self.process, Resource::default());
            self.may_lead_to(after, "{p} restarts, and remembers nothing", 0);
            return;
        }
        if self.rules.crashes && (self.rules.crashes_when_late || !mine.late) {
            let after = self.with_phase(Phase::Dead);
            self.may_lead_to(after, "{p} crashes", 0);
        }
        match mine.phase {
            Phase::Dead => (),
            Phase::Idle => self.idle(),
            Phase::Listing => self.listed(),
            Phase::Answering => {
                let mut after = self.with_phase(Phase::Idle);
                after.processes[self.process].age = 0;
                self.leads_to(after, "{p} gets the answer to its intent, from which it counts the window", 0);
            }
            Phase::Rereading => self.reread(mine),
            Phase::Ready => self.start(mine),
            Phase::Sending => self.send(),
            Phase::Waiting => self.wait(mine),
        }
    }

    /// A live read between list and creation.
    fn reread(&mut self, mine: Process) {
        if mine.kept {
            let mut after = self.with_phase(Phase::Idle);
            after.processes[self.process].kept = false;
            if self.may_create(&mine) {
                self.start_creation(after);
            } else {
                self.leads_to(after, "{p}: the window is over", 0);
            }
            return;
        }
        let mut after = self.before;
        let is_undecided = self.before.resource.is_undecided(mine.attempt);
        self.world.read(&mut after, self.process);
        let own = &mut after.processes[self.process];
        if is_undecided {
            own.kept = true;
        } else {
            own.phase = Phase::Idle;
        }
        self.leads_to(after, "{p} reads the resource once more", 0);
    }

    fn start(&mut self, mine: Process) {
        let late = mine.age > self.rules.ticks.window;
        let mut after = self.with_phase(Phase::Sending);
        let own = &mut after.processes[self.process];
        (own.timer, own.late) = (0, late);
        let text =
            if late { "{p} was frozen, and starts its creation late" } else { "{p} starts its creation" };
        self.leads_to(after, text, 0);
    }

    fn send(&mut self) {
        if let Some(at) = self.before.room() {
            let mut after = self.with_phase(Phase::Waiting);
            let own = &mut after.processes[self.process];
            own.target = at as u8 + 1;
            let age = if self.rules.lag_from_effect { own.timer } else { 0 };
            after.addons[at] = Addon { stage: Stage::InFlight, age, ..Addon::default() };
            self.leads_to(after, "{p} has sent the last byte of its creation of {x}", at as u8 + 1);
        } else {
            self.world.cramped.set(true);
        }
        let mut after = self.with_phase(Phase::Idle);
        after.processes[self.process].own &= !self.rules.ambiguity_ends_attempt;
        self.may_lead_to(after, "{p} gives up, and has sent nothing", 0);
    }

    /// The creation is answered, or not.
    fn wait(&mut self, mine: Process) {
        let rules = self.rules;
        let stage = self.before.addons[usize::from(mine.target) - 1].stage;
        let mut idle = self.with_phase(Phase::Idle);
        let own = &mut idle.processes[self.process];
        (own.target, own.timer) = (0, 0);
        if matches!(stage, Stage::Live | Stage::Deleted) {
            let mut after = idle;
            let own = &mut after.processes[self.process];
            (own.held, own.held_is_current, own.own) = (mine.target, true, false);
            self.leads_to(after, "{p} gets the answer: {x} is created", mine.target);
        }
        if stage == Stage::None {
            let mut after = idle;
            after.processes[self.process].clean = rules.renews;
            self.may_lead_to(after, "{p} gets the answer: nothing is created", 0);
        }
        let own = &mut idle.processes[self.process];
        own.own &= !rules.ambiguity_ends_attempt;
        own.unsure = rules.ticks.after_ambiguity > 0;
        if rules.only_lag_after_ambiguity {
            own.age = mine.age.max(rules.ticks.before_attempt - rules.ticks.after_ambiguity);
        }
        let text = "{p} gets an ambiguous answer to its creation of {x}";
        if mine.timer >= rules.ticks.request || stage == Stage::None {
            self.leads_to(idle, text, mine.target);
        } else {
            self.may_lead_to(idle, text, mine.target);
        }
    }
}
