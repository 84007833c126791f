//! The catalog's state: built-in files, files of folders, and ConfigMaps. The interpreter's `catalog_update`
//! validates each change. A valid one is active at once; an invalid one leaves the previous version active
//! and is reported to its author.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::join_all;
use interpreter::catalog::{Addon, Source};
use interpreter::catalog_update;
use interpreter::catalog_update::{CatalogUpdate, Entry, EntryFiles, EntryState};

use crate::cluster::watch::{Scope, Watch};
use crate::cluster::{Cluster, object};
use crate::engine::active_catalog::ActiveCatalog;
use crate::engine::catalog::accepted::Store;
use crate::engine::catalog::config_maps::CatalogConfigMaps;
use crate::engine::kind::spec::kind_of;

/// The sources of a catalog other than ConfigMaps.
#[derive(Debug, Clone, Default)]
pub struct CatalogSources {
    /// The files that are part of this build.
    pub built_in: Vec<Source>,
    /// The files of configured folders.
    pub added: Vec<Source>,
}

impl CatalogSources {
    /// Returns the catalog of these sources alone.
    pub(crate) fn update(&self) -> CatalogUpdate {
        catalog_update::update(&self.built_in, &self.added, &BTreeMap::new(), &|_| false)
    }
}

/// The catalog's sources, and the update that is active.
pub(crate) struct CatalogState {
    sources: CatalogSources,
    pub(crate) config_maps: Arc<CatalogConfigMaps>,
    pub(crate) store: Store,
    /// The files of the last validation, without the built-in ones; `None` requests a new validation.
    validated: Option<Vec<Source>>,
    accepted: BTreeMap<String, EntryFiles>,
    pub(crate) update: CatalogUpdate,
}

impl CatalogState {
    /// Watches the ConfigMaps of this namespace: those with the label, and those with these names. Nothing is
    /// known of them before `listed`.
    pub(crate) fn follow(
        sources: CatalogSources,
        cluster: &Cluster,
        namespace: &str,
        named: &[String],
    ) -> Self {
        let config_maps = CatalogConfigMaps::follow(cluster, namespace, named);
        let store = Store::follow(cluster, namespace);
        Self {
            sources,
            config_maps: Arc::new(config_maps),
            validated: None,
            accepted: BTreeMap::new(),
            store,
            update: CatalogUpdate::default(),
        }
    }

    /// Returns when all sources are known. A source that the operator may not read is logged and left out.
    pub(crate) fn listed(&self) -> impl Future<Output = ()> {
        let watches = self.config_maps.watches.iter().chain([&self.store.watch]);
        join_all(watches.map(Watch::listed_or_forbidden)).map(drop)
    }

    /// Validates the current sources, if the result could differ from the last: a source has changed, or a
    /// kind that is refused or removed waits for its resources to be deleted. `counts` holds the number of
    /// resources of each kind, as far as it is known. Returns true when the result differs.
    pub(crate) async fn validate(
        &mut self,
        cluster: &Cluster,
        scope: &Scope,
        counts: &BTreeMap<String, usize>,
    ) -> bool {
        let added: Vec<_> = self.sources.added.iter().cloned().chain(self.config_maps.sources()).collect();
        let waits = self.update.entries.values().any(|entry| entry.state != EntryState::InForce);
        if self.validated.as_ref() == Some(&added) && !waits {
            return false;
        }
        let decide = |lives: &dyn Fn(&str) -> bool| {
            catalog_update::update(&self.sources.built_in, &added, &self.accepted, lives)
        };
        let asked = RefCell::new(BTreeSet::new());
        let mut update = decide(&|definition| {
            asked.borrow_mut().insert(definition.to_owned());
            true
        });
        let mut dead = BTreeSet::new();
        for definition in asked.into_inner() {
            let lives = match (counts.get(&definition), update.entries.get(&definition)) {
                (Some(count), _) => *count > 0,
                // A kind that cannot be listed may have resources.
                (None, Some(entry)) => {
                    object::any(cluster, &kind_of(&entry.addon), scope).await.unwrap_or(true)
                }
                (None, None) => true,
            };
            if !lives {
                dead.insert(definition);
            }
        }
        if !dead.is_empty() {
            update = decide(&|definition| !dead.contains(definition));
        }
        let differs = !is_same(&self.update, &update);
        (self.validated, self.accepted, self.update) = (Some(added), update.accepted.clone(), update);
        differs
    }

    /// Takes over the accepted catalog of the cluster, if it could be read: another replica may have accepted
    /// a newer one.
    pub(crate) fn recall(&mut self, stored: Option<BTreeMap<String, EntryFiles>>) {
        if let Some(accepted) = stored {
            (self.accepted, self.validated) = (accepted, None);
        }
    }

    /// Returns the active catalog: all kinds and their APIs.
    pub(crate) fn active(&self) -> ActiveCatalog {
        let mut catalog = self.update.catalog.clone();
        let addons: Vec<Arc<Addon>> = self.update.entries.values().map(|entry| entry.addon.clone()).collect();
        for addon in &addons {
            // This API is used only by kinds that are delete-only, so the catalog does not contain it.
            catalog.apis.entry(addon.api.name.clone()).or_insert_with(|| addon.api.clone());
        }
        ActiveCatalog::new(Arc::new(catalog), &addons)
    }
}

/// True when two updates do not differ in entries, problems or APIs.
fn is_same(one: &CatalogUpdate, other: &CatalogUpdate) -> bool {
    fn outline(entry: &Entry) -> (&str, &str, EntryState, &str) {
        (&entry.definition, &entry.digest, entry.state, &entry.file)
    }
    one.entries.values().map(outline).eq(other.entries.values().map(outline))
        && one.problems == other.problems
        && one.catalog.apis.keys().eq(other.catalog.apis.keys())
}
