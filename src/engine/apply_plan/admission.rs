//! Admission of a manifest: the API server judges it in a dry run, or the catalog's schema where no dry run is possible.

use interpreter::manifest;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Failure, dry_run, namespace};
use crate::engine::apply_plan::confidential;
use crate::engine::apply_plan::target::Target;
use crate::engine::apply_plan::types::CheckedBy;

/// Manifest as the API server would store it.
pub(super) enum Admission {
    /// The API server accepts the manifest.
    Admitted(Box<Admitted>),
    /// The API server refuses the manifest, in these words.
    Refused(String, CheckedBy),
    /// The API server gave no answer.
    Unknown(String),
}

/// Accepted manifest.
pub(super) struct Admitted {
    /// The object that would be stored.
    pub(super) object: DynamicObject,
    pub(super) checked_by: CheckedBy,
    /// The limit of the judgement, if there is one.
    pub(super) note: Option<String>,
    /// False if the namespace of the object has to be created first.
    pub(super) has_namespace: bool,
}

/// Returns what the API server would store. `live` is the stored object, if there is one.
pub(super) async fn admit(
    cluster: &Cluster,
    target: &Target,
    live: Option<&DynamicObject>,
    is_served: bool,
) -> Admission {
    if !is_served {
        let why =
            format!("The API server does not serve {}, so its CRD has to be installed first.", target.kind);
        return by_catalog(cluster, target, live, why).await;
    }
    let failure = match dry_run::apply(cluster, &target.kind, &target.stored_version(), live).await {
        Ok(object) => {
            let (checked_by, note, has_namespace) = (CheckedBy::ApiServer, None, true);
            return Admission::Admitted(Box::new(Admitted { object, checked_by, note, has_namespace }));
        }
        Err(failure) => failure,
    };
    if let Failure::Refused(status) = &failure
        && failure.refused_content().is_some()
    {
        let words = confidential::refusal(&target.addon, status);
        return Admission::Refused(
            format!("the API server refuses the manifest: \"{words}\""),
            CheckedBy::ApiServer,
        );
    }
    match failure {
        Failure::Gone => {
            let why = format!("The namespace {} does not exist yet.", target.namespace);
            by_catalog(cluster, target, live, why).await
        }
        Failure::Refused(_) if failure.missing_permission().is_some() => {
            by_catalog(cluster, target, live, format!("The API server permits no dry run: {failure}.")).await
        }
        Failure::NamespaceTerminating => Admission::Refused(failure.to_string(), CheckedBy::ApiServer),
        Failure::Refused(_) | Failure::Conflict | Failure::Lost(_) => Admission::Unknown(failure.to_string()),
    }
}

async fn by_catalog(
    cluster: &Cluster,
    target: &Target,
    live: Option<&DynamicObject>,
    why: String,
) -> Admission {
    let is_absent = async || matches!(namespace::uid(cluster, &target.namespace).await, Ok(None));
    let has_namespace = live.is_some() || target.namespace.is_empty() || !is_absent().await;
    let note = format!("{why} The manifest was checked by the catalog's schema only.");
    match manifest::accepted(&target.addon, target.manifest.clone()) {
        Err(errors) => {
            let errors = errors.into_iter().map(|error| confidential::problem(&target.addon, error));
            let errors = errors.collect::<Vec<_>>().join("; ");
            Admission::Refused(
                format!("the API server would refuse the manifest: {errors}"),
                CheckedBy::Catalog,
            )
        }
        Ok(accepted) => match stored(&target.at_stored_version(accepted), live) {
            Ok(object) => {
                let (checked_by, note) = (CheckedBy::Catalog, Some(note));
                Admission::Admitted(Box::new(Admitted { object, checked_by, note, has_namespace }))
            }
            Err(error) => Admission::Unknown(error.to_string()),
        },
    }
}

/// Returns the manifest as a stored object: over the live one, or new.
fn stored(manifest: &Value, live: Option<&DynamicObject>) -> serde_json::Result<DynamicObject> {
    let mut manifest = manifest.clone();
    manifest.sort_all_objects();
    let Some(live) = live else {
        let mut object = manifest;
        object["metadata"]["uid"] = uuid::Uuid::new_v4().to_string().into();
        object["metadata"]["generation"] = json!(1);
        return serde_json::from_value(object);
    };
    let mut object = live.clone();
    let spec = manifest["spec"].clone();
    if object.data["spec"] != spec {
        object.data["spec"] = spec;
        object.metadata.generation = Some(object.metadata.generation.unwrap_or_default() + 1);
    }
    let written: DynamicObject = serde_json::from_value(manifest)?;
    let (labels, annotations) = (written.metadata.labels, written.metadata.annotations);
    for finalizer in written.metadata.finalizers.into_iter().flatten() {
        let all = object.metadata.finalizers.get_or_insert_default();
        if !all.contains(&finalizer) {
            all.push(finalizer);
        }
    }
    for owner in written.metadata.owner_references.into_iter().flatten() {
        let all = object.metadata.owner_references.get_or_insert_default();
        if !all.contains(&owner) {
            all.push(owner);
        }
    }
    object.metadata.labels.get_or_insert_default().extend(labels.into_iter().flatten());
    object.metadata.annotations.get_or_insert_default().extend(annotations.into_iter().flatten());
    Ok(object)
}
