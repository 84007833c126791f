//! Ownership: no resource uses or deletes the add-on of another one, and none loses its own.
//!
//! **World.** Three places for resources: two in a first cluster, in one namespace or in two, and the first of
//! them again in a second cluster; an operator in each cluster with its keys; a cloud account with at most three
//! add-ons at one time; a backup. Users copy and forge records and statuses, remove records and finalizers, delete,
//! back up and restore, rename add-ons in the console and confirm claims. Administrators assign and transfer
//! add-ons, lose keys and copy them. Each world has some of these acts, and a number of them.
//!
//! A step of an operator is one plan with its effect, and may come at any moment between other steps and acts. Lists
//! do not lag: the model of creation plays that.
//!
//! **Owners.** The model knows what no operator can know: the place for which an add-on was created, and the places
//! that it was given to by an administrator, or by a user who may confirm it. Every step is judged by that.
//!
//! **A good rest.** Without further acts, every resource with a proof comes to use its add-on, whatever claims there
//! are elsewhere.

mod acts;
mod experiments;
mod planner;
mod proof;
mod rules;
mod state;
mod steps;
mod story;

use std::cell::Cell;

use crate::packing::Key;
use crate::search::{Next, World};
use planner::{Step, plan};
use proof::{Seen, cluster};
use rules::Rules;
use state::{ADDONS, Addon, PLACES, Resource, State};
use story::Event;

pub(crate) use experiments::experiments;

const VIOLATIONS: [&str; 8] = [
    "",
    "an add-on is used without a proof",
    "an add-on is deleted without a proof",
    "an add-on is deleted that another resource has a proof of",
    "an add-on is deleted under `retain`",
    "an add-on of another cluster is deleted without a transfer",
    "two resources use one add-on",
    "an add-on is deleted after a user removed the finalizer from its deleted resource",
];
const USED: u8 = 1;
const DELETED: u8 = 2;
const DELETED_FROM_OTHER: u8 = 3;
const DELETED_RETAINED: u8 = 4;
const NOT_TRANSFERRED: u8 = 5;
const TWO_USERS: u8 = 6;
const DELETED_KEPT: u8 = 7;

/// The world, under some rules.
pub(crate) struct Ownership {
    rules: Rules,
    /// A creation found no place for its add-on.
    cramped: Cell<bool>,
}

impl Ownership {
    fn new(rules: Rules) -> Self {
        Self { rules, cramped: Cell::new(false) }
    }

    /// The same world with every rule, to judge by.
    fn truth(&self) -> Self {
        let Rules { acts, one_namespace, places, confirmable, .. } = self.rules;
        Self::new(Rules { acts, one_namespace, places, confirmable, ..Rules::new() })
    }

    /// Namespace and name of a place. The third place has those of the first one, in another cluster.
    fn namespaced_name(&self, place: usize) -> (u8, u8) {
        match (place, self.rules.one_namespace) {
            (1, true) => (0, 1),
            (1, false) => (1, 0),
            _ => (0, 0),
        }
    }

    /// The place may have a resource.
    fn has_place(&self, place: usize) -> bool {
        self.rules.places >> place & 1 == 1
    }

    /// The configuration lets users of this place's namespace confirm claims.
    fn may_confirm(&self, place: usize) -> bool {
        self.rules.confirmable >> place & 1 == 1
    }

    fn put(&self, next: &mut Vec<Next<Self>>, mut state: State, event: Event, is_fault: bool) {
        state.collect();
        self.judge_users(&mut state);
        next.push(Next { state, event, is_fault });
    }

    /// Judges that no two resources of a cluster use one add-on.
    fn judge_users(&self, state: &mut State) {
        let used = |place: usize| match plan(&Seen::new(self, state, place)) {
            Step::Use(_) if Seen::new(self, state, place).is_in_own_account() => None,
            Step::Use(id) => Some((cluster(place), id)),
            Step::Wait
            | Step::Create
            | Step::Write(_)
            | Step::AddFinalizer
            | Step::Delete(_)
            | Step::Release(_) => None,
        };
        let used: Vec<_> = (0..PLACES).filter_map(used).collect();
        let is_shared = used.iter().enumerate().any(|(at, one)| used[at + 1..].contains(one));
        if state.violation == 0 && is_shared {
            state.violation = TWO_USERS;
        }
    }

