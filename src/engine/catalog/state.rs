//! The active catalog: built-in files, files of folders, and ConfigMaps. The interpreter's `catalog_update`
//! validates each change. A valid one is active at once; an invalid one leaves the previous version active
//! and is reported to its author.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interpreter::catalog::{Addon, Api, Catalog, Source};
use interpreter::catalog_update;
use interpreter::catalog_update::{CatalogUpdate, Entry, EntryFiles, EntryState};
use parking_lot::Mutex;

use crate::cluster::watch::{Health, Scope};
use crate::cluster::{Cluster, Kind, object};
use crate::engine::catalog::accepted::Store;
use crate::engine::catalog::config_maps::CatalogConfigMaps;
use crate::engine::catalog::feedback::Feedback;

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
    pub(crate) fn admitted(&self) -> CatalogUpdate {
        catalog_update::update(&self.built_in, &self.added, &BTreeMap::new(), &|_| false)
    }
}

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
    /// Activates a whole catalog.
    pub(crate) fn of(catalog: &Arc<Catalog>) -> Self {
        Self::with(catalog.clone(), &catalog.addons.values().collect::<Vec<_>>())
    }

    /// Activates these add-ons of a catalog.
    fn with(catalog: Arc<Catalog>, addons: &[&Arc<Addon>]) -> Self {
        let used = |api: &&Arc<Api>| addons.iter().any(|addon| addon.api.name == api.name);
        Self {
            apis: catalog.apis.values().filter(used).cloned().collect(),
            kinds: addons.iter().map(|addon| (kind_of(addon), addon.resource.finalizer.clone())).collect(),
            catalog,
        }
    }
}

/// The catalog's sources, its current state, and the feedback about it.
pub(crate) struct CatalogState {
    pub(crate) base: CatalogSources,
    pub(crate) config_maps: Option<CatalogConfigMaps>,
    pub(crate) store: Option<Store>,
    pub(crate) feedback: Feedback,
    /// The switches that are on; fixed at the start.
    pub(crate) switches: BTreeSet<String>,
    /// The last accepted catalog, and the files it was built from.
    pub(crate) state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The files of the last validation, without the built-in ones; `None` requests a new validation.
    pub(crate) judged: Option<Vec<Source>>,
    pub(crate) accepted: BTreeMap<String, EntryFiles>,
    pub(crate) update: Arc<CatalogUpdate>,
}

impl CatalogState {
    /// Creates a catalog state without ConfigMaps.
    pub(crate) fn of(base: CatalogSources) -> Self {
        Self {
            base,
            config_maps: None,
            store: None,
            feedback: Feedback::default(),
            switches: BTreeSet::new(),
            state: Mutex::default(),
        }
    }

    /// Creates a catalog state that watches the ConfigMaps of this namespace: those with the label, and those
    /// with these names.
    pub(crate) fn follow(base: CatalogSources, cluster: &Cluster, namespace: &str, named: &[String]) -> Self {
        let (config_maps, store) =
            (CatalogConfigMaps::follow(cluster, namespace, named), Store::follow(cluster, namespace));
        Self { config_maps: Some(config_maps), store: Some(store), ..Self::of(base) }
    }

    /// Waits until all sources are known. A source that the operator may not read is logged and left out.
    pub(crate) async fn opened(&mut self) {
        if let Some(config_maps) = &self.config_maps {
            config_maps.opened().await;
        }
        if let Some(store) = &self.store {
            store.opened().await;
            self.state.get_mut().accepted = store.read().unwrap_or_default();
        }
    }

    /// Validates the catalog for the first time and returns all of it, regardless of switches; no controller
    /// runs yet.
    pub(crate) async fn first(&self, cluster: &Cluster, scope: &Scope) -> Catalog {
        let update = self.judge(cluster, scope, &BTreeMap::new()).await;
        let catalog = update.catalog.clone();
        self.take(Arc::new(update));
        catalog
    }

    /// Returns the same state with these switches on.
    pub(crate) fn switched(self, switches: BTreeSet<String>) -> Self {
        Self { switches, ..self }
    }

