//! Kinds and APIs that the operator cannot use with a configuration. Offline commands find here what a start
//! would find: each reason comes from the function that refuses at run time.

use std::collections::BTreeMap;

use interpreter::catalog::{Addon, Api, Catalog};

use crate::cluster::watch::Scope;
use crate::config::{ApiSettings, Config};
use crate::engine::credentials::connect::resolved_settings;
use crate::engine::kind::capabilities;
use crate::engine::scope::Bounds;

/// The obstacles of a catalog with a configuration.
#[derive(Debug, Default)]
pub struct Obstacles {
    /// The reason for each add-on whose resources are not managed, by its name.
    pub kinds: BTreeMap<String, String>,
    /// The reason for each API of a managed kind that the operator's own settings give no access to, by its name.
    pub apis: BTreeMap<String, String>,
}

impl Obstacles {
    /// Finds the obstacles.
    pub fn find(catalog: &Catalog, config: &Config) -> Self {
        let scope = Bounds::of(&config.operator).scope;
        let kind = |addon: &Addon| Some((addon.name.clone(), capabilities::obstacle(addon, &scope)?));
        let kinds: BTreeMap<_, _> = catalog.addons.values().filter_map(|addon| kind(addon)).collect();
        let managed = || catalog.addons.values().filter(|addon| !kinds.contains_key(&addon.name));
        let used = catalog.apis.values().filter(|api| managed().any(|addon| addon.api.name == api.name));
        let api = |api: &Api| {
            let why = api_access(api, config.apis.get(&api.name)?).err()?;
            Some((api.name.clone(), why))
        };
        let apis = used.filter_map(|one| api(one)).collect();
        Self { kinds, apis }
    }

    /// Returns true when the resources of an add-on can be managed with the operator's own settings.
    pub fn is_usable(&self, addon: &Addon) -> bool {
        !self.kinds.contains_key(&addon.name) && !self.apis.contains_key(&addon.api.name)
    }
}

/// Returns the reason why the resources of a kind are not managed by any operator of this version.
pub fn kind_obstacle(addon: &Addon) -> Option<String> {
    capabilities::obstacle(addon, &Scope::Cluster)
}

/// Returns the name of the authentication scheme and the endpoint that these settings lead to. The endpoint of an
/// API with several hosts is empty.
pub fn api_access(api: &Api, settings: &ApiSettings) -> Result<(&'static str, String), String> {
    let resolved = resolved_settings(api, settings, None).map_err(|why| format!("{why:#}"))?;
    Ok((resolved.scheme, resolved.endpoint))
}
