//! Names of Secrets, each reserved for one resource of whatever kind, before an add-on is created for it.
//!
//! The table is rebuilt from the caches after a start. A resource that has an add-on keeps a name from one that has
//! none; else the older one keeps it, else the one with the smaller uid: every process comes to the same result.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use interpreter::exchange::{Manifest, render};
use interpreter::plan::{RECORD, Record};
use interpreter::reconcile::Reservation;
use interpreter::resource;
use kube::api::DynamicObject;
use parking_lot::Mutex;
use serde_json::Value;

use crate::cluster::Key;
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::ObjectRef;
use crate::priority::Priority;

/// Time after the start of the process for which the table waits for kinds that are not listed: one that can never be
/// listed holds up no creation for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reserved names.
#[derive(Default)]
pub(crate) struct SecretNames {
    table: Mutex<Table>,
    /// The table does not wait: the process only reads.
    pub(crate) impatient: bool,
}

#[derive(Default)]
struct Table {
    /// CRDs of the kinds whose resources the table has.
    kinds: HashSet<String>,
    holders: HashMap<Key, Holder>,
    /// Resources that wait for a name.
    waiting: HashMap<Key, HashSet<Claimant>>,
}

/// Resource of a kind.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Claimant {
    /// The CRD of the kind.
    crd: String,
    object_ref: ObjectRef,
}

struct Holder {
    claimant: Claimant,
    has_addon: bool,
}

impl Engine {
    /// Reserves the name of a Secret for a resource of this kind. A resource with an add-on takes it from one without.
    pub(super) fn reserve_secret(
        &self,
        controller: &Controller,
        object_ref: &ObjectRef,
        (name, has_addon): (&str, bool),
    ) -> Reservation {
        let key = Key::new(&object_ref.namespace, name);
        let claimant = Claimant::new(controller, object_ref);
        let mut table = self.secret_names.table.lock();
        if let Some(kind) = self.complete(&mut table).filter(|_| !has_addon) {
            return Reservation::Unknown(kind);
        }
        let other = table.holders.get(&key).filter(|holder| holder.claimant != claimant);
        let other = other.filter(|holder| holder.has_addon || !has_addon);
        match other.and_then(|holder| self.live(&holder.claimant, name)) {
            None => {
                table.holders.insert(key, Holder { claimant, has_addon });
                Reservation::Own
            }
            // Two add-ons exist already: the Secret that exists decides.
            Some(_) if has_addon => Reservation::Own,
            Some(shown) => {
                table.waiting.entry(key).or_default().insert(claimant);
                Reservation::Other(shown)
            }
        }
    }

    /// Gives up a name that this resource may have or wait for, and queues those that wait for it.
    pub(super) fn release_secret(&self, controller: &Controller, object_ref: &ObjectRef, name: &str) {
        let key = Key::new(&object_ref.namespace, name);
        let claimant = Claimant::new(controller, object_ref);
        let mut table = self.secret_names.table.lock();
        if let Some(waiting) = table.waiting.get_mut(&key) {
            waiting.remove(&claimant);
        }
        if table.holders.get(&key).is_none_or(|holder| holder.claimant != claimant) {
            return;
        }
        table.holders.remove(&key);
        let waiting = table.waiting.remove(&key).unwrap_or_default();
        drop(table);
        for Claimant { crd, object_ref } in waiting {
            if let Some(controller) = self.of_crd(&crd) {
                controller.queue.push(object_ref, Priority::User);
            }
        }
    }

    /// Adds the resources of kinds that were listed since the last call. Returns a kind that is not listed yet.
    fn complete(&self, table: &mut Table) -> Option<String> {
        let controllers = self.controllers.all();
        let mut missing = None;
        for controller in &controllers {
            if table.kinds.contains(&controller.kind.to_string()) {
                continue;
            }
            match controller.ready().now_or_never() {
                Some(()) => table.add(controller),
                None => missing = Some(controller.kind.kind.clone()),
            }
        }
        let waits = !self.secret_names.impatient && self.clock.now().mono < PATIENCE;
        missing.or_else(|| self.controllers.any_unlisted()).filter(|_| waits)
    }

    /// Returns the resource, written for messages, if it lives and its Secret has this name.
    fn live(&self, claimant: &Claimant, name: &str) -> Option<String> {
        let controller = self.of_crd(&claimant.crd)?;
        let object = controller.cached(&claimant.object_ref)?;
        let is_live = object.metadata.deletion_timestamp.is_none();
        let has_name = secret_name(&controller, &object).as_deref() == Some(name);
        (is_live && has_name).then(|| format!("{} `{}`", controller.kind.kind, claimant.object_ref.name))
    }

    fn of_crd(&self, crd: &str) -> Option<Arc<Controller>> {
        self.controllers.all().into_iter().find(|controller| controller.kind.to_string() == crd)
    }
}

impl Table {
    /// Adds the resources of a kind. Of two with one name, the one with an add-on has it, else the older one, else the
    /// one with the smaller uid.
    fn add(&mut self, controller: &Controller) {
        self.kinds.insert(controller.kind.to_string());
        let mut all = controller.all();
        all.retain(|object| object.metadata.deletion_timestamp.is_none());
        all.sort_by_cached_key(|object| {
            let created = object.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (!has_addon(object), created, object.metadata.uid.clone())
        });
        for object in all {
            let Some(name) = secret_name(controller, &object) else { continue };
            let object_ref = ObjectRef::of(&object);
            let key = Key::new(&object_ref.namespace, name);
            let holder =
                Holder { claimant: Claimant::new(controller, &object_ref), has_addon: has_addon(&object) };
            self.holders.entry(key).or_insert(holder);
        }
    }
}

impl Claimant {
    fn new(controller: &Controller, object_ref: &ObjectRef) -> Self {
        Self { crd: controller.kind.to_string(), object_ref: object_ref.clone() }
    }
}

/// Returns the name of the Secret of a resource; `None` if its kind has none.
fn secret_name(controller: &Controller, object: &DynamicObject) -> Option<String> {
    let addon = &controller.managed.addon;
    let metadata = &object.metadata;
    let manifest = Manifest {
        name: metadata.name.as_deref(),
        namespace: metadata.namespace.as_deref(),
        uid: metadata.uid.as_deref(),
        spec: object.data.get("spec"),
    };
    let known = || resource::known(addon, manifest, &Value::Null);
    let given = object.data.pointer("/spec/connectionSecret/name").and_then(Value::as_str).map(str::to_owned);
    addon.has_secret().then(|| given.or_else(|| render(&addon.secret.name, known().value()).ok())).flatten()
}

/// Returns true when the resource has an add-on, or may have one: it has a record, or the status names one.
fn has_addon(object: &DynamicObject) -> bool {
    let record = object.metadata.annotations.as_ref().and_then(|all| all.get(RECORD));
    let record = record.and_then(|text| Record::read(text).ok()).filter(|record| !record.is_vacant());
    record.is_some() || object.data.pointer("/status/addon").is_some()
}
