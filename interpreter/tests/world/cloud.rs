//! The cloud: add-ons, and lists that lag. Keeps its promise (the list lag) always, and no other.

use interpreter::plan::Ids;

use super::dice::Dice;
use super::script::{Lag, Ms};

/// What was done shows in a list after so long.
pub(crate) const SETTLE: Ms = 60_000;
/// A change of size that must be made once takes so long.
pub(crate) const MIGRATION: Ms = 45_000;

/// One account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cloud {
    pub(crate) addons: Vec<AddOn>,
    pub(crate) outage: bool,
    /// During it lists are empty; else they fail.
    pub(crate) empty: bool,
}

/// One add-on, also after its end.
#[derive(Clone, Debug)]
pub(crate) struct AddOn {
    pub(crate) id: u32,
    /// Of the resource whose name it bears.
    pub(crate) uid: u32,
    pub(crate) elder: bool,
    /// Was ever in a Secret.
    pub(crate) shared: bool,
    pub(crate) created: i64,
    pub(crate) size: i64,
    /// Must show in a list from then on.
    pub(crate) shows: Ms,
    pub(crate) end: Option<End>,
    pub(crate) migration: Option<Migration>,
    /// The sizes it was ever told to take by a change that must be made once.
    pub(crate) told: Vec<i64>,
    /// A user of the cloud has changed the size.
    pub(crate) resized: bool,
}

/// The end of an add-on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// Must not show from then on.
    pub(crate) hidden: Ms,
}

/// A change under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) size: i64,
    pub(crate) done: Ms,
}

impl Cloud {
    pub(crate) fn is_live(&self, id: u32) -> bool {
        self.addons.iter().any(|addon| addon.id == id && addon.end.is_none())
    }

    pub(crate) fn live_of(&self, uid: u32) -> Vec<u32> {
        self.addons
            .iter()
            .filter(|addon| addon.uid == uid && addon.end.is_none())
            .map(|addon| addon.id)
            .collect()
    }

    pub(crate) fn get(&self, id: u32) -> Option<&AddOn> {
        self.addons.iter().find(|addon| addon.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut AddOn> {
        self.addons.iter_mut().find(|addon| addon.id == id && addon.end.is_none())
    }

    pub(crate) fn create(&mut self, uid: u32, created: i64, size: i64, shows: Ms) -> u32 {
        let id = self.addons.len() as u32 + 1;
        self.addons.push(AddOn {
            id,
            uid,
            elder: false,
            shared: false,
            created,
            size,
            shows,
            end: None,
            migration: None,
            told: Vec::new(),
            resized: false,
        });
        id
    }

    pub(crate) fn delete(&mut self, id: u32, hidden: Ms) {
        if let Some(addon) = self.get_mut(id) {
            addon.end = Some(End { hidden });
        }
    }

    /// What a list sent now shows.
    pub(crate) fn list(&self, now: Ms, lag: Lag, dice: &mut Dice) -> Vec<u32> {
        let mut late = |lately: bool| match lag {
            Lag::None | Lag::Full => lately,
            Lag::Flicker => dice.one_in(2),
        };
        let shown = |addon: &&AddOn| match addon.end {
            None => now >= addon.shows || late(false),
            Some(end) => now < end.hidden && late(true),
        };
        self.addons.iter().filter(shown).map(|addon| addon.id).collect()
    }

    /// Ends the migrations that are through.
    pub(crate) fn advance(&mut self, now: Ms) {
        for addon in &mut self.addons {
            if let Some(migration) = addon.migration.filter(|migration| migration.done <= now) {
                addon.size = migration.size;
            }
        }
    }
}

/// The identifiers of an add-on, as the cloud writes them.
pub(crate) fn ids(id: u32) -> Ids {
    Ids::from([("addon".to_owned(), format!("x{id}"))])
}

/// The add-on of these identifiers.
pub(crate) fn number(ids: &Ids) -> u32 {
    ids.get("addon").and_then(|id| id[1..].parse().ok()).unwrap_or_default()
}
