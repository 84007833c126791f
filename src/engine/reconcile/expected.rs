//! Add-ons that lists are compared with: those that authentic records name.

use interpreter::plan::{Ids, Location, RECORD, Record};
use kube::api::DynamicObject;

use crate::engine::cloud_api::account_cache::Expected;
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;

impl Engine {
    /// Returns the add-ons that records name at this location. `of` is the kind whose list is compared.
    pub(super) fn expected(&self, location: &Location, of: &Controller) -> Expected {
        let keys = self.identity.keys();
        let controllers = self.of_api(&location.api);
        let ids = controllers.iter().flat_map(|controller| {
            let all = controller.all().into_iter();
            // A record that a user wrote must not make lists suspicious. Without keys, every record counts.
            all.filter(|object| keys.is_none() || controller.is_authentic(object, keys.as_deref()))
                .filter_map(|object| recorded(&object, location))
                .collect::<Vec<_>>()
        });
        Expected { ids: ids.collect(), absence_time: of.managed.timing.absence_time }
    }
}

/// Returns the ids of the add-on that the object's own record names at this location.
fn recorded(object: &DynamicObject, location: &Location) -> Option<Ids> {
    let text = object.metadata.annotations.as_ref()?.get(RECORD)?;
    // Parsing a record costs much more than searching its text for the account.
    if !text.contains(&location.account) {
        return None;
    }
    let record = Record::read(text).ok().filter(|record| record.location() == *location)?;
    let is_own = object.metadata.uid.as_deref() == Some(&record.uid) && record.released.is_none();
    record.ids.filter(|_| is_own)
}
