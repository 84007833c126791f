//! Reads the accounts that credentials see from an answer of the cloud.

use serde_json::Value;

use crate::catalog::Accounts;
use crate::catalog::expression::Selector;
use crate::exchange::read::{Found, Unreadable, read};
use crate::exchange::text;

/// Account that credentials see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAccount {
    /// Id, as a resource names it.
    pub id: String,
    /// Name for messages; empty if the cloud shows none.
    pub title: String,
}

fn one(selector: &Selector, item: &Value) -> Option<String> {
    selector.one(item).ok().flatten().and_then(text)
}

/// Reads the accounts; an answer without any is valid, and an account without an id is not.
pub fn accounts(accounts: &Accounts, answer: &Value) -> Result<Vec<SeenAccount>, Unreadable> {
    let found = match read(&accounts.read, answer)? {
        Found::Items(items) => items,
        Found::Item(item) => vec![item],
        Found::Map(entries) => entries.into_iter().map(|(_, value)| value).collect(),
        Found::Nothing => Vec::new(),
    };
    let mut all: Vec<&Value> = found.iter().collect();
    if all.is_empty() {
        all.extend(accounts.otherwise.iter().flat_map(|otherwise| otherwise.all(answer)));
    }
    let seen = |item: &Value| {
        let title = accounts.title.as_ref().and_then(|title| one(title, item)).unwrap_or_default();
        one(&accounts.id, item).filter(|id| !id.is_empty()).map(|id| SeenAccount { id, title })
    };
    all.into_iter().map(seen).collect::<Option<Vec<_>>>().ok_or_else(|| Unreadable {
        operation: accounts.read.name.clone(),
        why: format!("an account lacks its id, `{}`", accounts.id.source()),
    })
}
