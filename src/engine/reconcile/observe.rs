//! Observed state: converts cluster objects to the planner's input.

use interpreter::plan::{Confirmation, Confirmed, ObservedRecord, Record, Resource};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::api::DynamicObject;
use serde_json::Value;

use crate::engine::annotations;
use crate::engine::object_ref::ObjectRef;

/// Returns the resource as input of the planner. An object with another uid is another resource, so the
/// referenced one is gone.
pub(crate) fn resource(
    object_ref: &ObjectRef,
    object: Option<&DynamicObject>,
    live: bool,
    finalizer: &str,
) -> Resource {
    let gone = Resource {
        live,
        uid: object_ref.uid.clone(),
        namespace: object_ref.namespace.clone(),
        name: object_ref.name.clone(),
        ..Resource::default()
    };
    let Some(object) = object.filter(|object| object.metadata.uid.as_deref() == Some(&object_ref.uid)) else {
        return gone;
    };
    let metadata = &object.metadata;
    Resource {
        exists: true,
        generation: metadata.generation.unwrap_or_default(),
        deleting: metadata.deletion_timestamp.is_some(),
        finalizer: metadata.finalizers.iter().flatten().any(|one| one == finalizer),
        record: record(&object_ref.uid, annotation(object, annotations::RECORD)),
        status_id: object.data.pointer("/status/addon").and_then(Value::as_str).map(str::to_owned),
        confirmed: confirmed(object),
        ..gone
    }
}

/// Returns the client, other than this operator, that has written the finalizers last according to
/// `managedFields`; otherwise the last writer of the object.
pub(crate) fn last_writer(object: &DynamicObject) -> Option<String> {
    let entries = || {
        let own = |manager: &str| manager == annotations::FIELD_MANAGER;
        let all = object.metadata.managed_fields.iter().flatten();
        all.filter(move |entry| {
            entry.subresource.is_none() && !own(entry.manager.as_deref().unwrap_or_default())
        })
    };
    let wrote_finalizers = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        fields.is_some_and(|fields| fields.pointer("/f:metadata/f:finalizers").is_some())
    };
    let newest = |entry: &&ManagedFieldsEntry| entry.time.clone();
    let entry =
        entries().filter(wrote_finalizers).max_by_key(newest).or_else(|| entries().max_by_key(newest))?;
    entry.manager.clone()
}

fn record(uid: &str, text: Option<&str>) -> ObservedRecord {
    match text.map(Record::read) {
        None => ObservedRecord::None,
        Some(Err(why)) => ObservedRecord::Unreadable(why),
        Some(Ok(record)) if record.uid == uid => ObservedRecord::Ours(record),
        Some(Ok(record)) => ObservedRecord::Foreign(record),
    }
}

fn confirmed(object: &DynamicObject) -> Confirmed {
    let by = |what: Confirmation| annotation(object, what.annotation()).map(str::to_owned);
    Confirmed {
        recreate: by(Confirmation::Recreate),
        claim: by(Confirmation::Claim),
        apply: by(Confirmation::Apply),
    }
}

fn annotation<'a>(object: &'a DynamicObject, name: &str) -> Option<&'a str> {
    object.metadata.annotations.as_ref()?.get(name).map(String::as_str)
}
