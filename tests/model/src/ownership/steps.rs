//! The steps of the operators, each judged by the owners of the add-on that it touches.

use super::planner::{Step, plan};
use super::proof::{Seen, cluster};
use super::state::{Addon, Kept, Memory, PLACES, Record, Release, Resource, State};
use super::story::event;
use super::{DELETED, DELETED_FROM_OTHER, DELETED_KEPT, DELETED_RETAINED, NOT_TRANSFERRED, Ownership, USED};
use crate::search::Next;

type Steps = Vec<Next<Ownership>>;

impl Ownership {
    /// The next step of the operator for the resource at this place.
    pub(super) fn step(&self, before: &State, place: usize, next: &mut Steps) {
        let step = plan(&Seen::new(self, before, place));
        let mut after = *before;
        let event = match step {
            Step::Wait => return,
            Step::Use(id) => {
                if !Seen::new(self, before, place).is_in_own_account() {
                    self.judge_use(&mut after, place, id);
                    self.judge_use(&mut after, place, before.resources[place].record.second);
                }
                after.resources[place].trusts(id);
                event("the operator uses {x} for {r}", place, id)
            }
            Step::Create => {
                let Some(id) = after.room() else {
                    self.cramped.set(true);
                    return;
                };
                self.create(&mut after, place, id);
                event("the operator creates {x} for {r}", place, id)
            }
            Step::Write(record) => {
                self.judge_claim(&mut after, place, record.id);
                self.judge_use(&mut after, place, record.id);
                let finalizer = !after.resources[place].deleting;
                after.resources[place].finalizer |= finalizer;
                self.write(&mut after, place, record);
                event("the operator records {x} for {r}", place, record.id)
            }
            Step::AddFinalizer => {
                after.resources[place].finalizer = true;
                event("the operator puts the finalizer of {r} back", place, 0)
            }
            Step::Delete(id) => {
                let own = after.resources[place];
                self.judge_deletion(&mut after, place, (own.uid, own.retain), id);
                after.resources[place].memory.deleted = id;
                event("the operator deletes {x} for {r}", place, id)
            }
            Step::Release(release) => {
                let own = &mut after.resources[place];
                own.finalizer = false;
                if release != Release::None && own.record.id != 0 {
                    own.record.released = release;
                }
                event("the operator removes the finalizer of {r}", place, 0)
            }
        };
        if after != *before {
            self.put(next, after, event, false);
        }
    }

    fn create(&self, after: &mut State, place: usize, id: u8) {
        let record = super::planner::signed(
            &Seen::new(self, after, place),
            Record { id, second: id, ..Record::default() },
        );
        let own = &mut after.resources[place];
        (own.record, own.status, own.finalizer) = (record, id, true);
        own.memory = Memory { trusted: id, answered: true, deleted: 0 };
        let name = own.uid;
        if let Some(addon) = after.addon_mut(id) {
            let is_of_second = cluster(place) == 1;
            *addon = Addon { exists: true, name, owners: 1 << place, is_of_second, ..Addon::default() };
        }
    }

    /// Cleans up after a resource that went without its release.
    pub(super) fn clean_up(&self, before: &State, place: usize, next: &mut Steps) {
        let kept = before.kept[place];
        if kept.id == 0 {
            return;
        }
        let gone = Resource { uid: kept.uid, ..Resource::default() };
        let seen = Seen { own: gone, ..Seen::new(self, before, place) };
        let addon = before.addon(kept.id);
        let rules = &self.rules;
        let is_meant = kept.unguarded || !rules.leftover_was_unguarded;
        let is_named = addon.name == kept.uid || !rules.leftover_has_name;
        let is_due = addon.exists && is_meant && is_named && !(kept.retain && rules.retain);
        let mut after = *before;
        after.kept[place] = Kept::default();
        let is_taken = seen.is_provably_of_other(kept.id)
            || (rules.leftover_spares_restored && seen.is_restored_by_other(kept.id));
        if is_due && !is_taken {
            self.judge_deletion(&mut after, place, (kept.uid, kept.retain), kept.id);
            if !kept.unguarded && after.violation == 0 {
                after.violation = DELETED_KEPT;
            }
            self.put(
                next,
                after,
                event("the operator deletes {x}, which the gone {r} left", place, kept.id),
                false,
            );
        } else {
            self.put(
                next,
                after,
                event("the operator reports {x}, which the gone {r} left", place, kept.id),
                false,
            );
        }
    }

