//! What may be written: the keys, and the one rule that makes a variable's name of each.

use std::collections::{BTreeMap, BTreeSet};

use interpreter::catalog::{Api, Catalog};

/// All variables begin with the product's name.
const PREFIX: &str = "CLEVER_OPERATOR";
const OPERATOR: [&str; 9] =
    ["listen", "fence", "settle", "requestTimeout", "check", "watchNamespaces", "lease.duration", "lease.renewDeadline", "lease.retry"];
const SHARED: [&str; 2] = ["endpoint", "organisation"];
/// The key that holds a list.
pub(super) const WATCH_NAMESPACES: &str = "operator.watchNamespaces";
/// The table whose keys are names of namespaces.
pub(super) const TENANTS: &str = "operator.tenants";

/// What a catalog adds to the keys: its APIs, and the credentials that each can be given.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    apis: BTreeMap<String, BTreeSet<String>>,
    handed_over: BTreeSet<String>,
    one_namespace: bool,
    switches: BTreeSet<String>,
    /// The only APIs that `[api]` may speak of; empty: any.
    plain: BTreeSet<String>,
    /// Catalogs may still bring more APIs and switches.
    grows: bool,
}

impl Vocabulary {
    /// The APIs of a catalog, each with all that its schemes need.
    pub fn of(catalog: &Catalog) -> Self {
        let needs = |api: &Api| api.auth.iter().flat_map(|scheme| scheme.needs()).map(str::to_owned).collect();
        let handed_over = catalog.apis.values().filter(|api| api.credentials.is_some());
        Self {
            apis: catalog.apis.iter().map(|(name, api)| (name.clone(), needs(api))).collect(),
            handed_over: handed_over.map(|api| api.name.clone()).collect(),
            one_namespace: false,
            switches: catalog.switches(),
            plain: catalog.built_in.clone(),
            grows: false,
        }
    }

    /// The same while it is not known what else catalogs in the cluster bring: what looks like a word of theirs is let be.
    #[must_use]
    pub fn growing(self) -> Self {
        Self { grows: true, ..self }
    }

    /// Whether something unknown may be the word of a catalog that is added: of one that was not read yet, or says something else by now. What is
    /// wrong about an API that others add must not stand in the way of those that are built in.
    pub(super) fn may_come(&self, path: &[String]) -> bool {
        match path {
            [first, api, ..] if first == "apis" => self.grows && !self.is_steady(api),
            [first, switch] if first == "operator" => self.grows && switch.ends_with("Kinds") && nearest(switch, self.switches()).is_none(),
            _ => false,
        }
    }

    /// Whether this is about an API that others have added.
    pub(super) fn is_of_added(&self, path: &[String]) -> bool {
        matches!(path, [first, api, ..] if first == "apis" && self.apis.contains_key(api) && !self.is_steady(api))
    }

    /// Whether an API's words do not change while the operator runs.
    fn is_steady(&self, api: &str) -> bool {
        if self.plain.is_empty() { self.apis.contains_key(api) } else { self.plain.contains(api) }
    }

