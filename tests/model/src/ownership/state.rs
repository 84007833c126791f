//! A state of the world of ownership: resources, a backup, add-ons, keys, and what the processes remember.

use crate::packing::{Codec, Key, Packer, Unpacker};

/// The places of resources: two in the first cluster, one in the second.
pub(super) const PLACES: usize = 3;
/// The most add-ons at one time.
pub(super) const ADDONS: usize = 3;
const UIDS: usize = 16;

/// The key of a record's authentication code.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Code {
    /// There is no code, or it does not match the text.
    #[default]
    None,
    /// The first key of the first cluster.
    First,
    /// The key of the first cluster after the first one was lost.
    Second,
    /// The key of the second cluster.
    Other,
}

impl Code {
    const ALL: [Self; 4] = [Self::None, Self::First, Self::Second, Self::Other];
}

/// The end of a resource, in its closed record.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Release {
    #[default]
    None,
    Deleted,
    Retained,
}

impl Release {
    const ALL: [Self; 3] = [Self::None, Self::Deleted, Self::Retained];
}

/// The record of a resource, with its code. Without an id, there is no record.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Record {
    /// The add-on, counted from 1.
    pub(super) id: u8,
    /// The add-on of the second id. The operator writes two ids of one add-on.
    pub(super) second: u8,
    /// The uid of the resource that the record was written for …
    pub(super) uid: u8,
    /// … and its place: cluster, namespace and name.
    pub(super) place: u8,
    /// The add-on had the name of a resource of another cluster when it was recorded.
    pub(super) names_other: bool,
    pub(super) released: Release,
    pub(super) code: Code,
}

/// The memory of a process about one resource.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Memory {
    /// The add-on that the process used for the resource when it was proven.
    pub(super) trusted: u8,
    /// That add-on is the answer to the process's own creation.
    pub(super) answered: bool,
    /// The add-on that the process has deleted.
    pub(super) deleted: u8,
}

/// A resource. Without a uid, there is none.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Resource {
    pub(super) uid: u8,
    pub(super) deleting: bool,
    pub(super) finalizer: bool,
    /// The finalizer of another controller.
    pub(super) held: bool,
    pub(super) record: Record,
    /// The add-on that the status names.
    pub(super) status: u8,
    /// The add-on that the user confirms a claim on.
    pub(super) confirmed: u8,
    /// The deletion policy is `retain`.
    pub(super) retain: bool,
    pub(super) memory: Memory,
}

/// A resource that went without its release, as a process remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kept {
    pub(super) id: u8,
    pub(super) uid: u8,
    /// The process saw the live resource without the finalizer.
    pub(super) unguarded: bool,
    pub(super) retain: bool,
}

/// A backup of a resource's annotations.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Backup {
    pub(super) record: Record,
    pub(super) place: u8,
    pub(super) retain: bool,
}

/// An add-on at the cloud.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Addon {
    pub(super) exists: bool,
    /// The uid in its name; 0 for a name without one.
    pub(super) name: u8,
    /// The places that the add-on belongs to: its creator's, and those that it was given to. No process knows this.
    pub(super) owners: u8,
    /// The cluster of its creator.
    pub(super) is_of_second: bool,
    /// The place that the configuration assigns the add-on to, counted from 1.
    pub(super) assigned: u8,
    /// The configuration transfers the add-on.
    pub(super) transferred: bool,
}

/// The world at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub(super) resources: [Resource; PLACES],
    pub(super) kept: [Kept; PLACES],
    pub(super) backup: Backup,
    pub(super) addons: [Addon; ADDONS],
    /// The first cluster lost its first key.
    pub(super) lost_key: bool,
    /// The namespace of the second place has credentials of its own, for an account where a user decides on names and
    /// ids.
    pub(super) own_account: bool,
    /// The second cluster has the first key of the first one, too.
    pub(super) copied_key: bool,
    /// The number of acts that users and administrators still may do.
    pub(super) acts: u8,
    /// The violation, as an index of `VIOLATIONS`; 0 is none.
    pub(super) violation: u8,
}

impl Record {
    fn visit(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.id, 2);
        codec.number(&mut self.second, 2);
        codec.number(&mut self.uid, 4);
        codec.number(&mut self.place, 2);
        codec.flag(&mut self.names_other);
        codec.choice(&mut self.released, &Release::ALL, 2);
        codec.choice(&mut self.code, &Code::ALL, 2);
    }
}

