//! The content of `/catalog`: each kind, the state of its entry, and the problems of the catalog files.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

/// State of the catalog.
#[derive(Debug, Default)]
pub struct Catalog {
    state: Mutex<State>,
    /// Number of notes.
    notes: watch::Sender<u64>,
}

/// A kind and the state of its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Name of the catalog entry.
    pub name: String,
    /// `plural.group`.
    pub definition: String,
    /// File of the entry; for a ConfigMap, its name and the key.
    pub file: String,
    /// True if the entry is built in.
    pub built_in: bool,
    /// `in-force`; `last-accepted`: later edits are refused; `delete-only`: the entry is gone.
    pub state: &'static str,
}

/// Cause for which a kind waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// Its definition cannot be applied.
    Definition,
    /// Its definition is not served, or belongs to another installation.
    Claim,
    /// Its resources cannot be watched.
    Watch,
    /// This version lacks a feature that the kind needs.
    Ability,
}

/// A snapshot of the catalog's state.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    entries: Vec<Shown>,
    /// Problems with their places; a refused entry is listed above only if an earlier version of it was
    /// accepted.
    problems: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: Entry,
    /// Resources left of a kind that is only deleted.
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
    /// Replaces the entries and the problems.
    pub fn show(&self, entries: Vec<Entry>, problems: Vec<Value>) {
        let mut state = self.state.lock();
        state.entries = entries.into_iter().map(|entry| (entry.definition.clone(), entry)).collect();
        state.problems = problems;
        let known: BTreeSet<String> = state.entries.keys().cloned().collect();
        state.waiting.retain(|(definition, _), _| known.contains(definition));
        state.left.retain(|definition, _| known.contains(definition));
    }

    /// Records what a kind waits for; `None`: nothing any more.
    pub(crate) fn note(&self, definition: &str, topic: Topic, waiting: Option<String>) {
        let mut state = self.state.lock();
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
        self.notes.send_modify(|count| *count += 1);
    }

    /// Records how many resources are left of a kind that is only deleted.
    pub fn left(&self, definition: &str, count: usize) {
        self.state.lock().left.insert(definition.to_owned(), count);
    }

    /// Returns a receiver that changes with every note.
    pub(crate) fn noted(&self) -> watch::Receiver<u64> {
        self.notes.subscribe()
    }

    /// Returns what kinds wait for, by the files of their entries.
    pub(crate) fn waiting(&self) -> Vec<(String, String)> {
        let state = self.state.lock();
        let reason = |((definition, _), waiting): (&(String, Topic), &String)| {
            let entry = state.entries.get(definition)?;
            Some((entry.file.clone(), format!("{definition}: {waiting}")))
        };
        state.waiting.iter().filter_map(reason).collect()
    }

    /// Counts the entries by state.
    pub(super) fn entry_states(&self) -> BTreeMap<&'static str, i64> {
        let state = self.state.lock();
        let mut states = BTreeMap::from([("in-force", 0), ("last-accepted", 0), ("delete-only", 0)]);
        state.entries.values().for_each(|entry| *states.entry(entry.state).or_default() += 1);
        states
    }

    /// Counts the problems by file and severity, and the resources left of kinds that are only deleted.
    pub(super) fn counts(&self) -> (BTreeMap<(String, String), i64>, BTreeMap<String, usize>) {
        let state = self.state.lock();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut problems = BTreeMap::new();
        state
            .problems
            .iter()
            .for_each(|one| *problems.entry((text(&one["file"]), text(&one["severity"]))).or_default() += 1);
        (problems, state.left.clone())
    }

    pub(super) fn page(&self) -> Page {
        let state = self.state.lock();
        let waiting = |definition: &str| {
            let own = state.waiting.iter().filter(|((of, _), _)| of == definition);
            own.map(|(_, waiting)| waiting.clone()).collect()
        };
        let shown = |entry: &Entry| Shown {
            left: state.left.get(&entry.definition).copied().filter(|_| entry.state == "delete-only"),
            waiting: waiting(&entry.definition),
            entry: entry.clone(),
        };
        Page { entries: state.entries.values().map(shown).collect(), problems: state.problems.clone() }
    }
}
