//! The turn of one process: the states that its next step may lead to.

use super::Creation;
use super::rules::Rules;
use super::state::{ADDONS, Phase, Process, Resource, Stage, State};
use crate::search::Next;

/// Something that happens. The text has `{p}` for the process and `{x}` for the add-on.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(super) text: &'static str,
    pub(super) process: usize,
    pub(super) addon: u8,
    /// The answer to the write is lost.
    pub(super) is_unanswered: bool,
}

/// The next step of a process.
pub(super) struct Turn<'a> {
    pub(super) world: &'a Creation,
    pub(super) rules: &'a Rules,
    /// The state before the step.
    pub(super) before: State,
    pub(super) process: usize,
    next: &'a mut Vec<Next<Creation>>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        world: &'a Creation,
        before: State,
        process: usize,
        next: &'a mut Vec<Next<Creation>>,
    ) -> Self {
        Self { world, rules: &world.rules, before, process, next }
    }

    /// The process before its step.
    pub(super) fn mine(&self) -> Process {
        self.before.processes[self.process]
    }

    /// Returns the state before the step, with another phase of the process.
    pub(super) fn with_phase(&self, phase: Phase) -> State {
        let mut state = self.before;
        state.processes[self.process].phase = phase;
        state
    }

    /// Adds a next state.
    pub(super) fn leads_to(&mut self, state: State, text: &'static str, addon: u8) {
        self.add(state, text, addon, false);
    }

    /// Adds a next state that is a fault.
    pub(super) fn may_lead_to(&mut self, state: State, text: &'static str, addon: u8) {
        self.add(state, text, addon, true);
    }

    fn add(&mut self, state: State, text: &'static str, addon: u8, is_fault: bool) {
        let event = Event { text, process: self.process, addon, is_unanswered: false };
        self.world.put(self.next, state, event, is_fault);
    }

    /// Adds the two outcomes of a write to the resource that took effect: its answer arrives, or is lost. `undo`
    /// takes back what only an answer tells.
    pub(super) fn wrote(
        &mut self,
        mut state: State,
        text: &'static str,
        addon: u8,
        undo: impl Fn(&mut Process),
    ) {
        state.outdate();
        let mut lost = state;
        self.world.read(&mut state, self.process);
        self.leads_to(state, text, addon);
        undo(&mut lost.processes[self.process]);
        let event = Event { text, process: self.process, addon, is_unanswered: true };
        self.world.put(self.next, lost, event, true);
    }

    /// Writes the intent of a new attempt.
    pub(super) fn intend(&mut self) {
        let (state, mine) = (&self.before, self.mine());
        let resource = state.resource;
        let is_leaving = !resource.exists || (resource.deleting && !resource.finalizer);
        if is_leaving || (!mine.fresh && self.rules.swaps_intent) {
            return;
        }
        let is_used = |attempt: u8| {
            let known =
                state.processes.iter().any(|one| one.attempt == attempt || one.view.attempt == attempt);
            resource.attempt == attempt || known
        };
        let attempt = (1..).find(|attempt| !is_used(*attempt)).unwrap_or_default();
        let mut after = *state;
        after.resource.attempt = attempt;
        after.resource.finalizer |= self.rules.one_write;
        if !mine.fresh {
            // The annotation is one text.
            after.resource.id = mine.view.id;
            if resource.id != 0 {
                after.violation = super::OVERWRITTEN;
            }
        }
        if self.rules.own_by_name {
            (after.writer, after.attempt_age) = (self.process as u8, 0);
        }
        let own = &mut after.processes[self.process];
        own.phase = if self.rules.window_from_answer { Phase::Answering } else { Phase::Idle };
        (own.attempt, own.own, own.age, own.clean) = (attempt, true, 0, self.rules.renews);
        if self.rules.list_after_intent != super::rules::ListAfterIntent::Any {
            own.kept = false;
        }
        self.wrote(after, "{p} writes the intent of a new attempt", 0, |_| ());
    }

    /// Records an add-on.
    pub(super) fn record(&mut self, addon: u8) {
        let (resource, mine) = (self.before.resource, self.mine());
        if !resource.exists || (!mine.fresh && self.rules.swaps_record) {
            return;
        }
        let mut after = self.with_phase(Phase::Idle);
        if !mine.fresh && resource.id != 0 && resource.id != addon {
            after.violation = super::OVERWRITTEN;
        }
        after.resource.id = addon;
        if mine.held == addon && mine.held_is_current && mine.attempt == resource.attempt {
            // Closed by its own answer.
            after.resource.attempt = 0;
        }
        after.resource.finalizer |= !self.rules.one_write && !resource.deleting;
        if mine.held == addon {
            after.processes[self.process].held = 0;
        }
        self.wrote(after, "{p} records {x}", addon, move |process| process.held = mine.held);
    }

    /// Removes the finalizer.
    pub(super) fn release(&mut self) {
        let resource = self.before.resource;
        if !resource.exists || !resource.deleting || (!self.mine().fresh && self.rules.swaps_finalizer) {
            return;
        }
        let mut after = self.with_phase(Phase::Idle);
        after.resource = Resource::default();
        self.wrote(after, "{p} removes the finalizer: the resource is gone", 0, |_| ());
    }

    /// Sends a list. It is decided when it is sent, and arrives any time later.
    pub(super) fn send_list(&mut self, is_late: bool, keeps: bool) {
        let mine = self.mine();
        if self.before.outage || (mine.unsure && mine.timer < self.rules.ticks.after_ambiguity) {
            return;
        }
        for shown in self.possible_lists() {
            let mut after = self.before;
            let own = &mut after.processes[self.process];
            own.shown = shown;
            if keeps {
                own.kept = true;
                self.leads_to(after, "{p} keeps a list for later", 0);
                continue;
            }
            own.phase = Phase::Listing;
            own.late_list = is_late;
            own.kept = self.rules.window_before_list && own.own && own.age <= self.rules.ticks.window;
            let text = match shown {
                0 => "{p} sends a list (it will show nothing)",
                _ => "{p} sends a list (it will show something)",
            };
            self.leads_to(after, text, 0);
        }
    }

    /// Everything that a list may show, as sets of add-ons.
    fn possible_lists(&self) -> Vec<u8> {
        let lag = self.rules.ticks.lag;
        let mut lists = vec![0];
        for (at, addon) in self.before.addons.iter().enumerate() {
            let bit = 1 << at;
            let certain = addon.stage == Stage::Live && addon.age >= lag;
            let possible = matches!(addon.stage, Stage::Live | Stage::Deleted) && addon.age < lag;
            if certain {
                lists.iter_mut().for_each(|list| *list |= bit);
            } else if possible {
                lists.extend(lists.clone().iter().map(|list| list | bit));
            }
        }
        lists
    }

    /// Returns true while the process may send a creation under its attempt.
    pub(super) fn may_create(&self, process: &Process) -> bool {
        let in_time =
            process.age <= self.rules.ticks.window || (self.rules.window_before_list && process.kept);
        process.own && (!self.rules.window || in_time)
    }

    /// Starts a creation, or stops before it where processes freeze.
    pub(super) fn start_creation(&mut self, mut after: State) {
        if after.room().is_none() {
            self.world.cramped.set(true);
            return;
        }
        let own = &mut after.processes[self.process];
        own.late = own.age > self.rules.ticks.window;
        own.phase = if self.rules.freezes { Phase::Ready } else { Phase::Sending };
        (own.timer, own.shown, own.kept, own.clean) = (0, 0, false, false);
        self.leads_to(after, "{p} found nothing, is within the creation window, and starts its creation", 0);
    }
}

impl State {
    /// A place for another add-on.
    pub(super) fn room(&self) -> Option<usize> {
        let is_target = |at: usize| self.processes.iter().any(|process| process.target == at as u8 + 1);
        (0..ADDONS).find(|at| self.addons[*at].stage == Stage::None && !is_target(*at))
    }

    /// The resource was written: every read of it is out of date.
    pub(super) fn outdate(&mut self) {
        self.processes.iter_mut().for_each(|process| process.fresh = false);
    }
}
