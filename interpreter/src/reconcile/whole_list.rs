//! A list of a whole account.

use std::time::Duration;

use serde_json::Value;

use crate::catalog::Addon;
use crate::exchange::{self, Entries, Listed, Unreadable};

/// All add-ons of an account, from one list request (all its pages).
#[derive(Debug, Default)]
pub struct WholeList {
    /// The time at which its request was sent.
    pub sent: Duration,
    /// The listed add-ons.
    pub listed: Vec<Listed>,
    /// Names of entries whose ids cannot be read: neither known nor absent.
    pub unreadable: Vec<String>,
    /// The list is much shorter than the previous ones.
    pub suspicious: bool,
}

/// Reads the add-ons in the pages of a list.
pub fn entries<'a>(addon: &Addon, pages: impl IntoIterator<Item = &'a Value>) -> Result<Entries, Unreadable> {
    let mut all = Entries::default();
    for page in pages {
        let found = exchange::read(&addon.list, page)?;
        let page = exchange::entries(&addon.api.identity, &found)?;
        all.listed.extend(page.listed);
        all.unreadable.extend(page.unreadable);
    }
    Ok(all)
}
