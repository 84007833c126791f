//! The active part of the catalog, as the controllers see it.

use std::sync::Arc;

use interpreter::catalog::{Addon, Api, Catalog};

use crate::cluster::Kind;
use crate::engine::kind::spec::kind_of;

/// The active part of the catalog at one moment.
pub(crate) struct ActiveCatalog {
    /// The enabled kinds, with the APIs of every controller.
    pub(crate) catalog: Arc<Catalog>,
    /// The APIs that the active kinds use.
    pub(crate) apis: Vec<Arc<Api>>,
    /// Every active kind, with its finalizer.
    pub(crate) kinds: Vec<(Kind, String)>,
}

impl ActiveCatalog {
    /// Activates these add-ons of a catalog.
    pub(crate) fn new(catalog: Arc<Catalog>, addons: &[Arc<Addon>]) -> Self {
        let used = |api: &&Arc<Api>| addons.iter().any(|addon| addon.api.name == api.name);
        Self {
            apis: catalog.apis.values().filter(used).cloned().collect(),
            kinds: addons.iter().map(|addon| (kind_of(addon), addon.resource.finalizer.clone())).collect(),
            catalog,
        }
    }
}
