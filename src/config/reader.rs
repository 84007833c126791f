//! Gathers what is written, and reads each value as what its key stands for, collecting problems on the way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;

use super::document::{Document, Entry, Leaf};
use super::endpoint::endpoint;
use super::key::{Vocabulary, canonical, nearest, variable};
use super::problem::{ConfigError, Problem};

/// What is written, by key; and what was found wrong so far.
pub(super) struct Reader {
    given: BTreeMap<String, Given>,
    problems: Vec<Problem>,
}

/// A value and where it stands.
struct Given {
    text: String,
    place: String,
    line: Option<usize>,
}

impl Reader {
    /// Takes the file first, then the environment for what the file leaves out.
    pub(super) fn gather(document: Option<&Document>, environment: &dyn Fn(&str) -> Option<String>, vocabulary: &Vocabulary) -> Self {
        let mut reader = Self { given: BTreeMap::new(), problems: Vec::new() };
        for (name, entry) in document.iter().flat_map(|document| document.entries.iter().map(|entry| (&document.name, entry))) {
            reader.take(name, entry, vocabulary);
        }
        for key in vocabulary.keys() {
            let variable = variable(&key);
            if let Some(text) = environment(&variable) {
                reader.given.entry(key).or_insert(Given { text, place: variable, line: None });
            }
        }
        reader.refuse_hollow();
        reader
    }

    /// The section that speaks of each API. `[api]` speaks of the one that needs credentials of the operator's and has no section of its own.
    pub(super) fn sections(&mut self, vocabulary: &Vocabulary) -> BTreeMap<String, String> {
        let own = |api: &str| format!("apis.{api}");
        let has = |given: &BTreeMap<String, Given>, section: &str| given.keys().any(|key| key.starts_with(&format!("{section}.")));
        let plain: Vec<&str> = vocabulary.own().filter(|api| !has(&self.given, &own(api))).collect();
        if plain.len() != 1 && has(&self.given, "api") {
            let names: Vec<String> = vocabulary.own().map(|api| format!("`[{}]`", own(api))).collect();
            let key = self.given.keys().find(|key| key.starts_with("api.")).cloned().unwrap_or_default();
            self.refuse(&key, "could be meant for none or several of the APIs", format!("write {}", names.join(" or ")));
        }
        let section = |api: &str| if plain == [api] { "api".to_owned() } else { own(api) };
        vocabulary.apis().map(|api| (api.to_owned(), section(api))).collect()
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.given.get(key).map(|given| given.text.trim().to_owned())
    }

    pub(super) fn secret(&mut self, key: &str) -> Option<SecretString> {
        self.text(key).map(SecretString::from)
    }

    pub(super) fn endpoint(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if let Err(error) = endpoint(&text, &[]) {
            self.refuse(key, &error.to_string(), "write a URL such as `https://api.example.com`".into());
        }
        Some(text)
    }

    pub(super) fn address(&mut self, key: &str) -> Option<SocketAddr> {
        let address = self.text(key)?.parse().ok();
        if address.is_none() {
            self.refuse(key, "is not an address to listen on", "write address and port, such as `0.0.0.0:8000`".into());
        }
        address
    }

    pub(super) fn duration(&mut self, key: &str) -> Option<Duration> {
        let parsed = self.text(key)?.parse::<SignedDuration>().ok();
        let positive = parsed.and_then(|duration| Duration::try_from(duration).ok()).filter(|duration| !duration.is_zero());
        if positive.is_none() {
            self.refuse(key, "is not a duration", "write a number above zero with its unit, such as `20s`, `5m` or `500ms`".into());
        }
        positive
    }

    /// Notes that what stands at a key cannot be used; `message` goes on after the key's name.
    pub(super) fn refuse(&mut self, key: &str, message: &str, help: String) {
        let (place, line) = self.given.get(key).map_or(("the configuration".into(), None), |given| (given.place.clone(), given.line));
        self.problems.push(Problem { place, line, message: format!("`{key}` {message}"), help });
    }

    /// The outcome, if nothing was wrong.
    pub(super) fn finish<T>(mut self, outcome: T) -> Result<T, ConfigError> {
        self.problems.sort_by_key(|problem| problem.line);
        if self.problems.is_empty() { Ok(outcome) } else { Err(ConfigError { problems: self.problems }) }
    }

    fn take(&mut self, place: &str, entry: &Entry, vocabulary: &Vocabulary) {
        let key = canonical(&entry.path);
        let known = vocabulary.keys();
        let mut problem = |message, help| self.problems.push(Problem { place: place.to_owned(), line: Some(entry.line), message, help });
        match &entry.leaf {
            Leaf::Other("an empty table") if key.is_empty() || known.iter().any(|name| name.starts_with(&format!("{key}."))) => {}
            _ if !known.contains(&key) => {
                problem(format!("`{key}` is not known"), help_for_unknown(&key, &known.iter().collect::<Vec<_>>()))
            }
            Leaf::Other(what) => problem(format!("`{key}` is {what}, not a text"), "write the value in quotes".into()),
            Leaf::Text(_) if self.given.contains_key(&key) => problem(format!("`{key}` is written twice"), "keep one of the two".into()),
            Leaf::Text(text) => {
                let given = Given { text: text.clone(), place: place.to_owned(), line: Some(entry.line) };
                self.given.insert(key, given);
            }
        }
    }

    /// Refuses what is empty or was copied from a manual, and takes it for not written.
    fn refuse_hollow(&mut self) {
        let hollow = |given: &Given| match given.text.trim() {
            "" => Some("is empty"),
            text if text.starts_with('<') && text.ends_with('>') => Some("still holds a placeholder"),
            _ => None,
        };
        let found: Vec<_> = self.given.iter().filter_map(|(key, given)| Some((key.clone(), hollow(given)?))).collect();
        for (key, message) in found {
            let variable = variable(&key);
            let from_variable = self.given.get(&key).is_some_and(|given| given.place == variable);
            let help = if from_variable {
                "give it its value, or unset it".into()
            } else {
                format!("write its value, or leave it out and set {variable}")
            };
            self.refuse(&key, message, help);
            self.given.remove(&key);
        }
    }
}

fn help_for_unknown(key: &str, known: &[&String]) -> String {
    let tables = known.iter().filter_map(|name| name.rsplit_once('.')).map(|(table, _)| table);
    if let Some(nearest) = nearest(key, known.iter().map(|name| name.as_str()).chain(tables)) {
        return format!("did you mean `{nearest}`?");
    }
    let table = key.split('.').next().unwrap_or_default();
    let same: Vec<_> = known.iter().filter(|name| name.split('.').next() == Some(table)).map(|name| format!("`{name}`")).collect();
    if same.is_empty() {
        "the tables are `[api]`, `[apis.<name>]` and `[operator]`".into()
    } else {
        format!("known are {}", same.join(", "))
    }
}
