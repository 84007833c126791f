//! Add-ons that a list has to show: those that authentic records name.

use interpreter::plan::{Ids, Location, Now, RECORD, Record, Timing};
use kube::api::DynamicObject;

use crate::engine::cloud_api::account_cache::Expected;
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;

impl Engine {
    /// Returns the add-ons that the list of this kind at this location has to show.
    pub(super) fn expected(&self, location: &Location, of: &Controller, now: Now) -> Expected {
        let keys = self.identity.keys();
        let is_listed_alike = |controller: &Controller| {
            let (one, other) = (&controller.managed.addon, &of.managed.addon);
            one.list == other.list && one.api.identity == other.api.identity
        };
        let timing = &of.managed.timing;
        let controllers = self.of_api(&location.api);
        let ids =
            controllers.iter().filter(|controller| is_listed_alike(controller)).flat_map(|controller| {
                let all = controller.all().into_iter();
                // A record that a user wrote must not make lists suspicious. Without keys, every record counts.
                all.filter(|object| keys.is_none() || controller.is_authentic(object, keys.as_deref()))
                    .filter_map(|object| recorded(&object, location, timing, now))
                    .collect::<Vec<_>>()
            });
        Expected { ids: ids.collect(), absence_time: timing.absence_time }
    }
}

/// Returns the ids of the add-on that the object's own record names at this location, if a list must show it by
/// now.
fn recorded(object: &DynamicObject, location: &Location, timing: &Timing, now: Now) -> Option<Ids> {
    let text = object.metadata.annotations.as_ref()?.get(RECORD)?;
    // Parsing a record costs much more than searching its text for the account.
    if !text.contains(&location.account) {
        return None;
    }
    let record = Record::read(text).ok().filter(|record| record.location() == *location)?;
    let is_own = object.metadata.uid.as_deref() == Some(&record.uid) && record.released.is_none();
    let shows_from = record.first.unwrap_or_default().saturating_add_unsigned(wait(timing));
    record.ids.filter(|_| is_own && shows_from <= now.wall)
}

/// The time, in milliseconds, after which an add-on shows.
fn wait(timing: &Timing) -> u64 {
    u64::try_from(timing.wait().as_millis()).unwrap_or(u64::MAX)
}