impl Resource {
    fn visit(&mut self, codec: &mut impl Codec) {
        codec.number(&mut self.uid, 4);
        codec.flag(&mut self.deleting);
        codec.flag(&mut self.finalizer);
        codec.flag(&mut self.held);
        self.record.visit(codec);
        codec.number(&mut self.status, 2);
        codec.number(&mut self.confirmed, 2);
        codec.flag(&mut self.retain);
        codec.number(&mut self.memory.trusted, 2);
        codec.flag(&mut self.memory.answered);
        codec.number(&mut self.memory.deleted, 2);
    }
}

impl State {
    fn visit(&mut self, codec: &mut impl Codec) {
        for resource in &mut self.resources {
            resource.visit(codec);
        }
        for kept in &mut self.kept {
            codec.number(&mut kept.id, 2);
            codec.number(&mut kept.uid, 4);
            codec.flag(&mut kept.unguarded);
            codec.flag(&mut kept.retain);
        }
        self.backup.record.visit(codec);
        codec.number(&mut self.backup.place, 2);
        codec.flag(&mut self.backup.retain);
        for addon in &mut self.addons {
            codec.flag(&mut addon.exists);
            codec.number(&mut addon.name, 4);
            codec.number(&mut addon.owners, 3);
            codec.flag(&mut addon.is_of_second);
            codec.number(&mut addon.assigned, 2);
            codec.flag(&mut addon.transferred);
        }
        codec.flag(&mut self.lost_key);
        codec.flag(&mut self.copied_key);
        codec.flag(&mut self.own_account);
        codec.number(&mut self.acts, 3);
        codec.number(&mut self.violation, 3);
    }

    pub(super) fn unpack(key: Key) -> Self {
        let mut state = Self::default();
        state.visit(&mut Unpacker::new(key));
        state
    }

    /// Returns the key of the state with its uids numbered in the order in which they are named: they are compared
    /// for equality alone.
    pub(super) fn pack(mut self) -> Key {
        let mut numbers = [0_u8; UIDS];
        let mut last = 0;
        let mut number = |uid: &mut u8| {
            let number = &mut numbers[usize::from(*uid)];
            if *uid != 0 && *number == 0 {
                last += 1;
                *number = last;
            }
            *uid = *number;
        };
        for resource in &mut self.resources {
            number(&mut resource.uid);
            number(&mut resource.record.uid);
        }
        self.kept.iter_mut().for_each(|kept| number(&mut kept.uid));
        number(&mut self.backup.record.uid);
        self.addons.iter_mut().for_each(|addon| number(&mut addon.name));
        let mut packer = Packer::default();
        self.visit(&mut packer);
        packer.key()
    }

    /// A uid that nothing names.
    pub(super) fn new_uid(&self) -> u8 {
        let is_used = |uid: u8| {
            let by_resource = |one: &Resource| one.uid == uid || one.record.uid == uid;
            self.resources.iter().any(by_resource)
                || self.kept.iter().any(|kept| kept.uid == uid)
                || self.addons.iter().any(|addon| addon.name == uid)
                || self.backup.record.uid == uid
        };
        (1..).find(|uid| !is_used(*uid)).unwrap_or_default()
    }

    /// Returns true when a resource, a backup or a memory names the add-on.
    pub(super) fn is_named(&self, id: u8) -> bool {
        let by_resource = |one: &Resource| {
            [
                one.record.id,
                one.record.second,
                one.status,
                one.confirmed,
                one.memory.trusted,
                one.memory.deleted,
            ]
            .contains(&id)
        };
        self.resources.iter().any(by_resource)
            || self.kept.iter().any(|kept| kept.id == id)
            || self.backup.record.id == id
    }

    pub(super) fn addon(&self, id: u8) -> Addon {
        usize::from(id).checked_sub(1).map(|at| self.addons[at]).unwrap_or_default()
    }

    pub(super) fn addon_mut(&mut self, id: u8) -> Option<&mut Addon> {
        self.addons.get_mut(usize::from(id).checked_sub(1)?)
    }

    /// The numbers of the add-ons that exist.
    pub(super) fn existing(&self) -> impl Iterator<Item = u8> + use<> {
        let exists = self.addons.map(|addon| addon.exists);
        (1..=ADDONS as u8).filter(move |id| exists[usize::from(*id) - 1])
    }
}
