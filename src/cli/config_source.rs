//! The sources of the configuration, apart from objects of the cluster: files and environment variables.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use interpreter::catalog::Catalog;

use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::config::{self, Config, ConfigError, Document, KnownKeys, SearchPaths};
use crate::engine::ConfigText;

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

    /// Returns an error if there are no credentials at all, or incomplete ones.
    pub(super) fn check_credentials(&self, config: &Config) -> Result<()> {
        let without_credentials = config::apis_without_credentials(config, &self.catalog);
        let used = |api: &&String| self.catalog.addons.values().any(|addon| addon.api.name == **api);
        let none_at_all =
            self.catalog.apis.keys().filter(used).all(|api| without_credentials.contains_key(api));
        for (api, missing) in without_credentials {
            let has_any_credentials =
                config.apis.get(&api).is_some_and(|settings| !settings.credentials.is_empty());
            if has_any_credentials || none_at_all {
                return Err(Usage(missing.to_string()).into());
            }
            tracing::warn!(api, %missing, "missing credentials: the add-ons of this API are not managed");
        }
        Ok(())
    }
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
