//! One kind: its watch, its queue, and what is kept about each of its resources.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use interpreter::catalog::{Addon, Scope as KindScope};
use interpreter::plan::{OtherClaim, Timing};
use interpreter::resource::{self, reads_needed};
use kube::api::DynamicObject;
use serde_json::Value;
use tokio::sync::{Mutex as Turn, Semaphore};
use tokio::time::Instant;
use tracing::Instrument;

use super::Engine;
use super::dossier::Dossier;
use super::lookout;
use super::observe::{self, Subject};
use super::pass::{Ended, Pass};
use crate::cloud;
use crate::cluster::queue::{Lane, Next, Queue};
use crate::cluster::watch::{Change, Changes, Health, Watch};
use crate::cluster::{Key, Kind};
use crate::config::OperatorSettings;
use crate::telemetry;

/// What a controller is given to interpret.
#[derive(Clone)]
pub(super) struct Charge {
    pub(super) addon: Arc<Addon>,
    /// Of all that it was read from: the same text means the same.
    pub(super) digest: String,
    /// The catalog has no entry for it any more: it is only deleted.
    pub(super) retired: bool,
    /// It is part of this build.
    pub(super) built_in: bool,
}

/// What is known of one kind, and how it is interpreted. When its entry changes, another takes its place and goes on with what it knows.
pub(super) struct Controller {
    pub(super) addon: Arc<Addon>,
    pub(super) kind: Kind,
    pub(super) timing: Timing,
    /// Its resources are only deleted.
    pub(super) retired: bool,
    /// All that is asked of the cloud, and how the answers are read; where that is another, what was read before says nothing.
    pub(super) asks: Arc<str>,
    /// How its list is read: kinds share a list only where they read it alike.
    pub(super) reading: String,
    /// The reads without which not every field can be compared.
    pub(super) compared: Vec<String>,
    /// Something that can change is compared with what the list shows.
    pub(super) compares_listed: bool,
    /// The creation sends everything that is compared.
    pub(super) sent_at_creation: bool,
    /// The field of the spec that says whose add-on it is, where there is one.
    pub(super) account_field: Option<String>,
    pub(super) queue: Queue<Subject>,
    /// Who may look out for Secrets of others.
    pub(super) lookouts: Arc<Semaphore>,
    watch: Watch<DynamicObject>,
    dossiers: Dossiers,
}

/// What is kept about each resource. It is shared with whoever takes the controller's place: a resource has one pass at a time, and what was
/// sent for it is remembered, whoever sent it.
pub(super) type Dossiers = Arc<Mutex<HashMap<Subject, Arc<Turn<Dossier>>>>>;

