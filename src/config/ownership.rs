//! Settings of ownership: which add-ons resources may take over, and what a deletion does to an add-on.

use std::collections::{BTreeMap, BTreeSet};

use interpreter::plan::DeletionPolicy;
use interpreter::reconcile::{AdoptionRules, MarkingPolicy};

use crate::config::known_keys::{ADOPTING_NAMESPACES, ASSIGNED_ADDONS, TRANSFERRED_ADDONS};
use crate::config::reader::Reader;

/// The key of the deletion policy.
const DELETION_POLICY: &str = "operator.deletionPolicy";
/// The key of the add-ons to mark.
const MARKS: &str = "operator.marks";

/// Returns the add-ons that resources may take over without another proof.
pub(super) fn adoption(reader: &mut Reader) -> AdoptionRules {
    let addons: BTreeMap<String, String> = reader.table(ASSIGNED_ADDONS);
    for (id, _) in addons.iter().filter(|(_, resource)| !is_resource(resource)) {
        let help = "write kind, namespace and name, such as `\"database shop/orders\"`".to_owned();
        reader.refuse(&format!("{ASSIGNED_ADDONS}.{id}"), "does not name a resource", help);
    }
    let transfer: BTreeSet<String> = reader.list(TRANSFERRED_ADDONS);
    for id in transfer.iter().filter(|id| !addons.contains_key(*id)) {
        let help = format!("assign it to a resource in `[{ASSIGNED_ADDONS}]`");
        let message = format!("contains `{id}`, which is assigned to no resource");
        reader.refuse(TRANSFERRED_ADDONS, &message, help);
    }
    let namespaces = reader.organisations(ADOPTING_NAMESPACES).unwrap_or_default();
    AdoptionRules { namespaces, addons, transfer }
}

/// Returns the deletion policy of resources whose annotations, and those of their namespace, name none.
pub(super) fn deletion_policy(reader: &mut Reader) -> Option<DeletionPolicy> {
    let policy = DeletionPolicy::named(&reader.text(DELETION_POLICY)?);
    if policy.is_none() {
        reader.refuse(DELETION_POLICY, "is not a deletion policy", "write `delete` or `retain`".into());
    }
    policy
}

/// Returns the add-ons that the operator marks.
pub(super) fn marks(reader: &mut Reader) -> Option<MarkingPolicy> {
    let policy = MarkingPolicy::named(&reader.text(MARKS)?);
    if policy.is_none() {
        reader.refuse(MARKS, "does not say which add-ons are marked", "write `own`, `all` or `none`".into());
    }
    policy
}

/// Returns whether this names a resource: its kind, and its namespace and name.
fn is_resource(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(kind, place)| {
        let parts: Vec<_> = place.split('/').collect();
        let is_place = parts.len() <= 2 && parts.iter().all(|part| !part.is_empty() && !part.contains(' '));
        !kind.is_empty() && is_place
    })
}
