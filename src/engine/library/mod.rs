//! The catalog while it runs: what is built in, what folders add, and what ConfigMaps say. Each change is judged by the interpreter's
//! `admission`; what is good is interpreted at once, what is not leaves everything as it was, and says so where it was written.

mod notices;
mod shelves;
mod store;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use interpreter::admission::{self, Admission, Entry, Form, Standing};
use interpreter::catalog::{Addon, Api, Catalog, Source};
use tokio::time::sleep;

use self::notices::Notices;
use self::shelves::Shelves;
use self::store::Store;
use super::controller::{Charge, kind_of};
use super::posts::Posts;
use super::{Engine, ability};
use crate::cluster::watch::{Health, Scope};
use crate::cluster::{Cluster, Kind, object};
use crate::telemetry::{Topic, catalog};

/// Whoever edits writes several objects at once; they are looked at together.
const TOGETHER: Duration = Duration::from_millis(200);
/// How often it is looked whether what is only deleted is gone, and what could not be written is tried again.
const SELDOM: Duration = Duration::from_secs(10);

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
    pub(super) fn admitted(&self) -> Admission {
        admission::admit(&self.built_in, &self.added, &BTreeMap::new(), &|_| false)
    }
}

/// What is interpreted at one moment.
pub(super) struct InForce {
    /// The kinds that are on, with all APIs that anything needs.
    pub(super) catalog: Arc<Catalog>,
    /// The APIs that kinds need.
    pub(super) apis: Vec<Arc<Api>>,
    /// Every kind, with its finalizer.
    pub(super) kinds: Vec<(Kind, String)>,
}

