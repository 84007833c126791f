//! The catalog while it runs: what is built in, what folders add, and what ConfigMaps say. Each change is judged by the interpreter's
//! `admission`; what is good is interpreted at once, what is not leaves everything as it was, and says so where it was written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use interpreter::catalog::{Addon, Api, Catalog, Source};
use interpreter::catalog_update;
use interpreter::catalog_update::{Admission, Entry, Form, Standing};

use crate::cluster::watch::{Health, Scope};
use crate::cluster::{Cluster, Kind, object};
use crate::engine::catalog::accepted::Store;
use crate::engine::catalog::config_maps::Shelves;
use crate::engine::catalog::feedback::Notices;

use crate::engine::kind::spec::kind_of;

/// What a catalog is made of, besides ConfigMaps.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// The files that are part of this build.
    pub built_in: Vec<Source>,
    /// Files of folders.
    pub added: Vec<Source>,
}

impl Base {
    /// What it is by itself.
    pub(crate) fn admitted(&self) -> Admission {
        catalog_update::admit(&self.built_in, &self.added, &BTreeMap::new(), &|_| false)
    }
}

/// What is interpreted at one moment.
pub(crate) struct InForce {
    /// The kinds that are on, with all APIs that anything needs.
    pub(crate) catalog: Arc<Catalog>,
    /// The APIs that kinds need.
    pub(crate) apis: Vec<Arc<Api>>,
    /// Every kind, with its finalizer.
    pub(crate) kinds: Vec<(Kind, String)>,
}

impl InForce {
    /// All of a catalog.
    pub(crate) fn of(catalog: &Arc<Catalog>) -> Self {
        Self::with(catalog.clone(), &catalog.addons.values().collect::<Vec<_>>())
    }

    /// A catalog, of which these are looked after.
    fn with(catalog: Arc<Catalog>, addons: &[&Arc<Addon>]) -> Self {
        let used = |api: &&Arc<Api>| addons.iter().any(|addon| addon.api.name == api.name);
        Self {
            apis: catalog.apis.values().filter(used).cloned().collect(),
            kinds: addons.iter().map(|addon| (kind_of(addon), addon.resource.finalizer.clone())).collect(),
            catalog,
        }
    }
}

/// Where the catalog comes from, and what became of it.
pub(crate) struct Library {
    pub(crate) base: Base,
    pub(crate) shelves: Option<Shelves>,
    pub(crate) store: Option<Store>,
    pub(crate) notices: Notices,
    /// The switches that are on, since the start.
    pub(crate) switches: BTreeSet<String>,
    /// What was accepted last, and what it was made of.
    pub(crate) state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The files that were judged, besides those built in.
    pub(crate) judged: Option<Vec<Source>>,
    pub(crate) accepted: BTreeMap<String, Form>,
    pub(crate) admission: Arc<Admission>,
}

impl Library {
    /// A library without ConfigMaps.
    pub(crate) fn of(base: Base) -> Self {
        Self { base, shelves: None, store: None, notices: Notices::default(), switches: BTreeSet::new(), state: Mutex::default() }
    }

    /// A library that follows the ConfigMaps of this namespace: those with the label, and those of these names.
    pub(crate) fn follow(base: Base, cluster: &Cluster, namespace: &str, named: &[String]) -> Self {
        let (shelves, store) = (Shelves::follow(cluster, namespace, named), Store::follow(cluster, namespace));
        Self { shelves: Some(shelves), store: Some(store), ..Self::of(base) }
    }

    /// Waits until all that it is made of is known; what may not be read is told, and left out.
    pub(crate) async fn opened(&mut self) {
        if let Some(shelves) = &self.shelves {
            shelves.opened().await;
        }
        if let Some(store) = &self.store {
            store.opened().await;
            self.state.get_mut().unwrap_or_else(PoisonError::into_inner).accepted = store.read().unwrap_or_default();
        }
    }

    /// Judges it for the first time, before anything is interpreted: the whole catalog, whatever is switched on.
    pub(crate) async fn first(&self, cluster: &Cluster, scope: &Scope) -> Catalog {
        let admission = self.judge(cluster, scope, &BTreeMap::new()).await;
        let catalog = admission.catalog.clone();
        self.take(Arc::new(admission));
        catalog
    }

    /// The same with these switches on.
    pub(crate) fn switched(self, switches: BTreeSet<String>) -> Self {
        Self { switches, ..self }
    }

    /// Judges all that is there now. `counts` says how many resources of which kinds are known to be there.
    pub(crate) async fn judge(&self, cluster: &Cluster, scope: &Scope, counts: &BTreeMap<String, usize>) -> Admission {
        let (added, accepted) = (self.added(), self.state().accepted.clone());
        self.state().judged = Some(added.clone());
        let admit = |lives: &dyn Fn(&str) -> bool| catalog_update::admit(&self.base.built_in, &added, &accepted, lives);
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

    /// Whether it could be judged otherwise than it was: something was written, or what is refused or gone waits for resources to go.
    pub(crate) fn is_due(&self) -> bool {
        let added = self.added();
        let state = self.state();
        state.judged.as_ref() != Some(&added) || state.admission.entries.values().any(|entry| entry.standing != Standing::InForce)
    }

    /// All files but those built in.
    fn added(&self) -> Vec<Source> {
        self.base.added.iter().cloned().chain(self.shelves.iter().flat_map(Shelves::sources)).collect()
    }

    pub(crate) fn take(&self, admission: Arc<Admission>) {
        let mut state = self.state();
        state.accepted = admission.accepted.clone();
        state.admission = admission;
    }

    /// What is interpreted.
    pub(crate) fn in_force(&self) -> InForce {
        let admission = self.state().admission.clone();
        let mut catalog = admission.catalog.switched(&self.switches);
        let addons: Vec<&Arc<Addon>> = self.on(&admission).map(|entry| &entry.addon).collect();
        for addon in &addons {
            // An API that only kinds need which are only deleted.
            catalog.apis.entry(addon.api.name.clone()).or_insert_with(|| addon.api.clone());
        }
        InForce::with(Arc::new(catalog), &addons)
    }

    /// The entries that are not behind a switch that is off.
    pub(crate) fn on<'a>(&'a self, admission: &'a Admission) -> impl Iterator<Item = &'a Entry> {
        let is_on = |entry: &&Entry| entry.addon.switch.as_ref().is_none_or(|switch| self.switches.contains(switch));
        admission.entries.values().filter(is_on)
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether resources of a kind are there. What is not known is taken to be so.
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

impl Library {
    /// How the watch of the ConfigMaps fares; none: none are followed.
    pub(crate) fn health(&self) -> Option<Health> {
        self.shelves.as_ref().map(Shelves::health)
    }

    pub(crate) async fn changed(&self) {
        match &self.shelves {
            Some(shelves) => shelves.changed().await,
            None => std::future::pending().await,
        }
    }

    /// Another may have accepted more meanwhile.
    pub(crate) async fn recall(&self, cluster: &Cluster) {
        let Some(store) = &self.store else { return };
        if let Some(accepted) = store.read_live(cluster).await {
            let mut state = self.state();
            (state.accepted, state.judged) = (accepted, None);
        }
    }
}
