//! Merges all sources, and converts each value to the type of its key, collecting problems on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use interpreter::reconcile::ANY;
use jiff::SignedDuration;
use secrecy::SecretString;

use crate::config::document::{Document, Entry, Leaf};
use crate::config::effective::EffectiveValue;
use crate::config::endpoint::endpoint;
use crate::config::known_keys::{
    ADOPTING_NAMESPACES, ASSIGNED_ADDONS, ENDPOINTS, KnownKeys, TENANTS, TRANSFERRED_ADDONS,
    WATCH_NAMESPACES, canonical, help_for_unknown, is_secret_metadata, variable,
};
use crate::config::problem::{ConfigError, Problem};
use crate::config::value::Value;

/// Help for a list of endpoints with another content.
pub(super) const ENDPOINTS_HELP: &str = "write a list such as `[\"https://api.example.com\"]`";

/// The merged values by key, and the problems found so far.
pub(super) struct Reader {
    values: BTreeMap<String, SourcedValue>,
    problems: Vec<Problem>,
    /// Names of the documents, in their order.
    order: Vec<String>,
    /// True if the environment is a source.
    variables: bool,
}

/// A value with its source.
struct SourcedValue {
    value: Value,
    /// The key as written: another spelling may mean the same.
    key: String,
    source: String,
    line: Option<usize>,
    /// Overridden sources.
    overridden: Vec<String>,
}

impl Reader {
    /// Merges the environment first, then the documents, each over what came before; but no credential over
    /// another.
    pub(super) fn merge(
        documents: &[Document],
        environment: &dyn Fn(&str) -> Option<String>,
        known_keys: &KnownKeys,
    ) -> Self {
        let mut reader = Self::of_documents(&[], known_keys);
        reader.variables = true;
        for key in known_keys.keys() {
            let variable = variable(&key);
            if let Some(text) = environment(&variable) {
                let value = Value::Text(text.trim().to_owned());
                reader.insert(SourcedValue::new(value, key, variable, None), known_keys);
            }
        }
        reader.merge_documents(documents, known_keys);
        reader
    }

    /// Merges documents alone.
    pub(super) fn of_documents(documents: &[Document], known_keys: &KnownKeys) -> Self {
        let mut reader =
            Self { values: BTreeMap::new(), problems: Vec::new(), order: Vec::new(), variables: false };
        reader.merge_documents(documents, known_keys);
        reader
    }

    /// Returns the values that apply.
    pub(super) fn effective_values(self, known_keys: &KnownKeys) -> Vec<EffectiveValue> {
        let one = |(key, sourced): (String, SourcedValue)| EffectiveValue {
            is_credential: known_keys.is_credential(&key),
            source: sourced.location(),
            overridden: sourced.overridden,
            value: sourced.value,
            key,
        };
        self.values.into_iter().map(one).collect()
    }

    /// Returns whether a section has any key.
    pub(super) fn has_section(&self, section: &str) -> bool {
        self.values.keys().any(|key| key.starts_with(&format!("{section}.")))
    }

    /// Returns the section of each API. `[api]` is the section of the one API that uses the operator's
    /// credentials and has no section of its own.
    pub(super) fn sections(&mut self, known_keys: &KnownKeys) -> BTreeMap<String, String> {
        let own = |api: &str| format!("apis.{api}");
        let plain: Vec<&str> =
            known_keys.with_own_credentials().filter(|api| !self.has_section(&own(api))).collect();
        if plain.len() != 1 && self.has_section("api") {
            let names: Vec<String> =
                known_keys.with_own_credentials().map(|api| format!("`[{}]`", own(api))).collect();
            let key = self.values.keys().find(|key| key.starts_with("api.")).cloned().unwrap_or_default();
            let help = format!("write {}", names.join(" or "));
            self.refuse(&key, "is ambiguous: `[api]` must stand for exactly one API", help);
        }
        let section = |api: &str| if plain == [api] { "api".to_owned() } else { own(api) };
        known_keys.apis().map(|api| (api.to_owned(), section(api))).collect()
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match &self.values.get(key)?.value {
            Value::Text(text) => Some(text.clone()),
            Value::List(_) => None,
        }
    }