    /// Returns true when nothing waits to be done, and every resource with a proof uses its add-on.
    fn is_goal(&self, state: &State) -> bool {
        let is_settled = |place: usize| {
            let seen = Seen::new(self, state, place);
            let (memory, status) = (seen.own.memory, seen.own.status);
            match plan(&seen) {
                Step::Wait => !self.must_act(&seen),
                Step::Use(id) => memory.trusted == id && status == id && seen.own.finalizer,
                // The world is too small for another add-on.
                Step::Create => state.room().is_none(),
                Step::Write(_) | Step::AddFinalizer | Step::Delete(_) | Step::Release(_) => false,
            }
        };
        state.violation == 0 && state.kept.iter().all(|kept| kept.id == 0) && (0..PLACES).all(is_settled)
    }

    /// Returns true for a resource with a proof of its add-on, and for one whose record names none.
    fn must_act(&self, seen: &Seen<'_>) -> bool {
        let truth = self.truth();
        let seen = Seen::new(&truth, seen.state, seen.place);
        let (own, record) = (seen.own, seen.own.record);
        if own.uid == 0 || own.deleting {
            return false;
        }
        let is_recorded = seen.has_own_record() || seen.has_foreign_record();
        let id = if is_recorded { record.id } else { own.status };
        if id == 0 {
            return true;
        }
        let addon = seen.state.addon(id);
        let is_mixed = is_recorded && record.second != id;
        let disagrees = is_recorded && own.status != 0 && own.status != id;
        if !addon.exists || disagrees || is_mixed {
            return false;
        }
        let is_named = addon.name == own.uid && !seen.has_foreign_record();
        let is_own = seen.has_own_record() && seen.is_authentic();
        let is_restored = is_recorded && (is_own || (seen.has_foreign_record() && seen.is_restored()));
        is_named || (is_restored && !seen.is_provably_of_other(id))
    }
}

impl State {
    /// Removes the resources that no finalizer holds, and forgets add-ons that nothing names.
    fn collect(&mut self) {
        for resource in &mut self.resources {
            if resource.deleting && !resource.finalizer && !resource.held {
                *resource = Resource::default();
            }
        }
        for addon in self.addons.iter_mut().filter(|addon| !addon.exists) {
            *addon = Addon::default();
        }
    }

    /// A place for another add-on.
    fn room(&self) -> Option<u8> {
        let is_free = |id: &u8| !self.addon(*id).exists && !self.is_named(*id);
        (1..=ADDONS as u8).find(is_free)
    }
}

impl World for Ownership {
    type State = State;
    type Event = Event;

    fn start(&self) -> State {
        let mut state = State { acts: self.rules.acts.most, ..State::default() };
        state.resources[0].uid = 1;
        if self.has_place(1) {
            state.resources[1].uid = 2;
        }
        state
    }

    fn next(&self, state: &State, next: &mut Vec<Next<Self>>) {
        if state.violation != 0 {
            return;
        }
        for place in 0..PLACES {
            self.step(state, place, next);
            self.clean_up(state, place, next);
        }
        self.restarts(state, next);
        if state.acts > 0 {
            self.acts(&State { acts: state.acts - 1, ..*state }, next);
        }
    }

    fn pack(&self, state: &State) -> Key {
        state.pack()
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
        state.violation == 0
    }

    fn is_good(&self, state: &State) -> bool {
        self.is_goal(state)
    }

    fn is_final(&self, state: &State) -> bool {
        self.is_goal(state)
    }

    fn is_unchanged(&self, one: &State, other: &State) -> bool {
        one == other
    }

    fn is_calm(&self, _: &State) -> bool {
        true
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
