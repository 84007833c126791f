//! A list, reduced to the add-ons that concern one resource.

use serde_json::Value;

use crate::exchange::Listed;
use crate::plan::{Entry, Ids, same};

/// Names and ids by which a list is searched for the add-ons of one resource.
pub(super) struct Sought<'a> {
    /// The name that we give to the resource's add-on.
    pub name: &'a str,
    /// The ids that its record names.
    pub ids: Option<&'a Ids>,
    /// The id that its status names.
    pub status_id: Option<&'a str>,
    /// The provider that the catalog names for the kind.
    pub provider: &'a str,
    /// Finds the other live resource whose add-on bears this name, written for messages.
    pub holder: &'a dyn Fn(&str) -> Option<String>,
}

/// Returns the add-ons that bear our name or one of the ids that record or status name, and the whole list
/// item of the recorded one.
pub(super) fn listing<'a>(listed: &'a [Listed], sought: &Sought) -> (Vec<Entry>, Option<&'a Value>) {
    let is_recorded = |one: &Listed| sought.ids.is_some_and(|ids| same(ids, &one.ids));
    let ours = |one: &&Listed| {
        let named = one.name == sought.name;
        named || is_recorded(one) || sought.status_id.is_some_and(|id| one.ids.values().any(|own| own == id))
    };
    let entry = |one: &Listed| Entry {
        ids: one.ids.clone(),
        name_matches: one.name == sought.name,
        held_by: (one.name != sought.name).then(|| (sought.holder)(&one.name)).flatten(),
        same_provider: one.provider.as_ref().is_none_or(|own| own == sought.provider),
        created: one.created,
    };
    let recorded = listed.iter().find(|one| is_recorded(one)).map(|one| &one.raw);
    (listed.iter().filter(ours).map(entry).collect(), recorded)
}