    /// Returns the texts in a table, by their keys in it.
    pub(super) fn table(&self, table: &str) -> BTreeMap<String, String> {
        let texts = self.values.iter().filter_map(|(key, sourced)| match &sourced.value {
            Value::Text(text) => Some((within(table, key)?, text.clone())),
            Value::List(_) => None,
        });
        texts.collect()
    }

    /// Returns a list of strings; empty without the key.
    pub(super) fn list(&self, key: &str) -> BTreeSet<String> {
        match self.values.get(key).map(|sourced| &sourced.value) {
            Some(Value::List(items)) => items.iter().cloned().collect(),
            Some(Value::Text(_)) | None => BTreeSet::new(),
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
            let help = "write an address and a port, such as `0.0.0.0:8000`".into();
            self.refuse(key, "is not an address to listen on", help);
        }
        address
    }

    pub(super) fn duration(&mut self, key: &str) -> Option<Duration> {
        let parsed = self.text(key)?.parse::<SignedDuration>().ok();
        let positive = parsed
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| !duration.is_zero());
        if positive.is_none() {
            let help = "write a number above zero with its unit, such as `20s`, `5m` or `500ms`".into();
            self.refuse(key, "is not a duration", help);
        }
        positive
    }

    /// Returns the organisations that each namespace may name, if there are rules.
    pub(super) fn tenants(&mut self) -> Option<BTreeMap<String, BTreeSet<String>>> {
        self.organisations(TENANTS)
    }

    /// Returns the organisations of each namespace in a table, if it has entries.
    pub(super) fn organisations(&mut self, table: &str) -> Option<BTreeMap<String, BTreeSet<String>>> {
        let of = |key: &str| within(table, key);
        let lists = self.values.iter().filter_map(|(key, sourced)| match &sourced.value {
            Value::List(items) => Some((of(key)?, items.iter().cloned().collect())),
            Value::Text(_) => None,
        });
        let rules: BTreeMap<String, BTreeSet<String>> = lists.collect();
        for namespace in rules.keys().filter(|name| !is_namespace(name) && *name != ANY) {
            let help = format!("write the name of a namespace, or `\"{ANY}\"` for all others");
            self.refuse(&format!("{table}.{namespace}"), "is not a valid namespace name", help);
        }
        (!rules.is_empty()).then_some(rules)
    }

    /// Returns a list of strings, or the parts of a comma-separated one, because a variable can hold nothing else.
    pub(super) fn texts(&self, key: &str) -> Option<BTreeSet<String>> {
        Some(match &self.values.get(key)?.value {
            Value::Text(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
            Value::List(texts) => texts.iter().cloned().collect(),
        })
    }

    /// Returns the namespaces to watch.
    pub(super) fn namespaces(&mut self) -> Option<BTreeSet<String>> {
        let names = self.texts(WATCH_NAMESPACES)?;
        for name in names.iter().filter(|name| !is_namespace(name)) {
            let help = "write a list such as `[\"team-a\", \"team-b\"]`, or omit it to watch all namespaces"
                .to_owned();
            let message = format!("contains `{name}`, which is not a valid namespace name");
            self.refuse(WATCH_NAMESPACES, &message, help);
        }
        Some(names)
    }

    /// Records a problem with the value of a key; `message` continues after the key's name.
    pub(super) fn refuse(&mut self, key: &str, message: &str, help: String) {
        let sourced =
            self.values.get(key).map(|sourced| (sourced.source.clone(), sourced.line, sourced.key.clone()));
        let (source, line, key) = sourced.unwrap_or(("the configuration".into(), None, key.to_owned()));
        self.problems.push(Problem { source, line, message: format!("`{key}` {message}"), help });
    }

    /// Records a problem with a line of a document.
    pub(super) fn refuse_line(&mut self, source: &str, line: Option<usize>, message: String, help: String) {
        self.problems.push(Problem { source: source.to_owned(), line, message, help });
    }

    /// Returns the outcome if there are no problems, else all problems in the order of the sources.
    pub(super) fn finish<T>(mut self, outcome: T) -> Result<T, ConfigError> {
        let order = |source: &String| self.order.iter().position(|name| name == source);
        self.problems.sort_by_key(|problem| (order(&problem.source), problem.line));
        if self.problems.is_empty() { Ok(outcome) } else { Err(ConfigError { problems: self.problems }) }
    }

    fn merge_documents(&mut self, documents: &[Document], known_keys: &KnownKeys) {
        let known = known_keys.keys();
        for document in documents {
            self.order.push(document.name.clone());
            let mut seen = BTreeSet::new();
            for entry in &document.entries {
                let key = canonical(&entry.path);
                match value(&key, entry, &known, known_keys) {
                    Ok(None) => {}
                    Err((message, help)) => self.refuse_line(&document.name, Some(entry.line), message, help),
                    Ok(Some(_)) if !seen.insert(known_keys.normalized(&key)) => {
                        let message = format!("`{key}` is set twice");
                        let help = "keep one of the two".into();
                        self.refuse_line(&document.name, Some(entry.line), message, help);
                    }
                    Ok(Some(value)) => {
                        let (source, line) = (document.name.clone(), Some(entry.line));
                        self.insert(SourcedValue::new(value, key, source, line), known_keys);
                    }
                }
            }
        }
    }

    /// Merges a value over the previous one. Refuses an empty value, a placeholder, a credential of several
    /// lines, and a credential that differs from the previous one.
    fn insert(&mut self, mut sourced: SourcedValue, known_keys: &KnownKeys) {
        let key = known_keys.normalized(&sourced.key);
        if let Some(message) = sourced.value.unfilled() {
            let help = self.help_for_unfilled(&sourced);
            return self.refuse_line(
                &sourced.source,
                sourced.line,
                format!("`{}` {message}", sourced.key),
                help,
            );
        }
        if known_keys.is_credential(&key) && sourced.value.has_control_character() {
            let message = format!("`{}` contains a line break or another control character", sourced.key);
            return self.refuse_line(&sourced.source, sourced.line, message, "write it on one line".into());
        }
        match self.values.get(&key) {
            None => {
                self.values.insert(key, sourced);
            }
            Some(before) if before.value == sourced.value || !known_keys.is_credential(&key) => {
                sourced.overridden = before.overridden.iter().cloned().chain([before.location()]).collect();
                self.values.insert(key, sourced);
            }
            Some(before) => {
                let message = format!("`{}` differs from the one in {}", sourced.key, before.location());
                let help =
                    "keep one of the two: the order of sources must not decide which credentials are used";
                self.refuse_line(&sourced.source, sourced.line, message, help.into());
            }
        }
    }

    fn help_for_unfilled(&self, sourced: &SourcedValue) -> String {
        let variable = variable(&sourced.key);
        match (sourced.line, self.variables && matches!(sourced.value, Value::Text(_))) {
            (None, _) => "set it to a value, or unset it".into(),
            (Some(_), true) => format!("write a value, or omit it and set {variable}"),
            (Some(_), false) => "write a value, or omit it".into(),
        }
    }
}

