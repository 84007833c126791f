//! Prerequisites of every plan: reads of the cluster that the machine asks for first.

use interpreter::plan::{Abandonment, deletion_policy, is_protected};
use interpreter::reconcile::{HeldSecret, ObservedNamespace, Prerequisite, SecretRead, Subject};
use interpreter::resource::SecretMetadata;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::api::DynamicObject;

use crate::cluster::crd::{self, Presence};
use crate::cluster::namespace::{self, NamespaceState};
use crate::cluster::secret as cluster_secret;
use crate::cluster::{Failure, secret};
use crate::engine::annotations;
use crate::engine::reconcile::outcome::Unknown;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Reads a prerequisite. Fails if nothing can be planned without it.
    pub(super) async fn read(
        &mut self,
        prerequisite: Prerequisite,
        subject: &Subject,
    ) -> Result<(), Unknown> {
        let (engine, resource) = (self.caches.engine, &subject.resource);
        match prerequisite {
            Prerequisite::Definition => {
                let what = "cannot check whether the CRD is being deleted, so the add-on is not deleted yet";
                let cluster = engine.bounds.for_definitions(&engine.cluster);
                let crd = crd::read(&cluster, &self.caches.controller.kind.to_string()).await;
                let abandoned = self.abandonment(crd).map_err(|failure| Unknown { what, failure })?;
                self.cache_entry.observations.abandoned = Some(abandoned);
            }
            Prerequisite::Credentials => {
                let what = "cannot check whether the namespace has its own credentials";
                let read = engine.credentials.read_live(&resource.namespace).await;
                read.map_err(|failure| Unknown { what, failure })?;
                self.cache_entry.observations.credentials_were_read(resource);
            }
            Prerequisite::Namespace => {
                let what = "cannot check whether an annotation of the namespace protects the resource, so the add-on is not deleted yet";
                let is_leaving = resource.deleting || !resource.exists;
                let state = match is_leaving {
                    // A user may have protected the namespace a moment ago.
                    true => namespace::read(&engine.cluster, &resource.namespace).await,
                    false => namespace::recent(&engine.cluster, &resource.namespace).await,
                };
                let state = match state {
                    Err(failure) if is_leaving => return Err(Unknown { what, failure }),
                    // Its uid may lead to an add-on that a former resource has left.
                    Err(failure @ Failure::Lost(_)) if subject.has_marks => {
                        let what = "cannot read the namespace, so no add-on is looked for or created yet";
                        return Err(Unknown { what, failure });
                    }
                    state => state.unwrap_or_else(|failure| {
                        tracing::debug!(object = %self.caches.object_ref, %failure, "cannot read the namespace");
                        NamespaceState::default()
                    }),
                };
                self.cache_entry.observations.namespace_was_read(
                    resource,
                    ObservedNamespace {
                        uid: state.uid,
                        terminating: state.terminating,
                        protected: is_protected(Some(&state.annotations)),
                        deletion_policy: deletion_policy(Some(&state.annotations)),
                    },
                );
            }
            Prerequisite::Secret => {
                if subject.record().is_none_or(|record| record.ids.is_none()) {
                    engine.names_known().await;
                }
                match secret::read(&engine.cluster, &self.secret_key(subject)).await {
                    Ok(found) => self.take_secret(found, &resource.uid),
                    Err(failure) => self.note_unreadable_secret(failure.to_string()),
                }
            }
        }
        Ok(())
    }

    /// Returns the reason to keep the add-on, if no user meant to delete it.
    fn abandonment(
        &self,
        crd: Result<Option<DynamicObject>, Failure>,
    ) -> Result<Option<Abandonment>, Failure> {
        match crd {
            Ok(crd) => {
                // A resource that went without the operator is known by its CRD alone.
                let Some(object) = &self.object else {
                    let is_served =
                        !matches!(Presence::of(crd.as_ref()), Presence::Deleting { .. } | Presence::Absent);
                    return Ok((!is_served).then_some(Abandonment::CrdDeleted));
                };
                Ok(abandonment(crd.as_ref(), &object.metadata))
            }
            Err(failure) if self.caches.engine.bounds.deletes_without_definition(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Returns true when the operator wrote the Secret for a resource of this kind and name that is gone, as after a
    /// restored backup or a deletion that orphaned it.
    fn is_left_behind(&self, secret: &Secret) -> bool {
        let label = |name: &str| secret.metadata.labels.as_ref()?.get(name).map(String::as_str);
        let Some(former) = label(annotations::OWNER) else { return false };
        let (kind, name) = (&self.caches.controller.kind, &self.caches.object_ref.name);
        let was_ours = |owner: &OwnerReference| {
            owner.uid == former
                && owner.kind == kind.kind
                && owner.api_version == kind.api_version()
                && owner.name == *name
        };
        label(annotations::MANAGED_BY) == Some(annotations::FIELD_MANAGER)
            && held(secret).metadata.may_be_of(&kind.kind, name)
            && secret.metadata.owner_references.iter().flatten().all(was_ours)
            && self.caches.engine.controllers.knows_gone(former)
    }

    fn note_unreadable_secret(&mut self, failure: String) {
        if self.cache_entry.secret_failure != failure {
            tracing::warn!(object = %self.caches.object_ref, failure, "cannot read the Secret");
            self.cache_entry.secret_failure.clone_from(&failure);
        }
        self.cache_entry.observations.secret = SecretRead::Unreadable(failure);
    }

    /// Takes over a Secret that was read or written.
    pub(super) fn take_secret(&mut self, found: Option<Secret>, uid: &str) {
        self.cache_entry.observations.secret = match &found {
            None => SecretRead::Absent,
            Some(found) if is_ours(found, uid) => SecretRead::Ours(held(found)),
            // Its owner is gone, so it counts as one without our label.
            Some(found) if self.is_left_behind(found) => {
                SecretRead::Ours(HeldSecret { labelled: false, ..held(found) })
            }
            Some(found) => SecretRead::Foreign(owner(found)),
        };
        let is_foreign = matches!(self.cache_entry.observations.secret, SecretRead::Foreign(_));
        self.cache_entry.secret = found.map(|found| {
            // Of another owner's Secret, only the version is needed.
            let content =
                if is_foreign { Secret { metadata: found.metadata, ..Secret::default() } } else { found };
            Box::new(content)
        });
        self.cache_entry.secret_failure.clear();
    }
}

/// Returns the reason to keep the add-on of a resource that is being deleted: the CRD was deleted before it,
/// or was created after it was created and deleted. Times of the API server have whole seconds; an equal
/// second counts for the deletion of a CRD, and not for its creation.
fn abandonment(crd: Option<&DynamicObject>, resource: &ObjectMeta) -> Option<Abandonment> {
    let deleted = resource.deletion_timestamp.as_ref()?.0;
    let is_deleted_first = match Presence::of(crd) {
        Presence::Deleting { since } => since <= deleted,
        Presence::Absent => true,
        Presence::Established | Presence::NamesTaken(_) | Presence::Pending => false,
    };
    if is_deleted_first {
        return Some(Abandonment::CrdDeleted);
    }
    let (crd, created) =
        (crd?.metadata.creation_timestamp.as_ref()?.0, resource.creation_timestamp.as_ref()?.0);
    (created < crd && deleted < crd).then_some(Abandonment::OlderThanCrd)
}

/// A Secret belongs to the resource by its label or, without one, as with the previous operator, by an owner
/// reference.
pub(super) fn is_ours(secret: &Secret, uid: &str) -> bool {
    let label = secret.metadata.labels.as_ref().and_then(|labels| labels.get(annotations::OWNER));
    let owned = || secret.metadata.owner_references.iter().flatten().any(|owner| owner.uid == uid);
    label.map_or_else(owned, |label| label == uid)
}

/// Returns the resource that owns the Secret, written for messages.
fn owner(secret: &Secret) -> Option<String> {
    let uid = secret.metadata.labels.as_ref()?.get(annotations::OWNER)?;
    let owner = secret.metadata.owner_references.iter().flatten().find(|owner| owner.uid == *uid)?;
    Some(format!("{} `{}`", owner.kind, owner.name))
}

/// Returns the content as text. Bytes that are not UTF-8 are replaced, and so differ from the desired
/// content.
fn held(secret: &Secret) -> HeldSecret {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let metadata = &secret.metadata;
    let annotation = |name: &str| metadata.annotations.as_ref().and_then(|all| all.get(name));
    let read = annotation(annotations::OUTPUTS_READ).and_then(|time| time.parse::<Timestamp>().ok());
    HeldSecret {
        version: metadata.resource_version.clone(),
        keys: secret.data.iter().flatten().map(|(key, value)| (key.clone(), text(&value.0))).collect(),
        labelled: metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(annotations::OWNER)),
        digest: annotation(annotations::DIGEST).cloned(),
        outputs_read: read.map(|read| read.as_millisecond()),
        metadata: SecretMetadata {
            labels: metadata.labels.clone().unwrap_or_default(),
            annotations: metadata.annotations.clone().unwrap_or_default(),
        },
        // A Secret with keys of other writers is not created again for the sake of its type.
        type_name: secret
            .type_
            .clone()
            .filter(|_| !cluster_secret::has_other_writer(secret, annotations::FIELD_MANAGER)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resource_is_abandoned_by_the_deletion_of_its_crd_or_by_a_newer_crd() {
        use Abandonment::{CrdDeleted, OlderThanCrd};
        let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
        // Created at 5 and deleted at 10.
        let resource = json!({ "creationTimestamp": at(5), "deletionTimestamp": at(10) });
        let resource: ObjectMeta = serde_json::from_value(resource).unwrap();
        for (name, created, deleted, expected) in [
            ("the CRD was deleted before", 1, Some(9), Some(CrdDeleted)),
            ("in the same second", 1, Some(10), Some(CrdDeleted)),
            ("after", 1, Some(11), None),
            ("it is served", 1, None, None),
            ("it is as old as the resource", 5, None, None),
            ("it was created after the resource, which outlived it", 7, None, None),
            ("it was created in the second of the deletion", 10, None, None),
            ("it was created after the deletion", 11, None, Some(OlderThanCrd)),
            ("it was created after the deletion, and is being deleted", 11, Some(12), Some(OlderThanCrd)),
        ] {
            let mut crd = json!({ "metadata": { "creationTimestamp": at(created) } });
            if let Some(deleted) = deleted {
                crd["metadata"]["deletionTimestamp"] = at(deleted).into();
            }
            let crd: DynamicObject = serde_json::from_value(crd).unwrap();
            assert_eq!(abandonment(Some(&crd), &resource), expected, "{name}");
        }
        assert_eq!(abandonment(None, &resource), Some(CrdDeleted), "there is no CRD");
    }

    #[test]
    fn a_secret_is_ours_by_its_label_or_without_one_by_its_owner() {
        for (name, metadata, expected) in [
            ("our label", json!({ "labels": { annotations::OWNER: "u" } }), true),
            (
                "the label of another, with us as owner",
                json!({ "labels": { annotations::OWNER: "v" }, "ownerReferences": [owner("u")] }),
                false,
            ),
            ("no label, with us as owner", json!({ "ownerReferences": [owner("u")] }), true),
            ("no label, another owner", json!({ "ownerReferences": [owner("v")] }), false),
            ("neither", json!({}), false),
        ] {
            let secret: Secret = serde_json::from_value(json!({ "metadata": metadata })).unwrap();
            assert_eq!(is_ours(&secret, "u"), expected, "{name}");
        }
    }

    fn owner(uid: &str) -> serde_json::Value {
        json!({ "apiVersion": "v1", "kind": "K", "name": "n", "uid": uid })
    }
}
