//! Creation and deletion: "never two add-ons, never none".
//!
//! **World.** A custom resource with its record, status and Secret; an API server with compare-and-swap, reads
//! that lag, and answers that are lost; a cloud account with at most three add-ons of the resource's name, whose
//! list lags, and where a creation may take effect without an answer; two processes of the operator that both
//! believe to lead, crash and restart at any step, and are as slow as they like; a user who deletes the resource.
//!
//! **Time** is in ticks. Everything that no timeout bounds may happen at any moment of a tick, in any order. The
//! creation window includes its last tick; what the cloud promises by a moment is done before anything else
//! happens in that tick. So a wait of exactly window + request + lag is long enough, and one tick less is not.
//!
//! **Symmetry.** The processes can be exchanged, attempts are compared for equality alone, and what can no longer
//! matter is forgotten. So crashes, attempts, lists and edits are unlimited; only the add-ons at one time are not.
//!
//! **A good rest.** Faults stop, and one process lives: from each such state a good rest can be reached, in which
//! nothing more is written.

mod cloud;
mod experiments;
mod forget;
mod process;
mod rules;
mod state;
mod story;
mod turn;

use std::cell::Cell;

use crate::packing::Key;
use crate::search::{Next, World};
use rules::Rules;
use state::{PROCESSES, Phase, Resource, Stage, State};
use turn::{Event, Turn};

pub(crate) use experiments::experiments;

const VIOLATIONS: [&str; 7] = [
    "",
    "two add-ons",
    "an add-on is left after the finalizer",
    "the recorded add-on is deleted",
    "the add-on in the Secret is deleted",
    "a recorded id is overwritten",
    "an add-on from before is deleted",
];
const TWO: u8 = 1;
const LEFT: u8 = 2;
const DELETED_RECORDED: u8 = 3;
const DELETED_IN_SECRET: u8 = 4;
const OVERWRITTEN: u8 = 5;
const DELETED_ELDER: u8 = 6;

/// Another order of the processes.
const SWAPPED: [[usize; PROCESSES]; 5] = [[1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]];

/// The world, under some rules.
pub(crate) struct Creation {
    rules: Rules,
    /// A creation found no place for its add-on.
    cramped: Cell<bool>,
}

impl Creation {
    fn new(rules: Rules) -> Self {
        Self { rules, cramped: Cell::new(false) }
    }

    fn processes(&self) -> usize {
        if self.rules.three_processes { PROCESSES } else { PROCESSES - 1 }
    }

    /// Returns true for a resource with the finalizer and without a record: another process may have created an
    /// add-on for it.
    fn is_bare(&self, view: &Resource) -> bool {
        self.rules.bare_is_attempt && view.exists && view.finalizer && view.attempt == 0 && view.id == 0
    }

    /// The process reads the resource.
    fn read(&self, state: &mut State, process: usize) {
        let was = state.processes[process].view;
        state.processes[process].view = state.resource;
        state.processes[process].fresh = true;
        self.learn(state, process, was);
    }

    /// The process takes in its new view of the resource.
    fn learn(&self, state: &mut State, process: usize, was: Resource) {
        let rules = &self.rules;
        let by_name = usize::from(state.writer) == process && state.attempt_age <= rules.ticks.window;
        let own = &mut state.processes[process];
        if own.view.deleting && !was.deleting {
            (own.looked, own.deleted, own.not_found) = (false, false, false);
        }
        if own.view.id != 0 && was.id == 0 {
            own.age = 0;
        }
        if self.is_bare(&own.view) {
            if !self.is_bare(&was) {
                (own.age, own.attempt, own.own, own.clean, own.held_is_current) = (0, 0, false, false, false);
            }
        } else if own.view.attempt != 0 && own.view.attempt != own.attempt {
            let keeps_age = rules.first_seen_by_uid && own.attempt != 0;
            own.attempt = own.view.attempt;
            own.held_is_current = false;
            own.own = !rules.only_own_attempts || (rules.own_by_name && by_name);
            own.clean = false;
            if !keeps_age {
                own.age = rules.ticks.head_start;
            }
        }
    }

    fn put(&self, next: &mut Vec<Next<Self>>, mut state: State, event: Event, is_fault: bool) {
        self.forget(&mut state);
        self.judge(&mut state);
        next.push(Next { state, event, is_fault });
    }

    fn judge(&self, state: &mut State) {
        if state.violation != 0 || !self.rules.strict {
            return;
        }
        let live = state.addons.iter().filter(|addon| addon.stage == Stage::Live).count();
        if live > 1 && self.rules.elders < 2 {
            state.violation = TWO;
        } else if !state.resource.exists && live > 0 {
            state.violation = LEFT;
        }
    }

