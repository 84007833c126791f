//! The custom resource as one loop of a reconciliation sees it. Its record is parsed here, and nowhere else.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::exchange::{Context, Manifest, render};
use crate::plan::{
    Authenticity, Confirmation, Confirmed, DriftPolicy, ObservedRecord, RECORD, Record, Release, Resource,
    deletion_policy, drift_policy, external, is_protected, management,
};
use crate::reconcile::ManagedKind;
use crate::reconcile::earlier::in_sync_since;
use crate::reconcile::protection::is_made_with;
use crate::reconcile::record_keys::{RECORD_CODE, RecordKeys, RecordOwner};
use crate::reconcile::schedule::{is_handled, requested, schedule};
use crate::resource::{self, Refused, SecretMetadata, SecretShape};

/// Custom resource as its driver holds it. It has no `Debug`, because it contains the keys.
#[derive(Clone, Copy)]
pub struct ObjectView<'a> {
    /// The namespace; empty for a cluster-scoped resource.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
    /// The uid. Another object of the same name is another resource.
    pub uid: &'a str,
    /// The object with this uid; `None` if it is gone.
    pub object: Option<ObjectParts<'a>>,
    /// The object was read from the API server, or is the response to a write of this process.
    pub live: bool,
    /// The keys of the operator; `None` if it has none.
    pub keys: Option<&'a RecordKeys>,
    /// The labels and annotations that the configuration gives to every Secret, if it has any.
    pub secret_defaults: Option<&'a SecretMetadata>,
}

/// Parts of an object that a reconciliation depends on.
#[derive(Clone, Copy, Debug)]
pub struct ObjectParts<'a> {
    /// The generation of the spec.
    pub generation: i64,
    /// The object has a deletion timestamp.
    pub deleting: bool,
    /// The finalizers.
    pub finalizers: &'a [String],
    /// The annotations.
    pub annotations: Option<&'a BTreeMap<String, String>>,
    /// The spec.
    pub spec: &'a Value,
    /// The status.
    pub status: &'a Value,
}

/// Custom resource as one loop sees it: computed when the loop begins, and passed on.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The input of the planner.
    pub resource: Resource,
    /// The values that are known without a request.
    pub known: Context,
    /// The name of the add-on at the cloud.
    pub name: String,
    /// The name of the Secret: as the spec gives it or, without one, as the catalog entry does. While the spec asks
    /// for a Secret that is refused, the one of before.
    pub secret_name: String,
    /// The resource has a Secret.
    pub has_secret: bool,
    /// The shape of the Secret that spec and configuration ask for, or the reason why it is refused.
    pub secret_shape: Result<SecretShape, Refused>,
    /// The full name of the CRD: `databases.example.com`.
    pub crd: String,
    /// The API has marks.
    pub has_marks: bool,
    /// The request to reconcile that the annotations name, handled or not.
    pub requested: Option<String>,
    /// The status does not name that request yet.
    is_request_open: bool,
    /// The time, in milliseconds since 1970, at which an earlier process compared the add-on with this generation of
    /// the spec, and found nothing to tell.
    pub(super) in_sync_since: Option<i64>,
}

impl Subject {
    /// Returns the resource of this kind. `defaults` are those of the configuration; `kubectl_kind` names the
    /// kind in commands.
    pub fn new(kind: &ManagedKind, view: &ObjectView<'_>, defaults: &Value, kubectl_kind: String) -> Self {
        let manifest = Manifest {
            name: Some(view.name),
            namespace: Some(view.namespace).filter(|namespace| !namespace.is_empty()),
            uid: Some(view.uid),
            spec: view.object.map(|object| object.spec),
        };
        let known = resource::known(&kind.addon, manifest, defaults);
        let request = requested(view.object.and_then(|object| object.annotations));
        let secret_shape = secret_shape(kind, view);
        Self {
            resource: Resource { kind: kubectl_kind, ..observed(view, kind) },
            name: known.get(&["name".to_owned()]).and_then(Value::as_str).unwrap_or_default().to_owned(),
            crd: crd(kind),
            has_secret: kind.addon.has_secret(),
            has_marks: kind.addon.api.identity.mark.is_some(),
            secret_name: secret_name(&secret_shape, view)
                .unwrap_or_else(|| render(&kind.addon.secret.name, known.value()).unwrap_or_default()),
            secret_shape,
            requested: request.cloned(),
            is_request_open: view
                .object
                .zip(request)
                .is_some_and(|(object, one)| !is_handled(object.status, one)),
            in_sync_since: view.object.and_then(|object| in_sync_since(object.status, object.generation)),
            known,
        }
    }

    /// The request to reconcile that was not handled yet.
    pub(super) fn open_request(&self) -> Option<&String> {
        self.requested.as_ref().filter(|_| self.is_request_open)
    }

    /// The record, if it was written for this resource.
    pub fn record(&self) -> Option<&Record> {
        match &self.resource.record {
            ObservedRecord::Ours(record) => Some(record),
            ObservedRecord::Foreign(_) | ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
        }
    }

