//! The text of `config check`: places, keys, and what is in force. Of a credential it tells no more than its length.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use interpreter::catalog::{Api, Catalog};

use crate::config::{self, ApiSettings, Config, Found, Looked, OBJECT_NAME, OperatorSettings, Places, Written};

/// What the environment holds.
pub(super) struct Variables {
    /// How many that mean something are set.
    pub(super) set: usize,
    /// Those that mean nothing, each with the one that it looks like.
    pub(super) misspelt: Vec<(String, String)>,
}

/// Where it was looked, and what came of it; `places` if no single file was named. A folder that has none of its files is one line.
pub(super) fn places(looked: &[Looked], places: Option<&Places>, variables: &Variables) -> String {
    let set = match variables.set {
        0 => "nothing".to_owned(),
        1 => "1 variable".to_owned(),
        more => format!("{more} variables"),
    };
    let mut rows = vec![("the environment".to_owned(), set)];
    rows.extend(variables.misspelt.iter().map(|(name, meant)| (format!("  {name}"), format!("is not known; did you mean {meant}?"))));
    for folder in looked.chunk_by(|one, next| one.path.parent() == next.path.parent()) {
        let there: Vec<_> = folder.iter().filter(|looked| !matches!(looked.found, Found::Nothing)).collect();
        match (there.as_slice(), folder.first()) {
            ([], Some(first)) => rows.push((any_format(&first.path), Found::Nothing.to_string())),
            (there, _) => rows.extend(there.iter().map(|Looked { path, found }| (path.display().to_string(), found.to_string()))),
        }
    }
    if places.is_some_and(|places| places.home.is_none()) {
        rows.push(("the folders of the user".to_owned(), "left out, because HOME is not set".to_owned()));
    }
    if places.is_some() {
        rows.push((format!("ConfigMap and Secret {OBJECT_NAME}"), "in the cluster, where only the running operator looks".to_owned()));
    }
    format!("Looked for, the least important first:\n{}", table(&rows))
}

/// What is written, and where.
pub(super) fn written(written: &[Written]) -> String {
    let row = |one: &Written| {
        let over = if one.over.is_empty() { String::new() } else { format!(", over {}", one.over.join(", ")) };
        (one.key.clone(), format!("{one}  from {}{over}", one.place))
    };
    let rows: Vec<_> = written.iter().map(row).collect();
    if rows.is_empty() { "Nothing is written anywhere.\n".to_owned() } else { format!("Written:\n{}", table(&rows)) }
}

/// What the operator would go by.
pub(super) fn in_force(config: &Config, written: &[Written], catalog: &Catalog) -> String {
    let mut rows = Vec::new();
    for (name, api) in &catalog.apis {
        let Some(settings) = config.apis.get(name) else { continue };
        rows.extend(reached(api, settings));
        rows.extend(settings.organisation.iter().map(|own| (String::new(), format!("for resources that name no organisation: {own}"))));
    }
    rows.extend(operator(&config.operator, written, &catalog.switches()));
    format!("In force:\n{}", table(&rows))
}

fn reached(api: &Api, settings: &ApiSettings) -> Vec<(String, String)> {
    if api.credentials.is_some() {
        return vec![(api.name.clone(), "with the credentials that each resource brings".to_owned())];
    }
    let one = |host: &String| {
        let name = if host.is_empty() { api.name.clone() } else { format!("{}, {host}", api.name) };
        let how = match config::credentials(settings, &api.auth, host) {
            Err(_) => "cannot be used: no way to authenticate has all that it needs".to_owned(),
            Ok(fit) => match fit.endpoint(settings, api).filter(|_| host.is_empty()) {
                Some(endpoint) => format!("`{}` at {endpoint}", fit.called()),
                None => format!("`{}`", fit.called()),
            },
        };
        (name, how)
    };
    api.endpoints.hosts.keys().map(one).collect()
}

fn operator(settings: &OperatorSettings, written: &[Written], switches: &BTreeSet<String>) -> Vec<(String, String)> {
    let is_written = |key: &str| written.iter().any(|one| one.key == key);
    let switch = |name| (name, Some(settings.switches.contains(name).to_string()));
    let row = |(name, value): (&str, Option<String>)| {
        let key = format!("operator.{name}");
        let value = match value {
            Some(value) if is_written(&key) => value,
            Some(value) => format!("{value} (default)"),
            None => "as the catalog says".to_owned(),
        };
        (key, value)
    };
    let tenants = if written.iter().any(|one| one.key.starts_with("operator.tenants.")) {
        "each namespace only the organisations that are written"
    } else {
        "any organisation in any namespace (default)"
    };
    let all = settings.values().into_iter().chain(switches.iter().map(|name| switch(name.as_str())));
    all.map(row).chain([("operator.tenants".to_owned(), tenants.to_owned())]).collect()
}

fn any_format(path: &Path) -> String {
    format!("{}.{{toml,yaml,json}}", path.with_extension("").display())
}

fn table(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut text, (left, right)| {
        let _ = writeln!(text, "  {left:width$}  {right}");
        text
    })
}
