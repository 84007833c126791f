//! The text of `config check`: sources, keys, and the effective configuration. Of a credential it shows only
//! the length.

use std::path::Path;

use interpreter::catalog::{Api, Catalog};

use crate::cli::output;
use crate::config::{
    self, ApiSettings, Config, EffectiveValue, OBJECT_NAME, OperatorSettings, SearchOutcome, SearchPaths,
    SearchResult,
};
use crate::engine::{self, Obstacles};

/// The variables of the environment.
pub(super) struct Variables {
    /// Number of known variables that are set.
    pub(super) set: usize,
    /// Unknown variables, each with the known one that it resembles.
    pub(super) misspelt: Vec<(String, String)>,
}

/// Lists the sources and what was found there; `paths` unless a single file was named. A folder without any
/// of its files is one line.
pub(super) fn sources(
    results: &[SearchResult],
    paths: Option<&SearchPaths>,
    variables: &Variables,
) -> String {
    let set = match variables.set {
        0 => "nothing".to_owned(),
        1 => "1 variable".to_owned(),
        more => format!("{more} variables"),
    };
    let mut rows = vec![("the environment".to_owned(), set)];
    rows.extend(
        variables
            .misspelt
            .iter()
            .map(|(name, meant)| (format!("  {name}"), format!("unknown; did you mean {meant}?"))),
    );
    for folder in results.chunk_by(|one, next| one.path.parent() == next.path.parent()) {
        let there: Vec<_> =
            folder.iter().filter(|results| !matches!(results.outcome, SearchOutcome::Absent)).collect();
        match (there.as_slice(), folder.first()) {
            ([], Some(first)) => rows.push((any_format(&first.path), SearchOutcome::Absent.to_string())),
            (there, _) => rows.extend(
                there
                    .iter()
                    .map(|SearchResult { path, outcome }| (path.display().to_string(), outcome.to_string())),
            ),
        }
    }
    if paths.is_some_and(|paths| paths.home.is_none()) {
        rows.push(("the home folder".to_owned(), "skipped, because HOME is not set".to_owned()));
    }
    if paths.is_some() {
        rows.push((
            format!("ConfigMap and Secret {OBJECT_NAME}"),
            "in the cluster, read by the running operator only".to_owned(),
        ));
    }
    format!("Sources, the least important first:\n{}", table(rows))
}

/// Lists the configured values with their sources.
pub(super) fn values(values: &[EffectiveValue]) -> String {
    let row = |one: &EffectiveValue| {
        let over = if one.overridden.is_empty() {
            String::new()
        } else {
            format!(", overriding {}", one.overridden.join(", "))
        };
        (one.key.clone(), format!("{one}  from {}{over}", one.source))
    };
    let rows: Vec<_> = values.iter().map(row).collect();
    if rows.is_empty() {
        "No values are configured.\n".to_owned()
    } else {
        format!("Values:\n{}", table(rows))
    }
}

/// Lists the effective configuration of the operator, and what of the catalog it cannot use.
pub(super) fn effective(config: &Config, values: &[EffectiveValue], catalog: &Catalog) -> String {
    let obstacles = Obstacles::find(catalog, config);
    let mut rows = Vec::new();
    for (name, api) in &catalog.apis {
        let Some(settings) = config.apis.get(name) else { continue };
        let mut kinds = catalog.addons.values().filter(|addon| addon.api.name == *name).peekable();
        let is_idle = kinds.peek().is_some() && kinds.all(|addon| obstacles.kinds.contains_key(&addon.name));
        let access = if is_idle {
            "unusable: this version manages none of its kinds".to_owned()
        } else {
            authentication(api, settings)
        };
        rows.push((api.name.clone(), access));
        rows.extend(
            settings.organisation.iter().map(|own| (String::new(), format!("default organisation: {own}"))),
        );
    }
    rows.extend(operator(&config.operator, values));
    format!("Effective:\n{}", table(rows))
}

fn authentication(api: &Api, settings: &ApiSettings) -> String {
    match engine::api_access(api, settings) {
        Ok((scheme, endpoint)) if endpoint.is_empty() => format!("`{scheme}`"),
        Ok((scheme, endpoint)) => format!("`{scheme}` at {endpoint}"),
        Err(_) if config::credentials(settings, &api.auth, "").is_err() => {
            "unusable: no authentication scheme has all its credentials".to_owned()
        }
        Err(why) => format!("unusable: {why}"),
    }
}

fn operator(settings: &OperatorSettings, values: &[EffectiveValue]) -> Vec<(String, String)> {
    let is_configured = |key: &str| values.iter().any(|one| one.key == key);
    let row = |(name, value): (&str, Option<String>)| {
        let key = format!("operator.{name}");
        let value = match value {
            Some(value) if is_configured(&key) => value,
            Some(value) => format!("{value} (default)"),
            None => "from the catalog".to_owned(),
        };
        (key, value)
    };
    let tenants = if values.iter().any(|one| one.key.starts_with("operator.tenants.")) {
        "only the organisations listed for each namespace"
    } else {
        "any organisation in any namespace (default)"
    };
    settings
        .values()
        .into_iter()
        .map(row)
        .chain([("operator.tenants".to_owned(), tenants.to_owned())])
        .collect()
}

fn any_format(path: &Path) -> String {
    format!("{}.{{toml,yaml,json}}", path.with_extension("").display())
}

fn table(rows: Vec<(String, String)>) -> String {
    let indented = |(left, right)| [format!("  {left}"), right];
    output::table(&rows.into_iter().map(indented).collect::<Vec<_>>())
}
