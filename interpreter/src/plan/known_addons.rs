//! Add-ons that this process knows to belong to the resource, without a look at the list.

use crate::plan::location::Location;
use crate::plan::record::Ids;

/// The answer to this process's own creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) ids: Ids,
    pub(crate) nonce: String,
}

/// Add-ons that belonged to the resource when a request about them was answered or sent. The same ids at another
/// location are another add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownAddons {
    /// The ids in the answer to the last creation of this process.
    answered: Option<KnownAddon>,
    /// The ids that this resource was known to hold when the last request about them was sent.
    trusted: Option<KnownAddon>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct KnownAddon {
    ids: Ids,
    location: Option<Location>,
}

impl KnownAddons {
    /// Takes the ids in the cloud's answer to a creation of this process.
    pub(crate) fn answer(&mut self, ids: &Ids, location: Option<&Location>) {
        self.answered = Some(KnownAddon { ids: ids.clone(), location: location.cloned() });
    }

    /// Takes the ids that a request is about to be sent for.
    pub(crate) fn trust(&mut self, ids: Option<&Ids>, location: Option<&Location>) {
        self.trusted = ids.map(|ids| KnownAddon { ids: ids.clone(), location: location.cloned() });
    }

    /// Returns true when the cloud's own answer to a creation of this process gave these ids.
    pub(crate) fn was_answered(&self, ids: &Ids, location: &Location) -> bool {
        self.answered.as_ref().is_some_and(|known| known.is(ids, location))
    }

    /// Returns true when the add-on with these ids belonged to the resource.
    pub(crate) fn hold(&self, ids: &Ids, location: &Location) -> bool {
        self.was_answered(ids, location) || self.trusted.as_ref().is_some_and(|known| known.is(ids, location))
    }

    /// Forgets them: the resource gave its add-on up, or other credentials ask now.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl KnownAddon {
    fn is(&self, ids: &Ids, location: &Location) -> bool {
        self.ids == *ids && self.location.as_ref() == Some(location)
    }
}
