//! Gathers what is written, and reads each value as what its key stands for, collecting problems on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;

use super::document::{Document, Entry, Leaf};
use super::endpoint::endpoint;
use super::key::{TENANTS, Vocabulary, WATCH_NAMESPACES, canonical, nearest, variable};
use super::problem::{ConfigError, Problem};
use super::tenants::ANY;
use super::value::Value;
use super::written::Written;

/// What is written, by key; and what was found wrong so far.
pub(super) struct Reader {
    given: BTreeMap<String, Given>,
    problems: Vec<Problem>,
    /// The names of the documents, in their order.
    order: Vec<String>,
    /// Whether the environment is asked, too.
    variables: bool,
}

/// A value and where it stands.
struct Given {
    value: Value,
    /// The key as it stands there: another may mean the same.
    key: String,
    place: String,
    line: Option<usize>,
    /// Where else it stands, and does not hold.
    over: Vec<String>,
}

impl Reader {
    /// Takes the environment first, then the documents, each over what came before; but no credential over another.
    pub(super) fn gather(documents: &[Document], environment: &dyn Fn(&str) -> Option<String>, vocabulary: &Vocabulary) -> Self {
        let mut reader = Self::of_documents(&[], vocabulary);
        reader.variables = true;
        for key in vocabulary.keys() {
            let variable = variable(&key);
            if let Some(text) = environment(&variable) {
                reader.lay(
                    Given { value: Value::Text(text.trim().to_owned()), key, place: variable, line: None, over: Vec::new() },
                    vocabulary,
                );
            }
        }
        reader.take_all(documents, vocabulary);
        reader
    }

    /// Takes documents alone.
    pub(super) fn of_documents(documents: &[Document], vocabulary: &Vocabulary) -> Self {
        let mut reader = Self { given: BTreeMap::new(), problems: Vec::new(), order: Vec::new(), variables: false };
        reader.take_all(documents, vocabulary);
        reader
    }

    /// What is written and holds.
    pub(super) fn written(self, vocabulary: &Vocabulary) -> Vec<Written> {
        let one = |(key, given): (String, Given)| Written {
            is_credential: vocabulary.is_credential(&key),
            is_switch: vocabulary.is_switch(&key),
            place: given.whence(),
            over: given.over,
            value: given.value,
            key,
        };
        self.given.into_iter().map(one).collect()
    }

    /// Whether anything is written below a section.
    pub(super) fn speaks_of(&self, section: &str) -> bool {
        self.given.keys().any(|key| key.starts_with(&format!("{section}.")))
    }

