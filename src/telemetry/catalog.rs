//! What `/catalog` shows: each kind that is interpreted, how it stands, and what is wrong with what was offered to the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// What is known of the catalog.
#[derive(Debug, Default)]
pub struct Catalog {
    state: Mutex<State>,
    /// Counts what was noted.
    noted: watch::Sender<u64>,
}

/// One kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The entry of the catalog.
    pub name: String,
    /// `plural.group`.
    pub definition: String,
    /// The file that it stands in; for a ConfigMap, its name and the key.
    pub file: String,
    /// It is part of this build.
    pub built_in: bool,
    /// `in-force`; `last-accepted`: what was written since is refused; `delete-only`: its entry is gone.
    pub standing: &'static str,
}

/// What something is waited for, for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The definition cannot be written as it should be.
    Definition,
    /// The kind is not served, or is another installation's.
    Claim,
    /// Its resources cannot be followed.
    Watch,
    /// This version cannot do all that the kind needs.
    Ability,
}

/// All of it at one moment.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    entries: Vec<Shown>,
    /// What is wrong, and where; a refused entry is not among the above unless an earlier form of it was accepted.
    problems: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: Entry,
    /// How many resources are left, where they can only be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<String>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    problems: Vec<Value>,
    left: BTreeMap<String, usize>,
    waiting: BTreeMap<(String, Topic), String>,
}

impl Catalog {
    /// What is interpreted from now on, and what is wrong with the rest.
    pub fn show(&self, entries: Vec<Entry>, problems: Vec<Value>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.entries = entries.into_iter().map(|entry| (entry.definition.clone(), entry)).collect();
        state.problems = problems;
        let known: BTreeSet<String> = state.entries.keys().cloned().collect();
        state.waiting.retain(|(definition, _), _| known.contains(definition));
        state.left.retain(|definition, _| known.contains(definition));
    }

    /// What is waited for, for a kind; none: nothing any more.
    pub fn note(&self, definition: &str, topic: Topic, waiting: Option<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (definition.to_owned(), topic);
        let before = state.waiting.get(&key).cloned();
        if before == waiting {
            return;
        }
        if let Some(waiting) = waiting {
            state.waiting.insert(key, waiting);
        } else {
            state.waiting.remove(&key);
        }
        drop(state);
        self.noted.send_modify(|count| *count += 1);
    }

    /// So many resources are left of a kind that is only deleted.
    pub fn left(&self, definition: &str, count: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).left.insert(definition.to_owned(), count);
    }

    /// Changes whenever something is noted.
    pub fn noted(&self) -> watch::Receiver<u64> {
        self.noted.subscribe()
    }

    /// What is waited for, by the files of the entries.
    pub fn waiting(&self) -> Vec<(String, String)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = |((definition, _), waiting): (&(String, Topic), &String)| {
            let entry = state.entries.get(definition)?;
            Some((entry.file.clone(), format!("{definition}: {waiting}")))
        };
        state.waiting.iter().filter_map(told).collect()
    }

    /// How many entries stand how.
    pub(super) fn standings(&self) -> BTreeMap<&'static str, i64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standings = BTreeMap::from([("in-force", 0), ("last-accepted", 0), ("delete-only", 0)]);
        state.entries.values().for_each(|entry| *standings.entry(entry.standing).or_default() += 1);
        standings
    }

    /// The problems by the files that have them, and how many are left of the kinds that are only deleted.
    pub(super) fn counts(&self) -> (BTreeMap<(String, String), i64>, BTreeMap<String, usize>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut problems = BTreeMap::new();
        state.problems.iter().for_each(|one| *problems.entry((text(&one["file"]), text(&one["severity"]))).or_default() += 1);
        (problems, state.left.clone())
    }

    pub(super) fn page(&self) -> Page {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |definition: &str| {
            let own = state.waiting.iter().filter(|((of, _), _)| of == definition);
            own.map(|(_, waiting)| waiting.clone()).collect()
        };
        let shown = |entry: &Entry| Shown {
            left: state.left.get(&entry.definition).copied().filter(|_| entry.standing == "delete-only"),
            waiting: waiting(&entry.definition),
            entry: entry.clone(),
        };
        Page { entries: state.entries.values().map(shown).collect(), problems: state.problems.clone() }
    }
}