    /// One more API, with the names of its credentials.
    #[must_use]
    pub fn with(mut self, api: &str, credentials: &[&str]) -> Self {
        self.apis.insert(api.to_owned(), credentials.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// One more API whose credentials are handed over with each resource.
    #[must_use]
    pub fn with_handed_over(mut self, api: &str) -> Self {
        self.handed_over.insert(api.to_owned());
        self.with(api, &[])
    }

    /// The same for the configuration of one namespace, which has no say in how the operator behaves.
    #[must_use]
    pub(super) fn for_one_namespace(self) -> Self {
        Self { one_namespace: true, ..self }
    }

    /// Whether a key is that of a credential.
    pub(super) fn is_credential(&self, key: &str) -> bool {
        let shared = key.rsplit('.').next().is_some_and(|name| SHARED.contains(&name));
        !shared && !key.starts_with("operator.")
    }

    /// The one key of those that mean the same: with a single API to bring credentials for, `apis.<name>.token` is `api.token`.
    pub(super) fn settled(&self, key: &str) -> String {
        let mut own = self.own();
        match (own.next(), own.next()) {
            (Some(only), None) => key.strip_prefix(&format!("apis.{only}.")).map_or_else(|| key.to_owned(), |rest| format!("api.{rest}")),
            _ => key.to_owned(),
        }
    }

    /// One more switch that turns kinds on.
    #[must_use]
    pub fn with_switch(mut self, switch: &str) -> Self {
        self.switches.insert(switch.to_owned());
        self
    }

    /// The switches that turn kinds on: their keys are `operator.<name>`.
    pub(super) fn switches(&self) -> impl Iterator<Item = &str> {
        self.switches.iter().map(String::as_str)
    }

    /// Whether this key is that of a switch.
    pub(super) fn is_switch(&self, key: &str) -> bool {
        key.strip_prefix("operator.").is_some_and(|name| self.switches.contains(name))
    }

    /// The names of the APIs whose credentials are the operator's own: one of them is what `[api]` may mean.
    pub(super) fn own(&self) -> impl Iterator<Item = &str> {
        self.apis().filter(|api| !self.handed_over.contains(*api) && (self.plain.is_empty() || self.plain.contains(*api)))
    }

    /// The names of the APIs.
    pub fn apis(&self) -> impl Iterator<Item = &str> {
        self.apis.keys().map(String::as_str)
    }

    /// The names of the credentials that an API can be given.
    pub fn credentials(&self, api: &str) -> impl Iterator<Item = &str> {
        self.apis.get(api).into_iter().flatten().map(String::as_str)
    }

    /// The variable that was meant by one of a name that says nothing, if one looks like it: the two names.
    ///
    /// No reason to refuse anything: where a Service has the product's name, Kubernetes sets variables that begin with it.
    pub fn meant_by(&self, name: &str) -> Option<(String, String)> {
        let known: BTreeSet<String> = self.keys().iter().map(|key| variable(key)).collect();
        let after_prefix = |name: &str| name.strip_prefix(PREFIX).map(str::to_owned);
        let ends: Vec<String> = known.iter().filter_map(|known| after_prefix(known)).collect();
        let unknown = after_prefix(name).filter(|_| !known.contains(name))?;
        let meant = nearest(&unknown, ends.iter().map(String::as_str))?;
        Some((name.to_owned(), format!("{PREFIX}{meant}")))
    }

    /// Every key that has a variable: `api.…` for whichever API it turns out to mean, `apis.<name>.…`, `operator.…`.
    pub fn keys(&self) -> BTreeSet<String> {
        let operator = OPERATOR.into_iter().chain(self.switches()).filter(|_| !self.one_namespace).map(|name| format!("operator.{name}"));
        let sections = self.apis().flat_map(|api| {
            let names = SHARED.into_iter().chain(self.credentials(api));
            names.flat_map(move |name| [format!("api.{name}"), format!("apis.{api}.{name}")]).collect::<Vec<_>>()
        });
        operator.chain(sections).collect()
    }
}

/// The environment variable of a key: `api.consumerKey` is `…_API_CONSUMER_KEY`.
pub fn variable(key: &str) -> String {
    let mut name = format!("{PREFIX}_");
    for letter in key.chars() {
        match letter {
            '.' | '-' => name.push('_'),
            upper if upper.is_ascii_uppercase() => name.extend(['_', upper]),
            other => name.push(other.to_ascii_uppercase()),
        }
    }
    name
}

/// A key as it is written, in the one spelling used here: `consumer-key` is `consumerKey`. Names of APIs and of namespaces stay as they are.
pub(super) fn canonical(path: &[String]) -> String {
    let first = |name: &str| path.first().is_some_and(|first| first == name);
    let is_name =
        |at: usize| (at == 1 && first("apis")) || (at == 2 && first("operator") && path.get(1).is_some_and(|name| name == "tenants"));
    let segments = path.iter().enumerate().map(|(at, segment)| if is_name(at) { segment.clone() } else { camel(segment) });
    segments.collect::<Vec<_>>().join(".")
}

/// The known key that looks most like this one, if any looks like it.
pub(super) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&unknown.to_lowercase(), &name.to_lowercase());
    let (best, far) = known.into_iter().map(|name| (name, distance(name))).min_by_key(|(_, far)| *far)?;
    (far <= best.len().div_ceil(3)).then_some(best)
}

fn camel(segment: &str) -> String {
    let mut words = segment.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |done, word| {
        let mut letters = word.chars();
        let upper = letters.next().map(|letter| letter.to_ascii_uppercase());
        done + &upper.into_iter().chain(letters).collect::<String>()
    })
}
