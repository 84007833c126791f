//! The planner: the next step for a resource, by the rules of ownership.

use super::proof::{Seen, cluster};
use super::state::{Code, Record, Release};

/// The next step of an operator for a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Waits for a user or an administrator.
    Wait,
    /// Reads the outputs of the recorded add-on, writes its Secret and its changes.
    Use(u8),
    /// Creates an add-on, and records it.
    Create,
    /// Writes a record with a code.
    Write(Record),
    /// Puts the finalizer back.
    AddFinalizer,
    /// Deletes an add-on.
    Delete(u8),
    /// Removes the finalizer, and closes the record.
    Release(Release),
}

/// Returns the next step for the resource at this place.
pub(super) fn plan(seen: &Seen<'_>) -> Step {
    let own = seen.own;
    if own.uid == 0 || (own.deleting && !own.finalizer) {
        return Step::Wait;
    }
    let step = match (seen.has_own_record(), seen.has_foreign_record()) {
        (true, _) => recorded(seen),
        (false, true) if own.deleting && is_others(seen) => unrecorded_deletion(seen),
        (false, true) => foreign(seen),
        (false, false) if own.deleting => unrecorded_deletion(seen),
        (false, false) if own.status != 0 => adopting(seen),
        (false, false) => own_name(seen).map_or(Step::Create, |id| Step::Write(found(seen, id))),
    };
    let is_lost = !own.deleting && !own.finalizer && seen.has_own_record();
    match step {
        Step::Write(_) | Step::Create => step,
        Step::Wait | Step::Use(_) | Step::AddFinalizer | Step::Delete(_) | Step::Release(_) => {
            if is_lost && seen.world.rules.finalizer_comes_back { Step::AddFinalizer } else { step }
        }
    }
}

/// An existing add-on with the name of the resource.
fn own_name(seen: &Seen<'_>) -> Option<u8> {
    seen.state.existing().find(|id| seen.state.addon(*id).name == seen.own.uid)
}

/// Returns a new record of this add-on.
fn found(seen: &Seen<'_>, id: u8) -> Record {
    signed(seen, Record { id, second: id, names_other: seen.names_other(id), ..Record::default() })
}

/// Returns the record as the operator writes it for this resource.
pub(super) fn signed(seen: &Seen<'_>, record: Record) -> Record {
    let code = match (cluster(seen.place), seen.state.lost_key) {
        (0, false) => Code::First,
        (0, true) => Code::Second,
        _ => Code::Other,
    };
    Record { uid: seen.own.uid, place: seen.place as u8, released: Release::None, code, ..record }
}

/// A record of another uid: a restored backup, or a copy.
fn foreign(seen: &Seen<'_>) -> Step {
    let record = seen.own.record;
    let is_restored = seen.is_restored();
    let is_given = is_restored || seen.is_assigned(record.id);
    let is_taken = if is_given { seen.is_provably_of_other(record.id) } else { seen.is_of_other(record.id) };
    match () {
        () if is_taken => Step::Wait,
        () if is_restored => Step::Write(signed(seen, record)),
        () if seen.is_claimable(record.id) => {
            let claimed = found(seen, record.id);
            let is_elsewhere = cluster(usize::from(record.place)) != cluster(seen.place);
            let is_noted = is_elsewhere && seen.world.rules.notes_cluster;
            Step::Write(Record { names_other: claimed.names_other || is_noted, ..claimed })
        }
        () => Step::Wait,
    }
}

/// Returns true when the deletion of the resource leaves the add-on of its foreign record alone.
fn is_others(seen: &Seen<'_>) -> bool {
    seen.is_provably_of_other(seen.own.record.id) || !seen.is_restored()
}

/// A record with the resource's own uid.
fn recorded(seen: &Seen<'_>) -> Step {
    let (own, record) = (seen.own, seen.own.record);
    let exists = seen.state.addon(record.id).exists;
    if own.status != 0 && own.status != record.id {
        return Step::Wait;
    }
    if seen.is_in_own_account() {
        return if own.deleting { Step::Release(Release::Deleted) } else { Step::Use(record.id) };
    }
    if own.deleting {
        return deleting(seen);
    }
    if seen.is_held_by_other() {
        return Step::Wait;
    }
    if !seen.is_proven() && seen.world.rules.signs_proven {
        let is_free = exists && seen.is_claimable(record.id) && !seen.is_of_other(record.id);
        return if is_free { Step::Write(found(seen, record.id)) } else { Step::Wait };
    }
    let is_provable =
        seen.is_named(record.id) || seen.is_assigned(record.id) || !seen.world.rules.signs_proven;
    match () {
        () if !exists => Step::Wait,
        () if !seen.is_authentic() && is_provable => {
            let names_other = record.names_other || seen.names_other(record.id);
            Step::Write(signed(seen, Record { names_other, ..record }))
        }
        () => Step::Use(record.id),
    }
}

fn deleting(seen: &Seen<'_>) -> Step {
    let (own, rules, id) = (seen.own, &seen.world.rules, seen.own.record.id);
    let addon = seen.state.addon(id);
    let leftover = own_name(seen);
    let is_deleted = own.memory.deleted == id;
    let names_other = own.record.names_other || (!seen.is_authentic() && seen.names_other(id));
    if !is_deleted && ((names_other && !addon.transferred && rules.transfer) || (own.retain && rules.retain))
    {
        return Step::Release(Release::Retained);
    }
    let own_alone = |release| leftover.map_or(Step::Release(release), Step::Delete);
    let is_plain = addon.exists && addon.name != own.uid && !seen.is_held_by_name(id);
    match () {
        () if seen.is_held_by_other() && is_plain => Step::Wait,
        () if seen.is_held_by_other() => own_alone(Release::Retained),
        () if !seen.is_proven() && rules.deletion_needs_proof => match leftover {
            None if addon.exists => Step::Wait,
            Some(_) | None => own_alone(Release::Retained),
        },
        () if is_deleted => own_alone(Release::Deleted),
        () => Step::Delete(id),
    }
}

/// The resource is being deleted, and its record names nothing of its own.
fn unrecorded_deletion(seen: &Seen<'_>) -> Step {
    own_name(seen).map_or(Step::Release(Release::None), |id| Step::Write(found(seen, id)))
}

/// The status names an add-on, as the previous operator left it.
fn adopting(seen: &Seen<'_>) -> Step {
    let id = seen.own.status;
    let addon = seen.state.addon(id);
    let is_assigned = seen.is_assigned(id);
    let is_taken = if is_assigned { seen.is_provably_of_other(id) } else { seen.is_of_other(id) };
    match () {
        () if !addon.exists => Step::Wait,
        () if addon.name == seen.own.uid => Step::Write(found(seen, id)),
        () if is_taken || !seen.is_claimable(id) => Step::Wait,
        () => Step::Write(found(seen, id)),
    }
}