    /// The operator of a cluster restarts, and remembers nothing.
    pub(super) fn restarts(&self, before: &State, next: &mut Steps) {
        for place in [0, 2] {
            let after = before.restarted(cluster(place));
            if after != *before {
                self.put(next, after, event("the operator in the cluster of {r} restarts", place, 0), true);
            }
        }
    }

    /// Writes another record. The process notices that the resource gave its add-on up.
    pub(super) fn write(&self, after: &mut State, place: usize, record: Record) {
        let own = &mut after.resources[place];
        let known = |own: &Resource| if own.record.uid == own.uid { own.record.id } else { 0 };
        let was = known(own);
        own.record = record;
        if was != 0 && known(own) != was && self.rules.memory_ends {
            own.memory = Memory { deleted: own.memory.deleted, ..Memory::default() };
        }
    }

    /// A claim that a user may confirm makes the place an owner, unless another live resource has a proof.
    fn judge_claim(&self, after: &mut State, place: usize, id: u8) {
        let truth = self.truth();
        let seen = Seen::new(&truth, after, place);
        let is_given = seen.is_confirmed(id) && !seen.is_provably_of_other(id);
        if let Some(addon) = after.addon_mut(id).filter(|_| is_given) {
            addon.owners |= 1 << place;
        }
    }

    fn judge_use(&self, after: &mut State, place: usize, id: u8) {
        let addon = after.addon(id);
        if after.violation == 0 && addon.exists && addon.owners >> place & 1 == 0 {
            after.violation = USED;
        }
    }

    /// Deletes an add-on for the resource with this uid and policy, and judges the deletion.
    fn judge_deletion(&self, after: &mut State, place: usize, (uid, retain): (u8, bool), id: u8) {
        let addon = after.addon(id);
        if !addon.exists {
            return;
        }
        let is_elsewhere = addon.is_of_second != (cluster(place) == 1);
        let violation = match () {
            () if addon.owners >> place & 1 == 0 => DELETED,
            () if retain => DELETED_RETAINED,
            () if is_elsewhere && !addon.transferred => NOT_TRANSFERRED,
            () if self.has_other_holder(after, place, uid, id) => DELETED_FROM_OTHER,
            () => 0,
        };
        if after.violation == 0 {
            after.violation = violation;
        }
        if let Some(addon) = after.addon_mut(id) {
            *addon = Addon::default();
        }
    }

    /// Returns true when another live resource of the cluster has a proof of the add-on: its record or its name.
    fn has_other_holder(&self, state: &State, place: usize, uid: u8, id: u8) -> bool {
        let truth = self.truth();
        let holds = |other: usize| {
            let seen = Seen::new(&truth, state, other);
            let own = seen.own;
            let is_live = own.uid != 0 && own.uid != uid && !own.deleting;
            let names = own.record.id == id && (seen.has_own_record() || seen.has_foreign_record());
            let has_proof = (names && seen.is_restored()) || state.addon(id).name == own.uid;
            is_live && has_proof && cluster(other) == cluster(place)
        };
        (0..PLACES).any(holds)
    }
}

impl Resource {
    fn trusts(&mut self, id: u8) {
        let answered = self.memory.answered && self.memory.trusted == id;
        (self.memory.trusted, self.memory.answered, self.status) = (id, answered, id);
    }
}

impl State {
    /// The world after a restart of the operator in this cluster.
    pub(super) fn restarted(mut self, restarted: usize) -> Self {
        for place in (0..PLACES).filter(|place| cluster(*place) == restarted) {
            self.resources[place].memory = Memory::default();
            self.kept[place] = Kept::default();
        }
        self
    }
}
