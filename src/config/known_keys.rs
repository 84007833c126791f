//! The known configuration keys, and the rule that derives a variable's name from each.

use std::collections::{BTreeMap, BTreeSet};

use interpreter::catalog::{Api, Catalog};

/// Prefix of all variables.
const PREFIX: &str = "CLEVER_OPERATOR";
const OPERATOR: [&str; 14] = [
    "listen",
    "creationWindow",
    "listLag",
    "requestTimeout",
    "absenceTime",
    "pollInterval",
    "watchNamespaces",
    "endpoints",
    "deletionPolicy",
    "marks",
    "drift",
    "lease.duration",
    "lease.renewDeadline",
    "lease.retry",
];
const SHARED: [&str; 2] = ["endpoint", "organisation"];
/// The key of a list.
pub(super) const WATCH_NAMESPACES: &str = "operator.watchNamespaces";
/// The key of a list.
pub(super) const ENDPOINTS: &str = "operator.endpoints";
/// The table whose keys are names of namespaces.
pub(super) const TENANTS: &str = "operator.tenants";
/// The table whose keys are names of namespaces.
pub(super) const ADOPTING_NAMESPACES: &str = "operator.adoption.namespaces";
/// The table whose keys are ids of add-ons.
pub(super) const ASSIGNED_ADDONS: &str = "operator.adoption.addons";
/// The key of a list.
pub(super) const TRANSFERRED_ADDONS: &str = "operator.adoption.transfer";

/// The table of the labels and annotations of Secrets.
pub(super) const CONNECTION_SECRET: &str = "operator.connectionSecret";

/// The keys that a catalog defines: its APIs and their credentials.
#[derive(Debug, Clone, Default)]
pub struct KnownKeys {
    apis: BTreeMap<String, BTreeSet<String>>,
    credentials_per_resource: BTreeSet<String>,
    is_for_namespace: bool,
    /// APIs that `[api]` may mean; empty for any.
    built_in: BTreeSet<String>,
    /// Catalogs of the cluster, not read yet, may add APIs.
    lenient: bool,
}

impl KnownKeys {
    /// Returns the keys of a catalog: its APIs, each with all credentials that its schemes need.
    pub fn of(catalog: &Catalog) -> Self {
        let needs =
            |api: &Api| api.auth.iter().flat_map(|scheme| scheme.needs()).map(str::to_owned).collect();
        let credentials_per_resource = catalog.apis.values().filter(|api| api.credentials.is_some());
        Self {
            apis: catalog.apis.iter().map(|(name, api)| (name.clone(), needs(api))).collect(),
            credentials_per_resource: credentials_per_resource.map(|api| api.name.clone()).collect(),
            is_for_namespace: false,
            built_in: catalog.built_in.clone(),
            lenient: false,
        }
    }

