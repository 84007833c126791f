//! The cloud: add-ons with a name and a creator. Its lists do not lag; the other simulated world plays that.

use std::time::Duration;

use interpreter::plan::Ids;

use super::cluster::Place;

/// An add-on.
#[derive(Clone, Debug)]
pub(crate) struct Addon {
    pub(crate) id: u32,
    pub(crate) name: String,
    /// The resource that it was created for; none: somebody made it in the console.
    pub(crate) creator: Option<Place>,
    pub(crate) created: i64,
    pub(crate) deleted: bool,
    pub(crate) marks: Vec<String>,
    /// The namespace for which it was last marked.
    pub(crate) marked_in: String,
    /// Resources of other clusters from which it was taken over: they may read it, until they notice.
    pub(crate) former: Vec<Place>,
}

/// The cloud.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) addons: Vec<Addon>,
}

/// A list, and when it was sent.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) sent: Duration,
    pub(crate) addons: Vec<Addon>,
}

impl Cloud {
    pub(crate) fn create(&mut self, name: &str, creator: Option<Place>, created: i64) -> Ids {
        let id = u32::try_from(self.addons.len()).unwrap() + 1;
        let (name, marks, marked_in, former) = (name.to_owned(), Vec::new(), String::new(), Vec::new());
        self.addons.push(Addon { id, name, creator, created, deleted: false, marks, marked_in, former });
        ids(id)
    }

    pub(crate) fn get(&self, ids: &Ids) -> Option<&Addon> {
        self.addons.iter().find(|addon| self::ids(addon.id) == *ids)
    }

    pub(crate) fn get_mut(&mut self, ids: &Ids) -> Option<&mut Addon> {
        self.addons.iter_mut().find(|addon| self::ids(addon.id) == *ids)
    }

    pub(crate) fn live(&self) -> impl Iterator<Item = &Addon> {
        self.addons.iter().filter(|addon| !addon.deleted)
    }

    pub(crate) fn delete(&mut self, ids: &Ids) -> bool {
        let found = self.addons.iter_mut().find(|addon| self::ids(addon.id) == *ids && !addon.deleted);
        found.map(|addon| addon.deleted = true).is_some()
    }
}

pub(crate) fn ids(id: u32) -> Ids {
    Ids::from([("addon".to_owned(), format!("x{id}"))])
}
