//! Kinds whose resources are not known yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The kinds whose resources have not been listed since this process started, by the names of their definitions.
#[derive(Debug, Default)]
pub(crate) struct Unlisted(Mutex<BTreeMap<String, UnlistedKind>>);

#[derive(Debug)]
struct UnlistedKind {
    api: String,
    kind: String,
    /// The API server serves no such kind: it has no resources.
    is_absent: bool,
}

impl Unlisted {
    /// A kind of an API is looked for from now on.
    pub(crate) fn begin(&self, definition: &str, api: &str, kind: &str) {
        self.lock().insert(definition.to_owned(), UnlistedKind { api: api.to_owned(), kind: kind.to_owned(), is_absent: false });
    }

    /// The API server serves the kind, or does not: one that it does not serve has no resources to wait for. One that cannot be looked at may have.
    pub(crate) fn set_absent(&self, definition: &str, is_absent: bool) {
        if let Some(unlisted) = self.lock().get_mut(definition) {
            unlisted.is_absent = is_absent;
        }
    }

    /// The kind has a controller, or is not looked for any more.
    pub(crate) fn end(&self, definition: &str) {
        self.lock().remove(definition);
    }

    pub(crate) fn of(&self, api: &str) -> Option<String> {
        self.lock().values().find(|unlisted| unlisted.api == api && !unlisted.is_absent).map(|unlisted| unlisted.kind.clone())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, UnlistedKind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
