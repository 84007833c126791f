//! A list, reduced to the add-ons that concern one resource.

use serde_json::Value;

use crate::exchange::Listed;
use crate::plan::{Entry, External, Ids, same};

/// Names and ids by which a list is searched for the add-ons of one resource.
pub(super) struct Sought<'a> {
    /// The name that we give to the resource's add-on.
    pub name: &'a str,
    /// The name contains the uid of the resource.
    pub has_uid: bool,
    /// The ids that its record names.
    pub ids: Option<&'a Ids>,
    /// The id that its status names.
    pub status_id: Option<&'a str>,
    /// The existing add-on that its annotations name.
    pub external: Option<&'a External>,
    /// The ids of the add-ons whose marks name the resource.
    pub marked: Vec<&'a Ids>,
    /// The ids of the add-ons whose marks have the name in its annotations.
    pub marked_as_requested: Vec<&'a Ids>,
    /// The provider that the catalog names for the kind.
    pub provider: &'a str,
    /// Finds the other live resource whose add-on bears this name, written for messages.
    pub holder: &'a dyn Fn(&str) -> Option<String>,
}

/// Returns the add-ons that bear our name or one of the ids that record or status name, and the whole list
/// item of the recorded one.
pub(super) fn listing<'a>(listed: &'a [Listed], sought: &Sought) -> (Vec<Entry>, Option<&'a Value>) {
    let is_recorded = |one: &Listed| sought.ids.is_some_and(|ids| same(ids, &one.ids));
    let is_one_of = |all: &[&Ids], one: &Listed| all.iter().any(|ids| same(ids, &one.ids));
    let is_requested = |one: &Listed| match sought.external {
        Some(External::Id(id)) => one.ids.values().any(|own| own == id),
        Some(External::Name(name) | External::NameOrNew(name)) => {
            one.name == *name || is_one_of(&sought.marked_as_requested, one)
        }
        None => false,
    };
    let ours = |one: &&Listed| {
        let named = one.name == sought.name || is_requested(one) || is_one_of(&sought.marked, one);
        named || is_recorded(one) || sought.status_id.is_some_and(|id| one.ids.values().any(|own| own == id))
    };
    let entry = |one: &Listed| Entry {
        ids: one.ids.clone(),
        name_matches: one.name == sought.name,
        names_other: sought.has_uid && names_other(&one.name, sought.name),
        requested: is_requested(one),
        held_by: (one.name != sought.name).then(|| (sought.holder)(&one.name)).flatten(),
        same_provider: one.provider.as_ref().is_none_or(|own| own == sought.provider),
        created: one.created,
    };
    let recorded = listed.iter().find(|one| is_recorded(one)).map(|one| &one.raw);
    (listed.iter().filter(ours).map(entry).collect(), recorded)
}

/// Returns true when the name contains a uid that our own name does not contain: the add-on was created for
/// another resource, which may be gone, or in another cluster.
fn names_other(name: &str, own: &str) -> bool {
    uids(name).any(|uid| !own.contains(uid))
}

/// Returns the parts of a text that have the form of a uid.
pub fn uids(text: &str) -> impl Iterator<Item = &str> {
    const UID_LEN: usize = 36;
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let is_uid = |part: &&str| {
        part.bytes().enumerate().all(|(at, letter)| match letter {
            b'-' => DASHES.contains(&at),
            letter => letter.is_ascii_hexdigit() && !DASHES.contains(&at),
        })
    };
    (0..text.len()).filter_map(move |at| text.get(at..at + UID_LEN)).filter(is_uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "kubernetes::Database::2f1c3a5e-0000-4000-8000-000000000001";

    #[test]
    fn a_name_with_another_uid_is_the_name_of_another_resource() {
        for (name, expected) in [
            (OURS, false),
            ("orders", false),
            ("kubernetes::Database::2f1c3a5e-0000-4000-8000-000000000002", true),
            ("kubernetes::Cache::2f1c3a5e-0000-4000-8000-000000000001", false),
            ("2f1c3a5e-0000-4000-8000-000000000002-é", true),
            ("2f1c3a5e-0000-4000-8000-00000000000", false),
            ("2f1c3a5e00000-4000-8000-000000000002", false),
        ] {
            assert_eq!(names_other(name, OURS), expected, "{name}");
        }
    }
}
