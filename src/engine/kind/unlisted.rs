//! Kinds whose resources are not known yet.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};

/// Kinds whose resources have not been listed since the start of this process, by name of the CRD.
#[derive(Debug, Default)]
pub(crate) struct Unlisted(Mutex<BTreeMap<String, UnlistedKind>>);

#[derive(Debug)]
struct UnlistedKind {
    api: String,
    kind: String,
    /// True when the API server does not serve the kind, so that it has no resources.
    is_absent: bool,
}

impl Unlisted {
    /// Adds a kind of an API.
    pub(crate) fn begin(&self, definition: &str, api: &str, kind: &str) {
        self.lock().insert(
            definition.to_owned(),
            UnlistedKind { api: api.to_owned(), kind: kind.to_owned(), is_absent: false },
        );
    }

    /// Records whether the API server serves the kind: a kind that is not served has no resources to wait
    /// for, whereas one that cannot be read may have some.
    pub(crate) fn set_absent(&self, definition: &str, is_absent: bool) {
        if let Some(unlisted) = self.lock().get_mut(definition) {
            unlisted.is_absent = is_absent;
        }
    }

    /// Removes a kind: it has a controller now, or was removed from the catalog.
    pub(crate) fn end(&self, definition: &str) {
        self.lock().remove(definition);
    }

    pub(crate) fn of(&self, api: &str) -> Option<String> {
        self.lock()
            .values()
            .find(|unlisted| unlisted.api == api && !unlisted.is_absent)
            .map(|unlisted| unlisted.kind.clone())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, UnlistedKind>> {
        self.0.lock()
    }
}