impl Controller {
    /// A controller for one kind of the catalog.
    pub(super) fn new(charge: &Charge, watch: Watch<DynamicObject>, settings: &OperatorSettings, dossiers: Dossiers) -> Self {
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
            lookouts: lookout::places(),
            watch,
            dossiers,
            addon,
        }
    }

    /// Who takes its place where the entry of its kind has changed: it follows the same resources, and knows the same of each.
    pub(super) fn successor(&self, charge: &Charge, settings: &OperatorSettings) -> Self {
        let new = Self::new(charge, self.watch.clone(), settings, self.dossiers.clone());
        Self { queue: self.queue.clone(), lookouts: self.lookouts.clone(), ..new }
    }

    /// Lists its resources once more.
    pub(super) fn list_again(&self) {
        self.watch.relist();
    }

    /// How many of its resources are there; none: nobody knows yet. One that is gone counts while something is owed for it.
    pub(super) fn count(&self) -> Option<usize> {
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
    pub(super) async fn follow(&self, mut changes: Changes<DynamicObject>) {
        while let Some(change) = changes.next().await {
            let subject = Subject::of(change.latest());
            let echo = matches!(&change, Change::Modified { before, after } if is_echo(before, after));
            if !echo {
                self.queue.push(subject, Lane::Edit);
            }
        }
    }

    /// The resources of a namespace, as last seen.
    pub(super) fn of_namespace(&self, namespace: &str) -> Vec<Arc<DynamicObject>> {
        let mut all = self.watch.all();
        all.retain(|object| object.metadata.namespace.as_deref() == Some(namespace));
        all
    }

    /// Queues the resources of a namespace: something has changed that they all depend on.
    pub(super) fn queue_namespace(&self, namespace: &str) {
        for object in self.of_namespace(namespace) {
            self.queue.push(Subject::of(&object), Lane::Edit);
        }
    }

    /// Queues every resource, for a first look.
    pub(super) fn queue_all(&self) {
        for object in self.watch.all() {
            self.queue.push(Subject::of(&object), Lane::Check);
        }
    }

    /// Runs one pass. Who stands by only pays what it owes: the look for the effect of its own request, the end of what it made itself.
    pub(super) async fn pass(self: Arc<Self>, engine: Arc<Engine>, subject: Subject) -> Next {
        let dossier = self.dossier(&subject);
        let mut dossier = dossier.lock().await;
        dossier.interpret(&self.asks);
        let cached = self.cached(&subject);
        // What is remembered of it is kept until the watch shows its end, too.
        let gone = cached.is_none();
        if engine.stands_by() && !gone && !dossier.memory.owes(dossier.listing.as_ref(), &self.timing) {
            // All are queued when this process is elected; this is for an election too short to be noticed.
            return Next::At(Instant::now() + engine.jittered(self.timing.check), Lane::Check);
        }
        let object = observe::newer(cached, dossier.newest.clone()).filter(|object| !observe::is_over(object));
        let started = Instant::now();
        let pass = Pass {
            engine: &engine,
            controller: self.clone(),
            subject: subject.clone(),
            dossier: &mut dossier,
            lane: lane(object.as_deref()),
            object,
            live: false,
            grant: engine.grant(&self.addon.api, &subject.namespace),
            permit: None,
            desired: None,
            namespace_terminating: false,
            other_claim: OtherClaim::None,
            change_ticket: None,
        };
        // The name of a resource alone says little where many kinds are at work; it is wanted at every level that is logged at all.
        let ended = pass.run().instrument(tracing::error_span!("pass", kind = %self.kind)).await;
        engine.telemetry.metrics.pass(&self.kind.to_string(), ended.name(), started.elapsed());
        match ended {
            Ended::Resting(None) if gone => {
                self.forget(&subject);
                Next::AwaitChange
            }
            Ended::Resting(None) => Next::AwaitChange,
            Ended::Resting(Some(until)) => Next::At(Instant::now() + engine.jittered(engine.clock.until(until)), Lane::Check),
            Ended::Restless => Next::At(Instant::now() + super::pass::AFTER_TOO_MANY, Lane::Check),
        }
    }

    /// The resource, as the watch last showed it.
    pub(super) fn cached(&self, subject: &Subject) -> Option<Arc<DynamicObject>> {
        self.watch.get(&subject_key(subject)).filter(|object| object.metadata.uid.as_deref() == Some(&subject.uid))
    }

    /// Its resources, as the watch last showed them.
    pub(super) fn all(&self) -> Vec<Arc<DynamicObject>> {
        self.watch.all()
    }

    /// Queues the resource that a Secret names as its owner, if it is one: anybody may write a Secret that names it.
    pub(super) fn queue_owner(&self, namespace: &str, name: &str, uid: &str) {
        let key = if self.kind.namespaced { Key::new(namespace, name) } else { Key::of_cluster(name) };
        let owner = self.watch.get(&key).map(|object| Subject::of(&object)).filter(|owner| owner.uid == uid);
        if let Some(owner) = owner {
            self.queue.push(owner, Lane::Edit);
        }
    }

    /// How the watch fares, in telemetry's words.
    pub(super) fn health(&self) -> telemetry::Watch {
        told(self.watch.health())
    }

    /// Returns when every resource has been seen once.
    pub(super) async fn ready(&self) {
        self.watch.ready().await;
    }

    fn dossier(&self, subject: &Subject) -> Arc<Turn<Dossier>> {
        let mut dossiers = self.dossiers.lock().unwrap_or_else(PoisonError::into_inner);
        dossiers.entry(subject.clone()).or_default().clone()
    }

    fn forget(&self, subject: &Subject) {
        self.dossiers.lock().unwrap_or_else(PoisonError::into_inner).remove(subject);
    }
}

/// How a watch fares, in telemetry's words.
pub(super) fn told(health: Health) -> telemetry::Watch {
    match health {
        Health::Starting => telemetry::Watch::Waiting("for the first list".into()),
        Health::Established => telemetry::Watch::Established,
        Health::Failing(trouble) => telemetry::Watch::Broken(trouble.to_string()),
    }
}

/// The timing of one kind: the operator's, with what its API says.
pub(super) fn timing(addon: &Addon, settings: &OperatorSettings) -> Timing {
    Timing {
        fence: settings.fence,
        request: settings.request_timeout.unwrap_or(addon.api.timeouts.answer),
        settle: settings.settle.unwrap_or(addon.api.identity.settle),
        check: settings.check,
        ..Timing::default()
    }
}

/// Whether somebody waits for this pass: what is as specified is only looked at.
fn lane(object: Option<&DynamicObject>) -> cloud::Lane {
    let is_settled = |object: &&DynamicObject| {
        let ready = object.data.pointer("/status/conditions").and_then(Value::as_array);
        let ready = ready.is_some_and(|all| all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True"));
        let judged = object.data.pointer("/status/observedGeneration").and_then(Value::as_i64);
        ready && judged == object.metadata.generation && object.metadata.deletion_timestamp.is_none()
    };
    if object.filter(is_settled).is_some() { cloud::Lane::Background } else { cloud::Lane::User }
}

/// The kind as the API server serves it.
pub(super) fn kind_of(addon: &Addon) -> Kind {
    let resource = &addon.resource;
    Kind {
        group: resource.group.clone(),
        version: resource.versions.first().cloned().unwrap_or_default(),
        kind: resource.kind.clone(),
        plural: resource.plural.clone(),
        namespaced: resource.scope == KindScope::Namespaced,
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
pub(super) fn jitter(pause: Duration, chance: f64) -> Duration {
    // Up to a twentieth later: the waits that safety rests on must never become shorter.
    pause + pause.mul_f64(chance / 20.0)
}
