//! One kind: its watch, its queue, and what is kept about each of its resources.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use interpreter::catalog::Addon;
use interpreter::plan::Timing;
use interpreter::resource::{self, reads_needed};
use kube::api::DynamicObject;
use tokio::sync::{Mutex as Turn, Semaphore};

use crate::cluster::queue::{Lane, Queue};
use crate::cluster::watch::{Change, Changes, Health, Watch};
use crate::cluster::{Key, Kind};
use crate::config::OperatorSettings;
use crate::engine::kind::cache_entry::Dossier;
use crate::engine::kind::spec::{Charge, kind_of, timing};
use crate::engine::object_ref::Subject;
use crate::telemetry;

/// How many Secrets of others are looked out for at once, for each kind: each costs a connection.
const AT_ONCE: usize = 8;

/// What is known of one kind, and how it is interpreted. When its entry changes, another takes its place and goes on with what it knows.
pub(crate) struct Controller {
    pub(crate) addon: Arc<Addon>,
    pub(crate) kind: Kind,
    pub(crate) timing: Timing,
    /// Its resources are only deleted.
    pub(crate) retired: bool,
    /// All that is asked of the cloud, and how the answers are read; where that is another, what was read before says nothing.
    pub(crate) asks: Arc<str>,
    /// How its list is read: kinds share a list only where they read it alike.
    pub(crate) reading: String,
    /// The reads without which not every field can be compared.
    pub(crate) compared: Vec<String>,
    /// Something that can change is compared with what the list shows.
    pub(crate) compares_listed: bool,
    /// The creation sends everything that is compared.
    pub(crate) sent_at_creation: bool,
    /// The field of the spec that says whose add-on it is, where there is one.
    pub(crate) account_field: Option<String>,
    pub(crate) queue: Queue<Subject>,
    /// Who may look out for Secrets of others.
    pub(crate) lookouts: Arc<Semaphore>,
    watch: Watch<DynamicObject>,
    dossiers: Dossiers,
}

/// What is kept about each resource. It is shared with whoever takes the controller's place: a resource has one pass at a time, and what was
/// sent for it is remembered, whoever sent it.
pub(crate) type Dossiers = Arc<Mutex<HashMap<Subject, Arc<Turn<Dossier>>>>>;

impl Controller {
    /// A controller for one kind of the catalog.
    pub(crate) fn new(charge: &Charge, watch: Watch<DynamicObject>, settings: &OperatorSettings, dossiers: Dossiers) -> Self {
        let addon = Arc::clone(&charge.addon);
        Self {
            kind: kind_of(&addon),
            asks: asks(&addon).into(),
            reading: format!("{:?} {:?}", addon.list, addon.api.identity),
            retired: charge.retired,
            timing: timing(&addon, settings),
            compared: reads_needed(&addon).into_iter().collect(),
            sent_at_creation: resource::sends_all_at_creation(&addon),
            compares_listed: resource::compares_listed(&addon),
            account_field: account_field(&addon),
            queue: Queue::default(),
            lookouts: places(),
            watch,
            dossiers,
            addon,
        }
    }

    /// Who takes its place where the entry of its kind has changed: it follows the same resources, and knows the same of each.
    pub(crate) fn successor(&self, charge: &Charge, settings: &OperatorSettings) -> Self {
        let new = Self::new(charge, self.watch.clone(), settings, self.dossiers.clone());
        Self { queue: self.queue.clone(), lookouts: self.lookouts.clone(), ..new }
    }

    /// Lists its resources once more.
    pub(crate) fn list_again(&self) {
        self.watch.relist();
    }

    /// How many of its resources are there; none: nobody knows yet. One that is gone counts while something is owed for it.
    pub(crate) fn count(&self) -> Option<usize> {
        self.watch.ready().now_or_never()?;
        let dossiers = self.dossiers.lock().unwrap_or_else(PoisonError::into_inner);
        let owes = |dossier: &&Arc<Turn<Dossier>>| match dossier.try_lock() {
            Ok(dossier) => dossier.memory.owes(dossier.listing.as_ref(), &self.timing),
            // A pass is at it.
            Err(_) => true,
        };
        Some(self.watch.all().len().max(dossiers.values().filter(owes).count()))
    }

    /// Queues whatever changes, until the watch ends.
    pub(crate) async fn follow(&self, mut changes: Changes<DynamicObject>) {
        while let Some(change) = changes.next().await {
            let subject = Subject::of(change.latest());
            let echo = matches!(&change, Change::Modified { before, after } if is_echo(before, after));
            if !echo {
                self.queue.push(subject, Lane::Edit);
            }
        }
    }