impl InForce {
    /// All of a catalog.
    pub(super) fn of(catalog: &Arc<Catalog>) -> Self {
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
pub(super) struct Library {
    base: Base,
    shelves: Option<Shelves>,
    store: Option<Store>,
    notices: Notices,
    /// The switches that are on, since the start.
    switches: BTreeSet<String>,
    /// What was accepted last, and what it was made of.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The files that were judged, besides those built in.
    judged: Option<Vec<Source>>,
    accepted: BTreeMap<String, Form>,
    admission: Arc<Admission>,
}

impl Library {
    /// A library without ConfigMaps.
    pub(super) fn of(base: Base) -> Self {
        Self { base, shelves: None, store: None, notices: Notices::default(), switches: BTreeSet::new(), state: Mutex::default() }
    }

    /// A library that follows the ConfigMaps of this namespace: those with the label, and those of these names.
    pub(super) fn follow(base: Base, cluster: &Cluster, namespace: &str, named: &[String]) -> Self {
        let (shelves, store) = (Shelves::follow(cluster, namespace, named), Store::follow(cluster, namespace));
        Self { shelves: Some(shelves), store: Some(store), ..Self::of(base) }
    }

    /// Waits until all that it is made of is known; what may not be read is told, and left out.
    pub(super) async fn opened(&mut self) {
        if let Some(shelves) = &self.shelves {
            shelves.opened().await;
        }
        if let Some(store) = &self.store {
            store.opened().await;
            self.state.get_mut().unwrap_or_else(PoisonError::into_inner).accepted = store.read().unwrap_or_default();
        }
    }

    /// Judges it for the first time, before anything is interpreted: the whole catalog, whatever is switched on.
    pub(super) async fn first(&self, cluster: &Cluster, scope: &Scope) -> Catalog {
        let admission = self.judge(cluster, scope, &BTreeMap::new()).await;
        let catalog = admission.catalog.clone();
        self.take(Arc::new(admission));
        catalog
    }

    /// The same with these switches on.
    pub(super) fn switched(self, switches: BTreeSet<String>) -> Self {
        Self { switches, ..self }
    }

    /// Judges all that is there now. `counts` says how many resources of which kinds are known to be there.
    async fn judge(&self, cluster: &Cluster, scope: &Scope, counts: &BTreeMap<String, usize>) -> Admission {
        let (added, accepted) = (self.added(), self.state().accepted.clone());
        self.state().judged = Some(added.clone());
        let admit = |lives: &dyn Fn(&str) -> bool| admission::admit(&self.base.built_in, &added, &accepted, lives);
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
    fn is_due(&self) -> bool {
        let added = self.added();
        let state = self.state();
        state.judged.as_ref() != Some(&added) || state.admission.entries.values().any(|entry| entry.standing != Standing::InForce)
    }

    /// All files but those built in.
    fn added(&self) -> Vec<Source> {
        self.base.added.iter().cloned().chain(self.shelves.iter().flat_map(Shelves::sources)).collect()
    }

    fn take(&self, admission: Arc<Admission>) {
        let mut state = self.state();
        state.accepted = admission.accepted.clone();
        state.admission = admission;
    }

    /// What is interpreted.
    pub(super) fn in_force(&self) -> InForce {
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
    fn on<'a>(&'a self, admission: &'a Admission) -> impl Iterator<Item = &'a Entry> {
        let is_on = |entry: &&Entry| entry.addon.switch.as_ref().is_none_or(|switch| self.switches.contains(switch));
        admission.entries.values().filter(is_on)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
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

impl Engine {
    /// Takes in what becomes of the catalog, until this process is to stop.
    pub(super) async fn keep_library(self: Arc<Self>) {
        let mut posts = Posts::default();
        let mut shutdown = self.shutdown.clone();
        let mut noted = self.telemetry.catalog.noted();
        let mut stands_by = true;
        self.interpret(&mut posts);
        loop {
            let turned = std::mem::replace(&mut stands_by, self.stands_by()) != stands_by;
            if turned {
                self.library.recall(&self.cluster).await;
                self.refresh(&mut posts).await;
            }
            self.publish().await;
            let written = tokio::select! {
                () = self.library.changed() => true,
                _ = noted.changed() => false,
                () = self.leadership_turned(stands_by) => false,
                () = sleep(SELDOM) => false,
                _ = shutdown.wait_for(|stop| *stop) => break,
            };
            if written {
                sleep(TOGETHER).await;
            }
            self.refresh(&mut posts).await;
        }
        posts.close(super::posts::ORDERLY + Duration::from_secs(1)).await;
    }

    /// Judges the catalog anew, if it could be judged otherwise than before; what differs is interpreted otherwise from now on.
    async fn refresh(self: &Arc<Self>, posts: &mut Posts) {
        if !self.library.is_due() {
            return;
        }
        let admission = Arc::new(self.library.judge(&self.cluster, &self.bounds.scope, &self.counts()).await);
        let before = self.library.state().admission.clone();
        self.library.take(admission.clone());
        if is_same(&before, &admission) {
            return;
        }
        self.put_catalog_in_force().await;
        self.interpret(posts);
    }

    fn interpret(self: &Arc<Self>, posts: &mut Posts) {
        let admission = self.library.state().admission.clone();
        self.library.notices.log(&admission);
        let problems = admission.problems.iter().filter_map(|problem| serde_json::to_value(problem).ok()).collect();
        self.telemetry.catalog.show(self.library.on(&admission).map(told).collect(), problems);
        let wanted = self.library.on(&admission).filter(|entry| self.can_manage(entry));
        posts.fill(self, wanted.map(|entry| (entry.definition.clone(), charge(entry))).collect());
    }

    /// Whether the engine can do all that the kind needs. If not, it says so.
    fn can_manage(&self, entry: &Entry) -> bool {
        let why = ability::obstacle(&entry.addon, &self.bounds.scope).map(|why| format!("its resources are not managed: {why}"));
        if let Some(why) = &why {
            tracing::error!(kind = entry.definition, "{why}");
        }
        let can = why.is_none();
        self.telemetry.catalog.note(&entry.definition, Topic::Ability, why);
        can
    }

    /// Who leads keeps what was accepted, and tells those who wrote the catalog what became of it.
    async fn publish(&self) {
        let admission = self.library.state().admission.clone();
        for entry in admission.entries.values().filter(|entry| entry.standing == Standing::DeleteOnly) {
            if let Some(count) = self.counts().get(&entry.definition) {
                self.telemetry.catalog.left(&entry.definition, *count);
            }
        }
        if self.stands_by() {
            return;
        }
        if let Some(store) = &self.library.store {
            store.keep(&self.cluster, &admission.accepted).await;
        }
        if let Some(shelves) = &self.library.shelves {
            let waiting = self.telemetry.catalog.waiting();
            self.library.notices.publish(self, shelves, &admission, &waiting).await;
        }
    }

    /// Another process leads now, or this one; as was seen last, this one stood by, or not.
    async fn leadership_turned(&self, stood_by: bool) {
        if stood_by { self.leadership.elected().await } else { self.leadership.lost().await }
    }

    /// How many resources there are of each kind that is followed.
    fn counts(&self) -> BTreeMap<String, usize> {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().filter_map(|controller| Some((controller.kind.to_string(), controller.count()?))).collect()
    }
}

impl Library {
    /// How the watch of the ConfigMaps fares; none: none are followed.
    pub(super) fn health(&self) -> Option<Health> {
        self.shelves.as_ref().map(Shelves::health)
    }

    async fn changed(&self) {
        match &self.shelves {
            Some(shelves) => shelves.changed().await,
            None => std::future::pending().await,
        }
    }

    /// Another may have accepted more meanwhile.
    async fn recall(&self, cluster: &Cluster) {
        let Some(store) = &self.store else { return };
        if let Some(accepted) = store.read_live(cluster).await {
            let mut state = self.state();
            (state.accepted, state.judged) = (accepted, None);
        }
    }
}

fn charge(entry: &Entry) -> Charge {
    let Entry { addon, digest, standing, built_in, .. } = entry;
    Charge { addon: addon.clone(), digest: digest.clone(), retired: *standing == Standing::DeleteOnly, built_in: *built_in }
}

fn told(entry: &Entry) -> catalog::Entry {
    let standing = match entry.standing {
        Standing::InForce => "in-force",
        Standing::LastAccepted => "last-accepted",
        Standing::DeleteOnly => "delete-only",
    };
    let Entry { name, definition, file, built_in, .. } = entry.clone();
    catalog::Entry { name, definition, file, built_in, standing }
}

/// Whether nothing differs that anybody would notice.
fn is_same(one: &Admission, other: &Admission) -> bool {
    let outline = |admission: &Admission| -> Vec<(String, String, Standing, String)> {
        let one = |entry: &Entry| (entry.definition.clone(), entry.digest.clone(), entry.standing, entry.file.clone());
        admission.entries.values().map(one).collect()
    };
    outline(one) == outline(other) && one.problems == other.problems && one.catalog.apis.keys().eq(other.catalog.apis.keys())
}
