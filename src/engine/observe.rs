//! Turns what the cluster holds into what a plan is made from.

use std::fmt;
use std::sync::Arc;

use interpreter::plan::{Confirmed, FoundClaim, Record, RecordSight, Resource};
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
pub(super) fn resource(
    subject: &Subject,
    object: Option<&DynamicObject>,
    live: bool,
    finalizer: &str,
    claim: impl FnOnce(&Record) -> FoundClaim,
) -> Resource {
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
        record: record(&subject.uid, annotation(object, names::RECORD), claim),
        status_id: object.data.pointer("/status/addon").and_then(Value::as_str).map(str::to_owned),
        confirmed: confirmed(object),
        ..gone
    }
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

fn record(uid: &str, text: Option<&str>, claim: impl FnOnce(&Record) -> FoundClaim) -> RecordSight {
    match text.map(Record::read) {
        None => RecordSight::None,
        Some(Err(why)) => RecordSight::Unreadable(why),
        Some(Ok(record)) if record.uid == uid => RecordSight::Ours(record),
        Some(Ok(record)) => {
            let claim = claim(&record);
            RecordSight::Foreign(record, claim)
        }
    }
}

fn confirmed(object: &DynamicObject) -> Confirmed {
    let by = |name| annotation(object, name).map(str::to_owned);
    Confirmed { recreate: by(names::CONFIRM_RECREATE), claim: by(names::CONFIRM_CLAIM), apply: by(names::CONFIRM_APPLY) }
}

fn annotation<'a>(object: &'a DynamicObject, name: &str) -> Option<&'a str> {
    object.metadata.annotations.as_ref()?.get(name).map(String::as_str)
}
