//! The sources of the configuration, apart from objects of the cluster: files and environment variables.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use interpreter::catalog::Catalog;

use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::config::{self, Config, ConfigError, Document, KnownKeys, SearchPaths};
use crate::engine::{ConfigText, Obstacles};

/// The configuration file, and the catalog whose keys it may contain.
pub(super) struct ConfigSource {
    pub(super) file: Option<PathBuf>,
    pub(super) catalog: Arc<Catalog>,
}

impl ConfigSource {
    /// Reads file and environment, and merges the objects of the cluster over them.
    pub(super) fn read(&self, catalog: &Catalog, objects: &[ConfigText]) -> Result<Config> {
        let read = || -> Result<Config, ConfigError> {
            let mut documents =
                config::documents(config::search(self.file.as_deref(), &SearchPaths::of(&variable)))?;
            for ConfigText { kind, namespace, text } in objects {
                documents.push(Document::of_object(kind, namespace, text)?);
            }
            config::resolve(&documents, &variable, &KnownKeys::of(catalog).lenient())
        };
        read().map_err(|error| Usage(error.to_string()).into())
    }

    /// Returns an error if the operator can use no kind, or if credentials are incomplete or unusable.
    pub(super) fn check_usable(&self, config: &Config) -> Result<()> {
        let usable = usable(&self.catalog, config);
        for warning in usable.map_err(|unusable| Usage(unusable.to_string()))? {
            tracing::warn!("{warning}");
        }
        Ok(())
    }
}

/// The operator cannot use a configuration.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// The configuration gives no access to an API: its name, and the reason.
    #[error("the API `{0}` cannot be used: {1}")]
    Api(String, String),
    /// The operator would manage no kind of the catalog: the reasons.
    #[error("{0}")]
    Kinds(String),
}

/// Returns a warning for each kind and each API that the operator does not use. Returns an error if it can use
/// no kind, or if the configuration has credentials of an API that it cannot use.
pub(super) fn usable(catalog: &Catalog, config: &Config) -> Result<Vec<String>, Unusable> {
    let obstacles = Obstacles::find(catalog, config);
    let any_usable = catalog.addons.values().any(|addon| obstacles.is_usable(addon));
    let has_credentials =
        |api: &str| config.apis.get(api).is_some_and(|settings| !settings.credentials.is_empty());
    let Obstacles { kinds, apis } = obstacles;
    if let Some((api, why)) = apis.iter().find(|(api, _)| has_credentials(api) || !any_usable) {
        return Err(Unusable::Api(api.clone(), why.clone()));
    }
    let of_kind = |(addon, why): (&String, &String)| {
        let kind = catalog.addons.get(addon).map_or(addon.as_str(), |addon| &addon.resource.kind);
        format!("resources of the kind `{kind}` are not managed: {why}")
    };
    let of_api = |(api, why): (&String, &String)| format!("the add-ons of `{api}` are not managed: {why}");
    let warnings: Vec<_> = kinds.iter().map(of_kind).chain(apis.iter().map(of_api)).collect();
    if any_usable || warnings.is_empty() { Ok(warnings) } else { Err(Unusable::Kinds(warnings.join("\n"))) }
}

/// Returns the configuration of files and environment, without objects of the cluster; credentials may be
/// missing.
pub(super) fn configuration(options: &GlobalOptions, catalog: &Arc<Catalog>) -> Result<Config> {
    ConfigSource { file: options.config.clone(), catalog: Arc::clone(catalog) }.read(catalog, &[])
}

/// Returns an environment variable.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the variables of the environment that are unknown and resemble a known one, each with that one.
pub(super) fn misspelt_variables(known_keys: &KnownKeys) -> Vec<(String, String)> {
    let mut misspelt: Vec<_> =
        std::env::vars_os().filter_map(|(name, _)| known_keys.suggestion_for(name.to_str()?)).collect();
    misspelt.sort();
    misspelt
}