    /// Validates the current sources. `counts` holds the number of resources of each kind, as far as it is
    /// known.
    pub(crate) async fn judge(
        &self,
        cluster: &Cluster,
        scope: &Scope,
        counts: &BTreeMap<String, usize>,
    ) -> CatalogUpdate {
        let (added, accepted) = (self.added(), self.state().accepted.clone());
        self.state().judged = Some(added.clone());
        let admit = |lives: &dyn Fn(&str) -> bool| {
            catalog_update::update(&self.base.built_in, &added, &accepted, lives)
        };
        let asked = RefCell::new(BTreeSet::new());
        let cautious = admit(&|definition| {
            asked.borrow_mut().insert(definition.to_owned());
            true
        });
        let asked = asked.into_inner();
        if asked.is_empty() {
            return cautious;
        }
        let mut dead = BTreeSet::new();
        for definition in asked {
            let lives = match counts.get(&definition) {
                Some(count) => *count > 0,
                None => lives(cluster, scope, cautious.entries.get(&definition)).await,
            };
            if !lives {
                dead.insert(definition);
            }
        }
        if dead.is_empty() { cautious } else { admit(&|definition| !dead.contains(definition)) }
    }

    /// True when a new validation could differ from the last: a source has changed, or a kind that is refused
    /// or removed waits for its resources to be deleted.
    pub(crate) fn is_due(&self) -> bool {
        let added = self.added();
        let state = self.state();
        state.judged.as_ref() != Some(&added)
            || state.update.entries.values().any(|entry| entry.state != EntryState::InForce)
    }

    /// Returns all files but the built-in ones.
    fn added(&self) -> Vec<Source> {
        self.base
            .added
            .iter()
            .cloned()
            .chain(self.config_maps.iter().flat_map(CatalogConfigMaps::sources))
            .collect()
    }

    pub(crate) fn take(&self, update: Arc<CatalogUpdate>) {
        let mut state = self.state();
        state.accepted = update.accepted.clone();
        state.update = update;
    }

    /// Returns the active catalog: enabled kinds and their APIs.
    pub(crate) fn active(&self) -> ActiveCatalog {
        let update = self.state().update.clone();
        let mut catalog = update.catalog.switched(&self.switches);
        let addons: Vec<&Arc<Addon>> = self.on(&update).map(|entry| &entry.addon).collect();
        for addon in &addons {
            // This API is used only by kinds that are delete-only, so the catalog does not contain it.
            catalog.apis.entry(addon.api.name.clone()).or_insert_with(|| addon.api.clone());
        }
        ActiveCatalog::with(Arc::new(catalog), &addons)
    }

    /// Returns the entries whose switch is on, and those without a switch.
    pub(crate) fn on<'a>(&'a self, update: &'a CatalogUpdate) -> impl Iterator<Item = &'a Entry> {
        let is_on =
            |entry: &&Entry| entry.addon.switch.as_ref().is_none_or(|switch| self.switches.contains(switch));
        update.entries.values().filter(is_on)
    }

    pub(crate) fn state(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// True when resources of a kind exist, or when that is unknown.
async fn lives(cluster: &Cluster, scope: &Scope, entry: Option<&Entry>) -> bool {
    let Some(entry) = entry else { return true };
    let kind = kind_of(&entry.addon);
    let namespaces = match scope {
        Scope::Cluster => vec![None],
        Scope::Namespaces(names) => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    for namespace in namespaces {
        if object::any(cluster, &kind, namespace).await.unwrap_or(true) {
            return true;
        }
    }
    false
}

impl CatalogState {
    /// Health of the watches of the ConfigMaps; `None` without ConfigMaps.
    pub(crate) fn health(&self) -> Option<Health> {
        self.config_maps.as_ref().map(CatalogConfigMaps::health)
    }

    pub(crate) async fn changed(&self) {
        match &self.config_maps {
            Some(config_maps) => config_maps.changed().await,
            None => std::future::pending().await,
        }
    }

    /// Reloads the accepted catalog from the cluster: another replica may have accepted a newer one.
    pub(crate) async fn recall(&self, cluster: &Cluster) {
        let Some(store) = &self.store else { return };
        if let Some(accepted) = store.read_live(cluster).await {
            let mut state = self.state();
            (state.accepted, state.judged) = (accepted, None);
        }
    }
}