    /// The section that speaks of each API. `[api]` speaks of the one that needs credentials of the operator's and has no section of its own.
    pub(super) fn sections(&mut self, vocabulary: &Vocabulary) -> BTreeMap<String, String> {
        let own = |api: &str| format!("apis.{api}");
        let plain: Vec<&str> = vocabulary.own().filter(|api| !self.speaks_of(&own(api))).collect();
        if plain.len() != 1 && self.speaks_of("api") {
            let names: Vec<String> = vocabulary.own().map(|api| format!("`[{}]`", own(api))).collect();
            let key = self.given.keys().find(|key| key.starts_with("api.")).cloned().unwrap_or_default();
            self.refuse(&key, "could be meant for none or several of the APIs", format!("write {}", names.join(" or ")));
        }
        let section = |api: &str| if plain == [api] { "api".to_owned() } else { own(api) };
        vocabulary.apis().map(|api| (api.to_owned(), section(api))).collect()
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match &self.given.get(key)?.value {
            Value::Text(text) => Some(text.clone()),
            Value::List(_) => None,
        }
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

    /// Which organisations each namespace may name, if anything is written about it.
    pub(super) fn tenants(&mut self) -> Option<BTreeMap<String, BTreeSet<String>>> {
        let of = |key: &str| key.strip_prefix(TENANTS)?.strip_prefix('.').map(str::to_owned);
        let lists = self.given.iter().filter_map(|(key, given)| match &given.value {
            Value::List(items) => Some((of(key)?, items.iter().cloned().collect())),
            Value::Text(_) => None,
        });
        let rules: BTreeMap<String, BTreeSet<String>> = lists.collect();
        for namespace in rules.keys().filter(|name| !is_namespace(name) && *name != ANY) {
            let help = format!("write the name of one, or `\"{ANY}\"` for every other");
            self.refuse(&format!("{TENANTS}.{namespace}"), "is not the name of a namespace", help);
        }
        (!rules.is_empty()).then_some(rules)
    }

    /// The namespaces that are watched: a list, or a text with commas, which is all that a variable can hold.
    pub(super) fn namespaces(&mut self) -> Option<BTreeSet<String>> {
        let names: BTreeSet<String> = match &self.given.get(WATCH_NAMESPACES)?.value {
            Value::Text(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
            Value::List(names) => names.iter().cloned().collect(),
        };
        for name in names.iter().filter(|name| !is_namespace(name)) {
            let help = "write such as `[\"team-a\", \"team-b\"]`, or leave it out to watch all of them".to_owned();
            self.refuse(WATCH_NAMESPACES, &format!("names `{name}`, which is not the name of a namespace"), help);
        }
        Some(names)
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let flag = self.text(key)?.parse().ok();
        if flag.is_none() {
            self.refuse(key, "is neither on nor off", "write `true` or `false`".into());
        }
        flag
    }

    /// Notes that what stands at a key cannot be used; `message` goes on after the key's name.
    pub(super) fn refuse(&mut self, key: &str, message: &str, help: String) {
        let given = self.given.get(key).map(|given| (given.place.clone(), given.line, given.key.clone()));
        let (place, line, key) = given.unwrap_or(("the configuration".into(), None, key.to_owned()));
        self.problems.push(Problem { place, line, message: format!("`{key}` {message}"), help });
    }

    /// Notes what is wrong about a line of a document.
    pub(super) fn refuse_line(&mut self, place: &str, line: Option<usize>, message: String, help: String) {
        self.problems.push(Problem { place: place.to_owned(), line, message, help });
    }

    /// The outcome, if nothing was wrong; else every problem, in the order of the sources.
    pub(super) fn finish<T>(mut self, outcome: T) -> Result<T, ConfigError> {
        let order = |place: &String| self.order.iter().position(|name| name == place);
        self.problems.sort_by_key(|problem| (order(&problem.place), problem.line));
        if self.problems.is_empty() { Ok(outcome) } else { Err(ConfigError { problems: self.problems }) }
    }

    fn take_all(&mut self, documents: &[Document], vocabulary: &Vocabulary) {
        let known = vocabulary.keys();
        for document in documents {
            self.order.push(document.name.clone());
            let mut written = BTreeSet::new();
            for entry in &document.entries {
                let key = canonical(&entry.path);
                match value(&key, entry, &known, vocabulary) {
                    Ok(None) => {}
                    Err((message, help)) => self.refuse_line(&document.name, Some(entry.line), message, help),
                    Ok(Some(_)) if !written.insert(vocabulary.settled(&key)) => {
                        let message = format!("`{key}` is written twice");
                        self.refuse_line(&document.name, Some(entry.line), message, "keep one of the two".into());
                    }
                    Ok(Some(value)) => {
                        let place = document.name.clone();
                        self.lay(Given { value, key, place, line: Some(entry.line), over: Vec::new() }, vocabulary);
                    }
                }
            }
        }
    }

    /// Lays a value over what came before. Refuses what is empty or was copied from a manual, and a credential that is not the one before.
    fn lay(&mut self, mut given: Given, vocabulary: &Vocabulary) {
        let key = vocabulary.settled(&given.key);
        if let Some(message) = given.value.hollow() {
            let help = self.help_for_hollow(&given);
            return self.refuse_line(&given.place, given.line, format!("`{}` {message}", given.key), help);
        }
        match self.given.get(&key) {
            None => {
                self.given.insert(key, given);
            }
            Some(before) if before.value == given.value || !vocabulary.is_credential(&key) => {
                given.over = before.over.iter().cloned().chain([before.whence()]).collect();
                self.given.insert(key, given);
            }
            Some(before) => {
                let message = format!("`{}` is another than the one in {}", given.key, before.whence());
                let help = "keep one of the two: whose credentials are used must not depend on which source is read last";
                self.refuse_line(&given.place, given.line, message, help.into());
            }
        }
    }

    fn help_for_hollow(&self, given: &Given) -> String {
        let variable = variable(&given.key);
        match (given.line, self.variables && matches!(given.value, Value::Text(_))) {
            (None, _) => "give it its value, or unset it".into(),
            (Some(_), true) => format!("write its value, or leave it out and set {variable}"),
            (Some(_), false) => "write its value, or leave it out".into(),
        }
    }
}

impl Given {
    fn whence(&self) -> String {
        self.line.map_or_else(|| self.place.clone(), |line| format!("{}:{line}", self.place))
    }
}

/// What a line says, if it says anything; else what is wrong with it, and what to write.
fn value(key: &str, entry: &Entry, known: &BTreeSet<String>, vocabulary: &Vocabulary) -> Result<Option<Value>, (String, String)> {
    let is_rule = entry.path.len() == 3 && key.starts_with(&format!("{TENANTS}.")) && known.contains("operator.listen");
    match &entry.leaf {
        _ if is_rule => {
            list(key, &entry.leaf, "organisations", format!("write such as `[\"orga_…\"]`, or `[\"{ANY}\"]` for any")).map(Some)
        }
        Leaf::List(_) if key == WATCH_NAMESPACES && known.contains(key) => {
            list(key, &entry.leaf, "namespaces", "write such as `[\"team-a\", \"team-b\"]`".into()).map(Some)
        }
        _ if key == TENANTS => {
            let help = "write below it which organisations a namespace may name, such as `\"team-a\" = [\"orga_…\"]`, or leave it out";
            Err((format!("`{key}` is {}, and names no namespace", entry.leaf.called()), help.into()))
        }
        Leaf::Other("an empty table") if key.is_empty() || known.iter().any(|name| name.starts_with(&format!("{key}."))) => Ok(None),
        _ if !known.contains(key) && vocabulary.may_come(&entry.path) => Ok(None),
        _ if !known.contains(key) => Err((format!("`{key}` is not known"), help_for_unknown(key, &known.iter().collect::<Vec<_>>()))),
        Leaf::Text(text) => Ok(Some(Value::Text(text.trim().to_owned()))),
        Leaf::Flag(flag) if vocabulary.is_switch(key) => Ok(Some(Value::Text(flag.to_string()))),
        leaf @ (Leaf::Flag(_) | Leaf::List(_) | Leaf::Other(_)) => {
            Err((format!("`{key}` is {}, not a text", leaf.called()), "write the value in quotes".into()))
        }
    }
}

/// A list of texts; `what` they are and `help` say so to whom wrote something else.
fn list(key: &str, leaf: &Leaf, what: &str, help: String) -> Result<Value, (String, String)> {
    let text = |item: &Leaf| match item {
        Leaf::Text(text) => Some(text.trim().to_owned()),
        Leaf::Flag(_) | Leaf::List(_) | Leaf::Other(_) => None,
    };
    let texts = match leaf {
        Leaf::List(items) => items.iter().map(text).collect(),
        Leaf::Text(_) | Leaf::Flag(_) | Leaf::Other(_) => None,
    };
    texts.map(Value::List).ok_or_else(|| (format!("`{key}` is not a list of {what}"), help))
}

/// The name of a namespace is a DNS label (RFC 1123).
fn is_namespace(name: &str) -> bool {
    let ordinary = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let inside = name.chars().all(|letter| ordinary(letter) || letter == '-');
    inside && name.starts_with(ordinary) && name.ends_with(ordinary) && name.len() <= 63
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
