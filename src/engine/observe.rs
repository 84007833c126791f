//! Turns what the cluster holds into what a plan is made from.

use std::fmt;
use std::sync::Arc;

use interpreter::plan::{Confirmation, Confirmed, Record, RecordSight, Resource};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::api::DynamicObject;
use serde_json::Value;

use super::names;

/// Which resource a pass is about: it keeps its identity when it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Subject {
    /// Its namespace; empty where the kind has none.
    pub(super) namespace: String,
    /// Its name.
    pub(super) name: String,
    /// Its uid: another object of the same name is another subject.
    pub(super) uid: String,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}

impl Subject {
    /// Whom this object is about.
    pub(super) fn of(object: &DynamicObject) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let metadata = &object.metadata;
        Self { namespace: text(&metadata.namespace), name: text(&metadata.name), uid: text(&metadata.uid) }
    }
}

/// The resource as the planner sees it. An object with another uid is another resource: ours is gone.
pub(super) fn resource(subject: &Subject, object: Option<&DynamicObject>, live: bool, finalizer: &str) -> Resource {
    let gone = Resource {
        live,
        uid: subject.uid.clone(),
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
        ..Resource::default()
    };
    let Some(object) = object.filter(|object| object.metadata.uid.as_deref() == Some(&subject.uid)) else { return gone };
    let metadata = &object.metadata;
    Resource {
        exists: true,
        generation: metadata.generation.unwrap_or_default(),
        deleting: metadata.deletion_timestamp.is_some(),
        finalizer: metadata.finalizers.iter().flatten().any(|one| one == finalizer),
        record: record(&subject.uid, annotation(object, names::RECORD)),
        status_id: object.data.pointer("/status/addon").and_then(Value::as_str).map(str::to_owned),
        confirmed: confirmed(object),
        ..gone
    }
}

/// The writer, other than this operator, that `managedFields` shows to have written the finalizers last; else the one that wrote the object last.
pub(super) fn last_writer(object: &DynamicObject) -> Option<String> {
    let entries = || {
        let own = |manager: &str| manager == names::FIELD_MANAGER;
        let all = object.metadata.managed_fields.iter().flatten();
        all.filter(move |entry| entry.subresource.is_none() && !own(entry.manager.as_deref().unwrap_or_default()))
    };
    let wrote_finalizers = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        fields.is_some_and(|fields| fields.pointer("/f:metadata/f:finalizers").is_some())
    };
    let newest = |entry: &&ManagedFieldsEntry| entry.time.clone();
    let entry = entries().filter(wrote_finalizers).max_by_key(newest).or_else(|| entries().max_by_key(newest))?;
    entry.manager.clone()
}

/// The newer of what the cache shows and what this process last wrote; a cache that shows nothing is believed.
pub(super) fn newer(cached: Option<Arc<DynamicObject>>, own: Option<Arc<DynamicObject>>) -> Option<Arc<DynamicObject>> {
    let cached = cached?;
    let own = own.filter(|own| own.metadata.uid == cached.metadata.uid);
    // Of two forms of one version the cache's is the one that a new definition shows; but the answer to the write that ends an object still bears
    // the version before it.
    own.filter(|own| version(own) > version(&cached) || (version(own) == version(&cached) && is_over(own))).or(Some(cached))
}

/// The version as a number. Comparable since Kubernetes says so (KEP-5504); before, every API server with etcd behind it made it so.
pub(super) fn version(object: &DynamicObject) -> Option<u64> {
    object.metadata.resource_version.as_ref()?.parse().ok()
}

/// Deleted, and held by nobody: this is how it was at its end, which the watch has still to show.
pub(super) fn is_over(object: &DynamicObject) -> bool {
    object.metadata.deletion_timestamp.is_some() && object.metadata.finalizers.as_ref().is_none_or(Vec::is_empty)
}

fn record(uid: &str, text: Option<&str>) -> RecordSight {
    match text.map(Record::read) {
        None => RecordSight::None,
        Some(Err(why)) => RecordSight::Unreadable(why),
        Some(Ok(record)) if record.uid == uid => RecordSight::Ours(record),
        Some(Ok(record)) => RecordSight::Foreign(record),
    }
}

fn confirmed(object: &DynamicObject) -> Confirmed {
    let by = |what: Confirmation| annotation(object, what.annotation()).map(str::to_owned);
    Confirmed { recreate: by(Confirmation::Recreate), claim: by(Confirmation::Claim), apply: by(Confirmation::Apply) }
}

fn annotation<'a>(object: &'a DynamicObject, name: &str) -> Option<&'a str> {
    object.metadata.annotations.as_ref()?.get(name).map(String::as_str)
}
