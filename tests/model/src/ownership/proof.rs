//! Proofs and claims: what an operator believes of a resource and an add-on.

use super::Ownership;
use super::state::{Code, PLACES, Release, Resource, State};

/// The resource that claims an add-on beside another one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    None,
    Unproven,
    Proven,
}

/// The cluster of a place.
pub(super) fn cluster(place: usize) -> usize {
    usize::from(place == 2)
}

/// A live resource at a place, as its operator sees it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) world: &'a Ownership,
    pub(super) state: &'a State,
    pub(super) place: usize,
    pub(super) own: Resource,
}

impl<'a> Seen<'a> {
    pub(super) fn new(world: &'a Ownership, state: &'a State, place: usize) -> Self {
        Self { world, state, place, own: state.resources[place] }
    }

    /// The other resources of the cluster.
    fn others(&self) -> impl Iterator<Item = Self> + use<'a> {
        let (world, state, own, uid) = (self.world, self.state, self.place, self.own.uid);
        let others = (0..PLACES).filter(move |place| cluster(*place) == cluster(own));
        let others = others.map(move |place| Self::new(world, state, place));
        others.filter(move |seen| seen.own.uid != 0 && seen.own.uid != uid)
    }

    /// The record has the resource's own uid.
    pub(super) fn has_own_record(&self) -> bool {
        self.own.record.id != 0 && self.own.record.uid == self.own.uid
    }

    /// The record was written for another resource. One whose add-on was deleted names nothing.
    pub(super) fn has_foreign_record(&self) -> bool {
        let is_over = self.own.record.released == Release::Deleted && self.world.rules.release_ends;
        self.own.record.id != 0 && !self.has_own_record() && !is_over
    }

    /// The code of the record is valid for kind, namespace and name of the resource.
    pub(super) fn is_authentic(&self) -> bool {
        let (rules, record) = (&self.world.rules, self.own.record);
        if record.id == 0 {
            return false;
        }
        if !rules.code {
            return true;
        }
        let (namespace, name) = self.world.namespaced_name(self.place);
        let (other_namespace, other_name) = self.world.namespaced_name(usize::from(record.place));
        let is_of_place = (namespace == other_namespace || !rules.code_has_namespace)
            && (name == other_name || !rules.code_has_name);
        let (lost, copied) = (self.state.lost_key, self.state.copied_key);
        let has_key = match (record.code, cluster(self.place)) {
            (Code::First, 0) => !lost,
            (Code::Second, 0) => lost,
            (Code::First, _) => copied,
            (Code::Other, _) => cluster(self.place) == 1,
            (Code::None | Code::Second, _) => false,
        };
        has_key && is_of_place
    }

    /// The operator itself wrote the record for this place, as after a restored backup.
    pub(super) fn is_restored(&self) -> bool {
        let record = self.own.record;
        let is_of_cluster =
            cluster(usize::from(record.place)) == cluster(self.place) || !self.world.rules.cluster;
        self.is_authentic() && is_of_cluster && !record.names_other
    }

    /// The record names ids of two add-ons.
    fn is_mixed(&self, id: u8) -> bool {
        self.own.record.id == id && self.own.record.second != id
    }

    /// The record is valid for the account of the namespace's own credentials, where its user decides on everything.
    pub(super) fn is_in_own_account(&self) -> bool {
        self.state.own_account && self.place == 1 && self.own.record.code == Code::None
    }

    /// The add-on has the name of this resource, or is the answer to a creation of this process.
    pub(super) fn is_named(&self, id: u8) -> bool {
        let memory = self.own.memory;
        let addon = self.state.addon(id);
        let is_named =
            (memory.answered && memory.trusted == id) || (addon.exists && addon.name == self.own.uid);
        is_named && !self.is_mixed(id)
    }

    /// The add-on has the name of another resource, which may be gone or in another cluster.
    pub(super) fn names_other(&self, id: u8) -> bool {
        let addon = self.state.addon(id);
        addon.exists && addon.name != 0 && addon.name != self.own.uid
    }

    /// The add-on has the name of another live resource of the cluster.
    pub(super) fn is_held_by_name(&self, id: u8) -> bool {
        let addon = self.state.addon(id);
        let is_named = |other: Self| other.own.uid == addon.name;
        self.world.rules.name_decides && addon.exists && addon.name != 0 && self.others().any(is_named)
    }

    pub(super) fn is_assigned(&self, id: u8) -> bool {
        let is_assigned = |id: u8| {
            let addon = self.state.addon(id);
            addon.exists && usize::from(addon.assigned) == self.place + 1
        };
        if self.is_mixed(id) {
            return !self.world.rules.assignment_proves_one
                && (is_assigned(id) || is_assigned(self.own.record.second));
        }
        is_assigned(id)
    }

    pub(super) fn is_confirmed(&self, id: u8) -> bool {
        let rules = &self.world.rules;
        let is_allowed = self.world.may_confirm(self.place) || !rules.confirmation_needs_permission;
        let is_plain =
            !self.names_other(id) && !self.is_held_by_name(id) || !rules.confirmation_needs_plain_name;
        let is_given = self.own.confirmed == id && !self.is_mixed(id);
        self.state.addon(id).exists && is_allowed && is_plain && is_given
    }

    pub(super) fn is_claimable(&self, id: u8) -> bool {
        self.is_assigned(id) || self.is_confirmed(id)
    }

    fn remembers(&self, id: u8) -> bool {
        self.own.memory.trusted == id && !self.is_mixed(id)
    }

    /// Something proves that the recorded add-on belongs to this resource.
    pub(super) fn is_proven(&self) -> bool {
        let id = self.own.record.id;
        self.is_authentic() || self.remembers(id) || self.is_named(id) || self.is_assigned(id)
    }

    /// The strongest claim of another live resource of the cluster.
    fn claim(&self, id: u8) -> Claim {
        let claims = |other: &Self| match other.own.record.id {
            0 => other.own.status == id,
            recorded => {
                let is_over = other.own.record.released != Release::None && self.world.rules.release_ends;
                recorded == id && other.has_own_record() && !is_over
            }
        };
        let rank = |other: Self| if other.is_authentic() { Claim::Proven } else { Claim::Unproven };
        let all: Vec<_> = self.others().filter(claims).map(rank).collect();
        match (all.contains(&Claim::Proven), all.is_empty()) {
            (true, _) => Claim::Proven,
            (false, false) => Claim::Unproven,
            (false, true) => Claim::None,
        }
    }

    /// Another live resource holds or claims the add-on.
    pub(super) fn is_of_other(&self, id: u8) -> bool {
        let is_claimed = self.world.rules.confirmation_needs_no_claim && self.claim(id) != Claim::None;
        self.is_held_by_name(id) || is_claimed
    }

    /// Another live resource of the cluster was restored with an authentic record of the add-on.
    pub(super) fn is_restored_by_other(&self, id: u8) -> bool {
        self.others()
            .any(|other| other.own.record.id == id && other.has_foreign_record() && other.is_restored())
    }

    /// Another live resource provably holds the add-on.
    pub(super) fn is_provably_of_other(&self, id: u8) -> bool {
        let outweighs = match self.claim(id) {
            Claim::Proven => true,
            Claim::Unproven => !self.world.rules.claim_needs_proof,
            Claim::None => false,
        };
        self.is_held_by_name(id) || outweighs
    }

    /// Another live resource holds the recorded add-on.
    pub(super) fn is_held_by_other(&self) -> bool {
        let (id, memory) = (self.own.record.id, self.own.memory);
        if self.is_held_by_name(id) {
            return true;
        }
        let claim = self.claim(id);
        if claim == Claim::Unproven && !self.world.rules.claim_needs_proof {
            return true;
        }
        let is_outweighed = claim == Claim::Proven && !self.is_authentic();
        // The cloud's own answer is a memory, too.
        let remembers =
            (self.is_named(id) || self.remembers(id)) && !(is_outweighed && self.world.rules.memory_yields);
        let addon = self.state.addon(id);
        let bears_name = addon.exists && addon.name == self.own.uid;
        if bears_name || memory.deleted == id || remembers {
            return false;
        }
        let is_proven = self.is_authentic() || self.is_assigned(id);
        let outweighs = (is_proven && claim != Claim::Proven)
            || (self.is_assigned(id) && !(is_outweighed && self.world.rules.assignment_yields));
        claim != Claim::None && !outweighs
    }
}
