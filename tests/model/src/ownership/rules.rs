//! The rules of ownership, each with a switch, and the world that they are tried in.

/// Acts of users and administrators. Each world has some of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Acts {
    /// The number of acts in one story.
    pub(super) most: u8,
    /// Copies of a record with its code.
    pub(super) copy: bool,
    /// Records without a valid code, and statuses.
    pub(super) forge: bool,
    /// The removal of a record, or of the finalizer.
    pub(super) remove: bool,
    /// Renames in the console.
    pub(super) rename: bool,
    pub(super) confirm: bool,
    pub(super) policy: bool,
    pub(super) backup: bool,
    /// The loss of the key of the first cluster, and its copy in the second.
    pub(super) keys: bool,
    /// Assignments and transfers by an administrator.
    pub(super) assign: bool,
    /// Changes of the credentials of the second place's namespace.
    pub(super) credentials: bool,
    /// Finalizers of other controllers.
    pub(super) hold: bool,
}

/// The world, and the rules by which the operators act in it. `Rules::new` has every rule.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) acts: Acts,
    /// The second place is in the namespace of the first.
    pub(super) one_namespace: bool,
    /// The places that may have resources, as a set.
    pub(super) places: u8,
    /// The places where the configuration allows confirmations, as a set.
    pub(super) confirmable: u8,

    /// A record is believed only with a valid code.
    pub(super) code: bool,
    pub(super) code_has_namespace: bool,
    pub(super) code_has_name: bool,
    /// A record of another cluster is not believed.
    pub(super) cluster: bool,
    /// An add-on with the name of another live resource belongs to that one.
    pub(super) name_decides: bool,
    /// A claim without proof outweighs no proof.
    pub(super) claim_needs_proof: bool,
    /// A confirmation hands out no add-on with the name of another resource.
    pub(super) confirmation_needs_plain_name: bool,
    /// A confirmation hands out no add-on that another live resource claims.
    pub(super) confirmation_needs_no_claim: bool,
    /// A confirmation needs the permission of the configuration.
    pub(super) confirmation_needs_permission: bool,
    /// Only a proven record is signed.
    pub(super) signs_proven: bool,
    /// An add-on with the name of a resource of another cluster is deleted only after a transfer.
    pub(super) transfer: bool,
    /// Deletion needs proof.
    pub(super) deletion_needs_proof: bool,
    pub(super) retain: bool,
    /// A released record claims nothing, and is not restored if its add-on was deleted.
    pub(super) release_ends: bool,
    /// A leftover of a gone resource is deleted only if the live resource was seen without the finalizer.
    pub(super) leftover_was_unguarded: bool,
    /// A leftover of a gone resource is deleted only if it has the resource's name.
    pub(super) leftover_has_name: bool,
    /// A leftover of a gone resource is deleted only if no live resource has an authentic record of it, also of another
    /// uid.
    pub(super) leftover_spares_restored: bool,
    /// An assignment does not outweigh the authentic record of another live resource, unless the resource has one, too.
    pub(super) assignment_yields: bool,
    /// An assignment proves the ids of one add-on, and no others in the same record.
    pub(super) assignment_proves_one: bool,
    /// The memory of a proof ends when the credentials change.
    pub(super) credentials_end_memory: bool,
    /// The memory of a proof does not outweigh the authentic record of another live resource.
    pub(super) memory_yields: bool,
    /// A claimed record of another cluster notes that the other cluster may use the add-on.
    pub(super) notes_cluster: bool,
    /// The memory of a proof ends when the resource gives its add-on up.
    pub(super) memory_ends: bool,
    pub(super) finalizer_comes_back: bool,
}

impl Rules {
    /// Every rule, in a world in which users only create and delete.
    pub(super) fn new() -> Self {
        Self {
            acts: Acts::default(),
            one_namespace: false,
            places: 0b011,
            confirmable: 0,
            code: true,
            code_has_namespace: true,
            code_has_name: true,
            cluster: true,
            name_decides: true,
            claim_needs_proof: true,
            confirmation_needs_plain_name: true,
            confirmation_needs_no_claim: true,
            confirmation_needs_permission: true,
            signs_proven: true,
            transfer: true,
            deletion_needs_proof: true,
            retain: true,
            release_ends: true,
            leftover_was_unguarded: true,
            leftover_has_name: true,
            leftover_spares_restored: true,
            assignment_yields: true,
            memory_yields: true,
            notes_cluster: true,
            assignment_proves_one: true,
            credentials_end_memory: true,
            memory_ends: true,
            finalizer_comes_back: true,
        }
    }
}
