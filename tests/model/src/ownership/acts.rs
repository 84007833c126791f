//! The acts of users and administrators.

use super::Ownership;

use super::state::{Backup, Code, Kept, Memory, PLACES, Record, Release, Resource, State};
use super::story::event;
use crate::search::Next;

type Steps = Vec<Next<Ownership>>;

impl Ownership {
    /// Every act that is possible now. `state` has one act less.
    pub(super) fn acts(&self, state: &State, next: &mut Steps) {
        for place in (0..PLACES).filter(|place| self.has_place(*place)) {
            if state.resources[place].uid == 0 {
                self.creations(state, place, next);
            } else {
                self.edits(state, place, next);
                self.forgeries(state, place, next);
            }
        }
        self.at_the_cloud(state, next);
        self.keys(state, next);
        if self.rules.acts.credentials {
            let mut after = State { own_account: !state.own_account, ..*state };
            if self.rules.credentials_end_memory {
                after.resources[1].memory = Memory::default();
            }
            self.act(next, after, ("a user changes the credentials of the namespace of {r}", 1, 0));
        }
    }

    fn act(&self, next: &mut Steps, after: State, (text, place, id): (&'static str, usize, u8)) {
        self.put(next, after, event(text, place, id), true);
    }

    fn creations(&self, state: &State, place: usize, next: &mut Steps) {
        let mut after = *state;
        after.resources[place].uid = state.new_uid();
        self.act(next, after, ("a user creates {r}", place, 0));
        let Backup { record, retain, .. } = state.backup;
        if record.id != 0 {
            let own = &mut after.resources[place];
            (own.record, own.retain) = (record, retain);
            self.act(
                next,
                after,
                ("a user restores {r} from the backup, with the record of {x}", place, record.id),
            );
        }
    }

    fn edits(&self, state: &State, place: usize, next: &mut Steps) {
        let (acts, own) = (&self.rules.acts, state.resources[place]);
        if !own.deleting {
            let mut after = *state;
            after.resources[place].deleting = true;
            after.notices(place, !own.finalizer);
            self.act(next, after, ("a user deletes {r}", place, 0));
        }
        if acts.remove && own.finalizer {
            let mut after = *state;
            after.resources[place].finalizer = false;
            if own.deleting {
                after.notices(place, false);
            }
            self.act(next, after, ("a user removes the operator's finalizer from {r}", place, 0));
        }
        if acts.policy && !own.retain {
            let mut after = *state;
            after.resources[place].retain = true;
            self.act(next, after, ("a user sets `retain` for {r}", place, 0));
        }
        if acts.hold {
            let mut after = *state;
            after.resources[place].held = !own.held;
            self.act(next, after, ("another controller sets or removes its finalizer of {r}", place, 0));
        }
        let backup = Backup { record: own.record, place: place as u8, retain: own.retain };
        if acts.backup && own.record.id != 0 && state.backup != backup {
            self.act(next, State { backup, ..*state }, ("a user backs {r} up", place, 0));
        }
        if acts.confirm {
            for id in state.existing().filter(|id| *id != own.confirmed) {
                let mut after = *state;
                after.resources[place].confirmed = id;
                self.act(next, after, ("a user confirms that {r} takes {x}", place, id));
            }
        }
    }

    fn forgeries(&self, state: &State, place: usize, next: &mut Steps) {
        let (acts, own) = (&self.rules.acts, state.resources[place]);
        let mut write = |record: Record, text: &'static str, status: u8| {
            let mut after = *state;
            self.write(&mut after, place, record);
            after.resources[place].status = status;
            if after.resources[place] != own {
                self.act(next, after, (text, place, if record.id == 0 { status } else { record.id }));
            }
        };
        if acts.copy {
            let others =
                (0..PLACES).filter(|other| *other != place).map(|other| state.resources[other].record);
            for record in others.chain([state.backup.record]).filter(|record| record.id != 0) {
                write(record, "a user copies a record of {x} to {r}", own.status);
            }
        }
        if acts.forge {
            for id in state.existing() {
                let forged = Record {
                    id,
                    second: id,
                    uid: own.uid,
                    place: place as u8,
                    names_other: false,
                    released: Release::None,
                    code: Code::None,
                };
                write(forged, "a user forges a record of {x} for {r}", own.status);
                write(forged, "a user forges record and status of {r}, which name {x}", id);
                for second in state.existing().filter(|second| acts.assign && *second != id) {
                    let mixed = Record { second, ..forged };
                    write(
                        mixed,
                        "a user forges a record for {r} with the ids of {x} and of another add-on",
                        id,
                    );
                }
                write(Record::default(), "a user forges a status of {r} that names {x}", id);
            }
        }
        if acts.remove && own.record.id != 0 {
            write(Record::default(), "a user removes the record of {r}", own.status);
        }
    }

    fn at_the_cloud(&self, state: &State, next: &mut Steps) {
        let acts = &self.rules.acts;
        for id in state.existing() {
            let addon = state.addon(id);
            let mut edited = *state;
            if acts.rename && addon.name != 0 {
                if let Some(addon) = edited.addon_mut(id) {
                    addon.name = 0;
                }
                self.act(next, edited, ("a user of the cloud renames {x}", 0, id));
            }
            if !acts.assign {
                continue;
            }
            for place in
                (0..PLACES).filter(|place| self.has_place(*place) && usize::from(addon.assigned) != place + 1)
            {
                let mut after = *state;
                if let Some(addon) = after.addon_mut(id) {
                    addon.assigned = place as u8 + 1;
                    addon.owners |= 1 << place;
                }
                self.act(next, after, ("an administrator assigns {x} to {r}", place, id));
            }
            if !addon.transferred && self.has_place(2) {
                let mut after = *state;
                if let Some(addon) = after.addon_mut(id) {
                    addon.transferred = true;
                }
                self.act(next, after, ("an administrator transfers {x}", 0, id));
            }
        }
    }

    fn keys(&self, state: &State, next: &mut Steps) {
        if !self.rules.acts.keys {
            return;
        }
        if !state.lost_key {
            let after = State { lost_key: true, ..state.restarted(0) };
            self.act(next, after, ("the first cluster loses its key", 0, 0));
        }
        if !state.copied_key && self.has_place(2) {
            let after = State { copied_key: true, ..state.restarted(1) };
            self.act(next, after, ("the second cluster gets the key of the first one, too", 0, 0));
        }
    }
}

impl State {
    /// The process notices that a resource went, or will go, without its release.
    fn notices(&mut self, place: usize, unguarded: bool) {
        let own: &Resource = &self.resources[place];
        let is_own = own.record.id != 0 && own.record.uid == own.uid && own.record.released == Release::None;
        if own.deleting && !own.finalizer && is_own && own.memory.deleted != own.record.id {
            self.kept[place] = Kept { id: own.record.id, uid: own.uid, unguarded, retain: own.retain };
        }
    }
}