    /// Returns true when an add-on was or may have been created for the resource with the credentials of its
    /// namespace.
    pub fn needs_namespace_credentials(&self) -> bool {
        is_made_with(self.any_record(), self.resource.finalizer)
    }

    /// The uid of the namespace, if an authentic record has it.
    pub(super) fn namespace_uid(&self) -> Option<&str> {
        let record = self.record().filter(|_| self.resource.authenticity == Authenticity::Authentic)?;
        Some(record.namespace_uid.as_str()).filter(|uid| !uid.is_empty())
    }

    /// Returns true when the record names an add-on.
    pub(super) fn has_ids(&self) -> bool {
        self.record().is_some_and(|record| record.ids.is_some())
    }

    /// The record, even if it was written for another resource.
    pub(super) fn any_record(&self) -> Option<&Record> {
        match &self.resource.record {
            ObservedRecord::Ours(record) | ObservedRecord::Foreign(record) => Some(record),
            ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
        }
    }
}

impl ObjectParts<'_> {
    /// Returns true when an add-on was or may have been created for the object with the credentials of its
    /// namespace.
    pub fn needs_namespace_credentials(&self, finalizer: &str) -> bool {
        let record = self.annotation(RECORD).and_then(|text| Record::read(text).ok());
        is_made_with(record.as_ref(), self.has(finalizer))
    }

    fn annotation(&self, name: &str) -> Option<&String> {
        self.annotations?.get(name)
    }

    fn has(&self, finalizer: &str) -> bool {
        self.finalizers.iter().any(|one| one == finalizer)
    }
}

/// Returns the shape of the Secret that the spec asks for. A resource without a spec has no Secret to shape.
fn secret_shape(kind: &ManagedKind, view: &ObjectView<'_>) -> Result<SecretShape, Refused> {
    let none = SecretMetadata::default();
    let spec = view.object.map_or(&Value::Null, |object| object.spec);
    if !kind.addon.has_secret() {
        return Ok(SecretShape::default());
    }
    SecretShape::of(&kind.addon, spec, view.secret_defaults.unwrap_or(&none))
}

/// Returns the name that the spec gives to the Secret; for a refused shape, the name in the status.
fn secret_name(shape: &Result<SecretShape, Refused>, view: &ObjectView<'_>) -> Option<String> {
    match shape {
        Ok(shape) => shape.name.clone(),
        Err(_) => view.object?.status["connection"]["secretName"].as_str().map(str::to_owned),
    }
}

fn observed(view: &ObjectView<'_>, kind: &ManagedKind) -> Resource {
    let gone = Resource {
        live: view.live,
        uid: view.uid.to_owned(),
        namespace: view.namespace.to_owned(),
        name: view.name.to_owned(),
        ..Resource::default()
    };
    let Some(object) = view.object else { return gone };
    let confirmed = |what: Confirmation| object.annotation(what.annotation()).cloned();
    let names = &kind.addon.resource;
    let crd = crd(kind);
    let owner = RecordOwner { crd: &crd, namespace: view.namespace, name: view.name };
    let text = object.annotation(RECORD);
    let code = object.annotation(RECORD_CODE).map(String::as_str);
    let external = external(object.annotations);
    let drift = drift_policy(object.annotations);
    let authenticity = match (view.keys, text) {
        (None, _) => Authenticity::NoKey,
        (Some(_), None) => Authenticity::Unsigned,
        (Some(keys), Some(text)) => keys.verify(owner, text, code),
    };
    Resource {
        exists: true,
        generation: object.generation,
        deleting: object.deleting,
        finalizer: object.has(&names.finalizer),
        record: record(view.uid, text),
        authenticity,
        deletion_policy: deletion_policy(object.annotations),
        protected: is_protected(object.annotations),
        management: management(object.annotations),
        // Nothing is overwritten because of a typing error.
        drift: drift.clone().unwrap_or(Some(DriftPolicy::Report)),
        drift_problem: drift.err(),
        external: external.as_ref().ok().cloned().flatten(),
        external_problem: external.err(),
        schedule: schedule(object.annotations),
        status_id: object.status.get("addon").and_then(Value::as_str).map(str::to_owned),
        confirmed: Confirmed {
            recreate: confirmed(Confirmation::Recreate),
            claim: confirmed(Confirmation::Claim),
            apply: confirmed(Confirmation::Apply),
            drift: confirmed(Confirmation::Drift),
        },
        ..gone
    }
}

fn crd(kind: &ManagedKind) -> String {
    let names = &kind.addon.resource;
    format!("{}.{}", names.plural, names.group)
}

fn record(uid: &str, text: Option<&String>) -> ObservedRecord {
    match text.map(|text| Record::read(text)) {
        None => ObservedRecord::None,
        Some(Err(why)) => ObservedRecord::Unreadable(why),
        Some(Ok(record)) if record.uid == uid => ObservedRecord::Ours(record),
        // The add-on of another resource was deleted, so the copied record names nothing.
        Some(Ok(record)) if record.released == Some(Release::Deleted) => ObservedRecord::None,
        Some(Ok(record)) => ObservedRecord::Foreign(record),
    }
}