    /// Returns true when nothing but a good rest is left to reach, and the one process that lives is there.
    fn is_goal(&self, state: &State) -> bool {
        let mut alive = state.processes.iter().filter(|process| process.phase != Phase::Dead);
        let (Some(process), None) = (alive.next(), alive.next()) else { return false };
        if process.phase != Phase::Idle || process.held != 0 || state.violation != 0 {
            return false;
        }
        let resource = state.resource;
        let addons = state.addons.iter().filter(|addon| addon.may_exist()).count();
        if !resource.exists {
            return addons == 0 || self.rules.forgives_gone;
        }
        if resource.deleting || resource.id == 0 {
            return false;
        }
        if self.rules.elders > 1 {
            // A duplicate waits for the user.
            return true;
        }
        let recorded = state.addons[usize::from(resource.id) - 1];
        let is_mirrored = !self.rules.has_status || resource.status == resource.id;
        let is_there = recorded.stage == Stage::Live && !recorded.going;
        addons == 1 && state.secret == resource.id && is_mirrored && is_there
    }
}

impl World for Creation {
    type State = State;
    type Event = Event;

    fn start(&self) -> State {
        let rules = &self.rules;
        let finalizer = rules.elders > 0 || rules.takeover;
        let resource = Resource { exists: true, finalizer, ..Resource::default() };
        let mut state = State { resource, ..State::default() };
        for process in state.processes.iter_mut().take(self.processes()) {
            (process.phase, process.view, process.fresh) = (Phase::Idle, resource, true);
        }
        for addon in state.addons.iter_mut().take(usize::from(rules.elders)) {
            (addon.stage, addon.age, addon.elder) = (Stage::Live, rules.ticks.lag, true);
        }
        if rules.takeover {
            state.addons[0].stage = Stage::InFlight;
        }
        state
    }

    fn next(&self, state: &State, next: &mut Vec<Next<Self>>) {
        if state.violation != 0 || self.promised(state, next) {
            return;
        }
        self.time(state, next);
        self.outage(state, next);
        self.user(state, next);
        for process in 0..self.processes() {
            Turn::new(self, *state, process, next).step();
        }
    }

    fn pack(&self, state: &State) -> Key {
        let orders: &[_] = match () {
            // Then names matter.
            () if self.rules.own_by_name => &[],
            () if self.rules.three_processes => &SWAPPED,
            () => &SWAPPED[..1],
        };
        state.pack(orders)
    }

    fn unpack(&self, key: Key) -> State {
        State::unpack(key)
    }

    fn violation(&self, state: &State) -> Option<usize> {
        (state.violation != 0).then_some(usize::from(state.violation))
    }

    fn violations(&self) -> &'static [&'static str] {
        &VIOLATIONS
    }

    fn must_settle(&self, state: &State) -> bool {
        let alive = state.processes.iter().filter(|process| process.phase != Phase::Dead).count();
        state.violation == 0 && alive == 1
    }

    fn is_good(&self, state: &State) -> bool {
        self.is_goal(state)
    }

    fn is_final(&self, state: &State) -> bool {
        let mut idle = *state;
        for process in idle.processes.iter_mut().filter(|process| process.phase == Phase::Listing) {
            process.phase = Phase::Idle;
        }
        let is_left = state.addons.iter().any(|addon| addon.may_exist());
        (state.resource.exists || !is_left) && self.is_goal(&idle)
    }

    fn is_unchanged(&self, one: &State, other: &State) -> bool {
        let addons = |state: &State| {
            state
                .addons
                .map(|addon| (addon.stage == Stage::Live, addon.stage == Stage::InFlight, addon.going))
        };
        one.resource == other.resource && one.secret == other.secret && addons(one) == addons(other)
    }

    fn is_calm(&self, state: &State) -> bool {
        let is_still = |process: &state::Process| {
            process.phase == Phase::Dead
                || (process.phase == Phase::Idle && process.held == 0 && process.fresh)
        };
        let is_certain = |addon: &state::Addon| {
            let is_old = addon.stage == Stage::None || addon.age >= self.rules.ticks.lag;
            addon.stage != Stage::InFlight && !addon.going && is_old
        };
        state.processes.iter().all(is_still) && state.addons.iter().all(is_certain) && !state.outage
    }

    fn tell(&self, event: Event) -> String {
        story::tell(event)
    }

    fn show(&self, state: &State) -> String {
        story::show(state)
    }

    fn is_cramped(&self) -> bool {
        self.cramped.get()
    }
}