    /// The resources of a namespace, as last seen.
    pub(crate) fn of_namespace(&self, namespace: &str) -> Vec<Arc<DynamicObject>> {
        let mut all = self.watch.all();
        all.retain(|object| object.metadata.namespace.as_deref() == Some(namespace));
        all
    }

    /// Queues the resources of a namespace: something has changed that they all depend on.
    pub(crate) fn queue_namespace(&self, namespace: &str) {
        for object in self.of_namespace(namespace) {
            self.queue.push(Subject::of(&object), Lane::Edit);
        }
    }

    /// Queues every resource, for a first look.
    pub(crate) fn queue_all(&self) {
        for object in self.watch.all() {
            self.queue.push(Subject::of(&object), Lane::Check);
        }
    }

    /// The resource, as the watch last showed it.
    pub(crate) fn cached(&self, subject: &Subject) -> Option<Arc<DynamicObject>> {
        self.watch.get(&subject_key(subject)).filter(|object| object.metadata.uid.as_deref() == Some(&subject.uid))
    }

    /// Its resources, as the watch last showed them.
    pub(crate) fn all(&self) -> Vec<Arc<DynamicObject>> {
        self.watch.all()
    }

    /// Queues the resource that a Secret names as its owner, if it is one: anybody may write a Secret that names it.
    pub(crate) fn queue_owner(&self, namespace: &str, name: &str, uid: &str) {
        let key = if self.kind.namespaced { Key::new(namespace, name) } else { Key::of_cluster(name) };
        let owner = self.watch.get(&key).map(|object| Subject::of(&object)).filter(|owner| owner.uid == uid);
        if let Some(owner) = owner {
            self.queue.push(owner, Lane::Edit);
        }
    }

    /// How the watch fares, in telemetry's words.
    pub(crate) fn health(&self) -> telemetry::Watch {
        told(self.watch.health())
    }

    /// Returns when every resource has been seen once.
    pub(crate) async fn ready(&self) {
        self.watch.ready().await;
    }

    pub(crate) fn dossier(&self, subject: &Subject) -> Arc<Turn<Dossier>> {
        let mut dossiers = self.dossiers.lock().unwrap_or_else(PoisonError::into_inner);
        dossiers.entry(subject.clone()).or_default().clone()
    }

    pub(crate) fn forget(&self, subject: &Subject) {
        self.dossiers.lock().unwrap_or_else(PoisonError::into_inner).remove(subject);
    }
}

/// How a watch fares, in telemetry's words.
pub(crate) fn told(health: Health) -> telemetry::Watch {
    match health {
        Health::Starting => telemetry::Watch::Waiting("for the first list".into()),
        Health::Established => telemetry::Watch::Established,
        Health::Failing(trouble) => telemetry::Watch::Broken(trouble.to_string()),
    }
}

fn subject_key(subject: &Subject) -> Key {
    match subject.namespace.as_str() {
        "" => Key::of_cluster(&subject.name),
        namespace => Key::new(namespace, &subject.name),
    }
}

/// A write that changed nothing a plan looks at, such as our own status.
fn is_echo(before: &DynamicObject, after: &DynamicObject) -> bool {
    let told = |object: &DynamicObject| object.data.pointer("/status/addon").cloned();
    let (old, new) = (&before.metadata, &after.metadata);
    // Once the definition has changed, a spec may show more than it did, with nobody having written it.
    old.generation == new.generation
        && before.data.get("spec") == after.data.get("spec")
        && old.finalizers == new.finalizers
        && old.annotations == new.annotations
        && old.deletion_timestamp == new.deletion_timestamp
        && told(before) == told(after)
}

/// All that says what is asked and how answers are read, in a form that can be compared.
fn asks(addon: &Addon) -> String {
    let Addon { api, provider, list, get, outputs, reads, offers, .. } = addon;
    format!("{} {provider} {list:?} {get:?} {outputs:?} {reads:?} {offers:?} {:?}", api.name, api.identity)
}

fn account_field(addon: &Addon) -> Option<String> {
    let template = addon.api.account.as_ref()?;
    let shared = template.names().first()?.first()?;
    let field = addon.fields.iter().find(|field| field.shared.as_ref() == Some(shared) && !field.path.is_empty())?;
    Some(format!("spec.{}", field.path.join(".")))
}

/// The default pause of a resource that is looked at again; with some chance in it, so that not all come at once.
pub(crate) fn jitter(pause: Duration, chance: f64) -> Duration {
    // Up to a twentieth later: the waits that safety rests on must never become shorter.
    pause + pause.mul_f64(chance / 20.0)
}

/// As many as may look out at once.
fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}
