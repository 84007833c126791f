//! Names of Secrets, each reserved for one resource of whatever kind, before an add-on is created for it.
//!
//! The table is rebuilt from the caches after a start. A resource that has an add-on keeps a name from one that has
//! none; else the older one keeps it, else the one with the smaller uid: every process comes to the same result.

use std::collections::{HashMap, HashSet};

use interpreter::exchange::{Manifest, render};
use interpreter::plan::{RECORD, Record};
use interpreter::resource;
use jiff::Timestamp;
use kube::api::DynamicObject;
use parking_lot::Mutex;
use serde_json::Value;

use crate::cluster::Key;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::ObjectRef;

/// Reserved names.
#[derive(Default)]
pub(crate) struct SecretNames {
    pub(super) table: Mutex<Table>,
    /// The table does not wait: the process only reads.
    pub(crate) impatient: bool,
}

#[derive(Default)]
pub(super) struct Table {
    /// CRDs of the kinds whose resources the table has.
    pub(super) kinds: HashSet<String>,
    pub(super) holders: HashMap<Key, Holder>,
    /// Resources that wait for a name.
    pub(super) waiting: HashMap<Key, HashSet<Claimant>>,
}

/// Resource of a kind.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Claimant {
    /// The CRD of the kind.
    pub(super) crd: String,
    pub(super) object_ref: ObjectRef,
}

pub(super) struct Holder {
    pub(super) claimant: Claimant,
    pub(super) has_addon: bool,
    /// The rank of a resource that has the name by the caches alone; `None` once its reconciliation has reserved it.
    pub(super) rank: Option<Rank>,
}

impl Table {
    /// Adds the resources of a kind. Of two with one name, the one with an add-on has it, else the older one, else the
    /// one with the smaller uid, whichever kind is added first.
    pub(super) fn add(&mut self, controller: &Controller) {
        self.kinds.insert(controller.kind.to_string());
        for object in controller.all() {
            let is_live = object.metadata.deletion_timestamp.is_none();
            let Some(name) = secret_name(controller, &object).filter(|_| is_live) else { continue };
            let object_ref = ObjectRef::of(&object);
            let rank = rank(&object);
            let key = Key::new(&object_ref.namespace, name);
            let is_first = |held: &Holder| held.rank.as_ref().is_none_or(|held| *held <= rank);
            if self.holders.get(&key).is_some_and(is_first) {
                continue;
            }
            let has_addon = !rank.0;
            let claimant = Claimant::new(controller, &object_ref);
            self.holders.insert(key, Holder { claimant, has_addon, rank: Some(rank) });
        }
    }
}

/// Rank of a resource among those that need one name: the smallest has it.
type Rank = (bool, Option<Timestamp>, Option<String>);

/// Returns the rank: with an add-on or without, age, uid.
fn rank(object: &DynamicObject) -> Rank {
    let metadata = &object.metadata;
    let created = metadata.creation_timestamp.as_ref().map(|time| time.0);
    (!has_addon(object), created, metadata.uid.clone())
}

impl Claimant {
    pub(super) fn new(controller: &Controller, object_ref: &ObjectRef) -> Self {
        Self { crd: controller.kind.to_string(), object_ref: object_ref.clone() }
    }
}

/// Returns the name of the Secret of a resource; `None` if its kind has none.
pub(super) fn secret_name(controller: &Controller, object: &DynamicObject) -> Option<String> {
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