impl SourcedValue {
    fn new(value: Value, key: String, source: String, line: Option<usize>) -> Self {
        Self { value, key, source, line, overridden: Vec::new() }
    }

    fn location(&self) -> String {
        self.line.map_or_else(|| self.source.clone(), |line| format!("{}:{line}", self.source))
    }
}

/// Returns the value of a line, if any; else a message and a help text.
fn value(
    key: &str,
    entry: &Entry,
    known: &BTreeSet<String>,
    known_keys: &KnownKeys,
) -> Result<Option<Value>, (String, String)> {
    let is_of_operator = known.contains("operator.listen");
    let is_below = |table: &str| entry.path.len() == table.split('.').count() + 1;
    let is_in = |table: &str| is_of_operator && is_below(table) && within(table, key).is_some();
    let is_rule = is_in(TENANTS) || is_in(ADOPTING_NAMESPACES);
    match &entry.leaf {
        _ if is_of_operator && is_secret_metadata(&entry.path) => match &entry.leaf {
            Leaf::Text(text) => Ok(Some(Value::Text(text.trim().to_owned()))),
            leaf @ (Leaf::Flag | Leaf::List(_) | Leaf::Other(_)) => Err((
                format!("`{key}` is {}, not a text", leaf.type_name()),
                "write the value in quotes".into(),
            )),
        },
        Leaf::Text(text) if is_in(ASSIGNED_ADDONS) => Ok(Some(Value::Text(text.trim().to_owned()))),
        leaf @ (Leaf::List(_) | Leaf::Flag | Leaf::Other(_)) if is_in(ASSIGNED_ADDONS) => {
            let message = format!("`{key}` is {}, not the name of a resource", leaf.type_name());
            Err((message, "write kind, namespace and name, such as `\"database shop/orders\"`".into()))
        }
        _ if key == TRANSFERRED_ADDONS && is_of_operator => {
            let help = "write a list such as `[\"addon_…\"]`".into();
            list(key, &entry.leaf, "ids of add-ons", help).map(Some)
        }
        _ if is_rule => list(
            key,
            &entry.leaf,
            "organisations",
            format!("write a list such as `[\"orga_…\"]`, or `[\"{ANY}\"]` for any"),
        )
        .map(Some),
        Leaf::List(_) if key == WATCH_NAMESPACES && known.contains(key) => {
            list(key, &entry.leaf, "namespaces", "write a list such as `[\"team-a\", \"team-b\"]`".into())
                .map(Some)
        }
        Leaf::List(_) if key == ENDPOINTS && known.contains(key) => {
            list(key, &entry.leaf, "URLs", ENDPOINTS_HELP.into()).map(Some)
        }
        _ if key == TENANTS || key == ADOPTING_NAMESPACES => {
            let help = "write the organisations of each namespace in it, such as `\"team-a\" = [\"orga_…\"]`, or omit it";
            Err((format!("`{key}` is {}, not a table of namespaces", entry.leaf.type_name()), help.into()))
        }
        Leaf::Other("an empty table")
            if key.is_empty() || known.iter().any(|name| name.starts_with(&format!("{key}."))) =>
        {
            Ok(None)
        }
        _ if !known.contains(key) && known_keys.may_be_added(&entry.path) => Ok(None),
        _ if !known.contains(key) => {
            Err((format!("`{key}` is unknown"), help_for_unknown(key, &known.iter().collect::<Vec<_>>())))
        }
        Leaf::Text(text) => Ok(Some(Value::Text(text.trim().to_owned()))),
        leaf @ (Leaf::Flag | Leaf::List(_) | Leaf::Other(_)) => Err((
            format!("`{key}` is {}, not a string", leaf.type_name()),
            "write the value in quotes".into(),
        )),
    }
}

/// Returns a list of strings, or a message about `what` they are and `help`.
fn list(key: &str, leaf: &Leaf, what: &str, help: String) -> Result<Value, (String, String)> {
    let text = |item: &Leaf| match item {
        Leaf::Text(text) => Some(text.trim().to_owned()),
        Leaf::Flag | Leaf::List(_) | Leaf::Other(_) => None,
    };
    let texts = match leaf {
        Leaf::List(items) => items.iter().map(text).collect(),
        Leaf::Text(_) | Leaf::Flag | Leaf::Other(_) => None,
    };
    texts.map(Value::List).ok_or_else(|| (format!("`{key}` is not a list of {what}"), help))
}

/// Returns the rest of a key below a table.
fn within(table: &str, key: &str) -> Option<String> {
    key.strip_prefix(table)?.strip_prefix('.').map(str::to_owned)
}

/// Returns whether this is a namespace name: a DNS label (RFC 1123).
fn is_namespace(name: &str) -> bool {
    let ordinary = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let inside = name.chars().all(|letter| ordinary(letter) || letter == '-');
    inside && name.starts_with(ordinary) && name.ends_with(ordinary) && name.len() <= 63
}
