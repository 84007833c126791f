//! One kind: its watch, its queue, and what is kept about each of its resources.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use interpreter::catalog::{Addon, Expression, Field, Scope as KindScope};
use interpreter::plan::{Ids, Record, Timing, same};
use interpreter::resource::reads_needed;
use kube::api::DynamicObject;
use serde_json::Value;
use tokio::sync::{Mutex as Turn, Semaphore};
use tokio::time::Instant;
use tracing::Instrument;

use super::Engine;
use super::dossier::Dossier;
use super::lookout;
use super::names;
use super::observe::{self, Subject};
use super::pass::{Ended, Pass};
use crate::cloud;
use crate::cluster::queue::{Lane, Next, Queue};
use crate::cluster::watch::{Change, Changes, Health, Watch};
use crate::cluster::{Key, Kind};
use crate::telemetry;

/// What is known of one kind.
pub(super) struct Controller {
    pub(super) addon: Arc<Addon>,
    pub(super) kind: Kind,
    pub(super) timing: Timing,
    /// The reads without which not every field can be compared.
    pub(super) compared: Vec<String>,
    /// Something that can change is compared with what the list shows.
    pub(super) compares_listed: bool,
    /// The creation sends everything that is compared.
    pub(super) sent_at_creation: bool,
    /// The Secret, the status or readiness name outputs.
    pub(super) needs_outputs: bool,
    /// The field of the spec that says whose add-on it is, where there is one.
    pub(super) account_field: Option<String>,
    pub(super) queue: Queue<Subject>,
    /// Who may look out for Secrets of others.
    pub(super) lookouts: Arc<Semaphore>,
    watch: Watch<DynamicObject>,
    dossiers: Mutex<HashMap<Subject, Arc<Turn<Dossier>>>>,
}

impl Controller {
    /// A controller for one kind of the catalog.
    pub(super) fn new(addon: Arc<Addon>, watch: Watch<DynamicObject>, timing: Timing) -> Self {
        Self {
            kind: kind_of(&addon),
            compared: reads_needed(&addon).into_iter().collect(),
            sent_at_creation: !tells_a_read(&addon) && sends_what_is_read(&addon),
            compares_listed: addon.fields.iter().any(|field| field.changes.is_some() && root(field).as_deref() == Some("listed")),
            needs_outputs: needs_outputs(&addon),
            account_field: account_field(&addon),
            timing,
            queue: Queue::default(),
            lookouts: lookout::places(),
            watch,
            dossiers: Mutex::default(),
            addon,
        }
    }

    /// Queues whatever changes, until the watch ends.
    pub(super) async fn follow(&self, mut changes: Changes<DynamicObject>) {
        while let Some(change) = changes.next().await {
            let subject = Subject::of(change.latest());
            let echo = matches!(&change, Change::Changed { before, after } if is_echo(before, after));
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
            change_ticket: None,
        };
        // The name of a resource alone says little where many kinds are at work; it is wanted at every level that is logged at all.
        let ended = pass.run().instrument(tracing::error_span!("pass", kind = %self.kind)).await;
        engine.telemetry.metrics.pass(&self.kind.to_string(), ended.name(), started.elapsed());
        match ended {
            Ended::Resting(None) if gone => {
                self.forget(&subject);
                Next::Rest
            }
            Ended::Resting(None) => Next::Rest,
            Ended::Resting(Some(until)) => Next::At(Instant::now() + engine.jittered(engine.clock.until(until)), Lane::Check),
            Ended::Restless => Next::At(Instant::now() + super::pass::AFTER_TOO_MANY, Lane::Check),
        }
    }

    /// The resource, as the watch last showed it.
    pub(super) fn cached(&self, subject: &Subject) -> Option<Arc<DynamicObject>> {
        self.watch.get(&subject_key(subject)).filter(|object| object.metadata.uid.as_deref() == Some(&subject.uid))
    }

    /// A live resource, other than the one with this uid, whose record holds that add-on.
    pub(super) fn holder(&self, ids: &Ids, uid: &str) -> Option<String> {
        let holds = |object: &Arc<DynamicObject>| {
            let text = object.metadata.annotations.as_ref()?.get(names::RECORD)?;
            let record = Record::read(text).ok()?;
            let other = object.metadata.uid.as_deref().filter(|other| *other != uid && *other == record.uid)?;
            record.ids.filter(|held| same(held, ids)).map(|_| other.to_owned())
        };
        let object = self.watch.all().into_iter().find(|object| holds(object).is_some())?;
        Some(format!("{} {}", self.kind.kind, Key::of(&object.metadata)))
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
pub(super) fn timing(addon: &Addon, settings: &crate::config::OperatorSettings) -> Timing {
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
    old.generation == new.generation
        && old.finalizers == new.finalizers
        && old.annotations == new.annotations
        && old.deletion_timestamp == new.deletion_timestamp
        && told(before) == told(after)
}

fn sends_what_is_read(addon: &Addon) -> bool {
    addon.fields.iter().filter(|field| is_read(addon, field)).all(|field| field.send.is_some() || field.shared.is_some())
}

/// Whether the status tells what only a read shows: it is read then, even where it can only be what was sent.
fn tells_a_read(addon: &Addon) -> bool {
    let is_read = |value: &Expression| match value {
        Expression::Select(selector) => selector.names().first().is_some_and(|root| addon.reads.contains_key(root)),
        Expression::Render(template) => template.names().iter().flat_map(|name| name.first()).any(|root| addon.reads.contains_key(root)),
        Expression::Literal(_) | Expression::List(_) | Expression::Object(_) | Expression::Each { .. } => false,
    };
    addon.status.iter().any(|field| is_read(&field.value))
}

fn is_read(addon: &Addon, field: &Field) -> bool {
    root(field).is_some_and(|root| addon.reads.contains_key(&root))
}

/// What a field's value is seen in: `listed`, or a read by its name.
fn root(field: &Field) -> Option<String> {
    field.observed.as_ref().and_then(|selector| selector.names().into_iter().next())
}

fn needs_outputs(addon: &Addon) -> bool {
    let own = addon.secret.keys.as_ref().map(|keys| keys.names());
    let named = own.is_none_or(|names| names.first().is_some_and(|root| root == "outputs"));
    addon.outputs.is_some() && (named || !addon.ready.outputs.is_empty() || addon.binding.is_some())
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