    /// Returns the same keys, tolerating unknown ones that a catalog of the cluster may define.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self { lenient: true, ..self }
    }

    /// Returns whether an unknown key may belong to an added catalog: one that was not read yet, or that
    /// changed meanwhile. A mistake about an added API must not block the built-in ones.
    pub(super) fn may_be_added(&self, path: &[String]) -> bool {
        match path {
            [first, api, ..] if first == "apis" => self.lenient && !self.is_fixed(api),
            _ => false,
        }
    }

    /// Returns whether a key is about an API of an added catalog.
    pub(super) fn is_of_added_api(&self, path: &[String]) -> bool {
        matches!(path, [first, api, ..] if first == "apis" && self.apis.contains_key(api) && !self.is_fixed(api))
    }

    /// Returns whether the keys of an API cannot change while the operator runs.
    fn is_fixed(&self, api: &str) -> bool {
        if self.built_in.is_empty() { self.apis.contains_key(api) } else { self.built_in.contains(api) }
    }

    /// Adds an API with the names of its credentials.
    #[must_use]
    pub fn with_api(mut self, api: &str, credentials: &[&str]) -> Self {
        self.apis.insert(api.to_owned(), credentials.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Returns the same keys without `operator.`, for the configuration of one namespace.
    #[must_use]
    pub(super) fn for_namespace(self) -> Self {
        Self { is_for_namespace: true, ..self }
    }

    /// Returns whether a key is that of a credential.
    pub(super) fn is_credential(&self, key: &str) -> bool {
        let shared = key.rsplit('.').next().is_some_and(|name| SHARED.contains(&name));
        !shared && !key.starts_with("operator.")
    }

    /// Returns the one spelling of keys with the same meaning: with a single API that needs credentials,
    /// `apis.<name>.token` is `api.token`.
    pub(super) fn normalized(&self, key: &str) -> String {
        let mut own = self.with_own_credentials();
        match (own.next(), own.next()) {
            (Some(only), None) => key
                .strip_prefix(&format!("apis.{only}."))
                .map_or_else(|| key.to_owned(), |rest| format!("api.{rest}")),
            _ => key.to_owned(),
        }
    }

    /// Returns the APIs whose credentials are the operator's own: `[api]` may mean one of them.
    pub(super) fn with_own_credentials(&self) -> impl Iterator<Item = &str> {
        self.apis().filter(|api| {
            !self.credentials_per_resource.contains(*api)
                && (self.built_in.is_empty() || self.built_in.contains(*api))
        })
    }

    /// Returns the names of the APIs.
    pub(crate) fn apis(&self) -> impl Iterator<Item = &str> {
        self.apis.keys().map(String::as_str)
    }

    /// Returns the names of the credentials of an API.
    pub fn credentials(&self, api: &str) -> impl Iterator<Item = &str> {
        self.apis.get(api).into_iter().flatten().map(String::as_str)
    }

    /// Returns an unknown variable with the known one that it resembles, if any.
    ///
    /// This is no error: if a Service has the product's name, Kubernetes sets variables that start with it.
    pub(crate) fn suggestion_for(&self, name: &str) -> Option<(String, String)> {
        let known: BTreeSet<String> = self.keys().iter().map(|key| variable(key)).collect();
        let after_prefix = |name: &str| name.strip_prefix(PREFIX).map(str::to_owned);
        let ends: Vec<String> = known.iter().filter_map(|known| after_prefix(known)).collect();
        let unknown = after_prefix(name).filter(|_| !known.contains(name))?;
        let meant = nearest(&unknown, ends.iter().map(String::as_str))?;
        Some((name.to_owned(), format!("{PREFIX}{meant}")))
    }

    /// Returns every key that has a variable: `api.…` for whichever API it turns out to mean,
    /// `apis.<name>.…`, `operator.…`.
    pub fn keys(&self) -> BTreeSet<String> {
        let operator =
            OPERATOR.into_iter().filter(|_| !self.is_for_namespace).map(|name| format!("operator.{name}"));
        let sections = self.apis().flat_map(|api| {
            let names = SHARED.into_iter().chain(self.credentials(api));
            names
                .flat_map(move |name| [format!("api.{name}"), format!("apis.{api}.{name}")])
                .collect::<Vec<_>>()
        });
        operator.chain(sections).collect()
    }
}

/// Returns the environment variable of a key: `api.consumerKey` is `…_API_CONSUMER_KEY`.
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

/// Returns the canonical spelling of a key: `consumer-key` becomes `consumerKey`. Names of APIs and of
/// namespaces stay as they are.
pub(super) fn canonical(path: &[String]) -> String {
    let first = |name: &str| path.first().is_some_and(|first| first == name);
    let parent = |at: usize| path.get(..at).unwrap_or_default().join(".");
    let tables = [TENANTS, ADOPTING_NAMESPACES, ASSIGNED_ADDONS];
    let is_of_secret = |at: usize| is_name_of_secret(path.get(..at).unwrap_or_default());
    let is_name =
        |at: usize| (at == 1 && first("apis")) || tables.contains(&parent(at).as_str()) || is_of_secret(at);
    let segments = path
        .iter()
        .enumerate()
        .map(|(at, segment)| if is_name(at) { segment.clone() } else { camel(segment) });
    segments.collect::<Vec<_>>().join(".")
}

/// Returns whether the keys below a path are names that users choose: those of labels, annotations and namespaces.
fn is_name_of_secret(path: &[String]) -> bool {
    let is_namespaces = path.len() == 3 && path.last().is_some_and(|last| last == "namespaces");
    let is_of_secret =
        path.iter().take(2).map(|segment| camel(segment)).collect::<Vec<_>>().join(".") == CONNECTION_SECRET;
    is_of_secret && (is_namespaces || below_secret_metadata(path) == Some(0))
}

/// Returns whether this is the place of a label or an annotation of Secrets.
pub(super) fn is_secret_metadata(path: &[String]) -> bool {
    below_secret_metadata(path) == Some(1)
}

/// Returns the number of segments below a table of labels or annotations; `None` for any other path.
fn below_secret_metadata(path: &[String]) -> Option<usize> {
    let (table, rest) = path.split_at_checked(2)?;
    let is_of_secret =
        table.iter().map(|segment| camel(segment)).collect::<Vec<_>>().join(".") == CONNECTION_SECRET;
    let is_table = |name: &String| is_of_secret && ["labels", "annotations"].contains(&name.as_str());
    match rest {
        [namespaces, _, table, below @ ..] if namespaces == "namespaces" && is_table(table) => {
            Some(below.len())
        }
        [table, below @ ..] if is_table(table) => Some(below.len()),
        _ => None,
    }
}

/// Returns the known key that resembles this one most, if any does.
pub(super) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&unknown.to_lowercase(), &name.to_lowercase());
    let (best, edits) =
        known.into_iter().map(|name| (name, distance(name))).min_by_key(|(_, edits)| *edits)?;
    (edits <= best.len().div_ceil(3)).then_some(best)
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

/// Returns the help for a key that does not exist: a similar one, or those of its table.
pub(super) fn help_for_unknown(key: &str, known: &[&String]) -> String {
    let tables = known.iter().filter_map(|name| name.rsplit_once('.')).map(|(table, _)| table);
    if let Some(nearest) = nearest(key, known.iter().map(|name| name.as_str()).chain(tables)) {
        return format!("did you mean `{nearest}`?");
    }
    let table = key.split('.').next().unwrap_or_default();
    let same: Vec<_> = known
        .iter()
        .filter(|name| name.split('.').next() == Some(table))
        .map(|name| format!("`{name}`"))
        .collect();
    if same.is_empty() {
        "the tables are `[api]`, `[apis.<name>]` and `[operator]`".into()
    } else {
        format!("known keys are {}", same.join(", "))
    }
}
