//! Prerequisites of every plan: reads of the cluster that the machine asks for first.

use interpreter::reconcile::{HeldSecret, Prerequisite, SecretRead, Subject};
use k8s_openapi::api::core::v1::Secret;
use kube::api::DynamicObject;

use crate::cluster::crd::{self, Presence};
use crate::cluster::namespace::is_terminating;
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
                let abandoned = self.is_abandoned(crd).map_err(|failure| Unknown { what, failure })?;
                self.cache_entry.observations.abandoned = Some(abandoned);
            }
            Prerequisite::Credentials => {
                let what = "cannot check whether the namespace has its own credentials";
                let read = engine.credentials.read_live(&resource.namespace).await;
                read.map_err(|failure| Unknown { what, failure })?;
                self.cache_entry.observations.credentials_were_read(resource);
            }
            Prerequisite::Namespace => {
                let terminating = is_terminating(&engine.cluster, &resource.namespace).await;
                let terminating = terminating.unwrap_or_else(|failure| {
                    tracing::debug!(object = %self.caches.object_ref, %failure, "cannot check whether the namespace is being deleted");
                    false
                });
                self.cache_entry.observations.namespace_terminating = Some(terminating);
            }
            Prerequisite::Secret => match secret::read(&engine.cluster, &self.secret_key(subject)).await {
                Ok(found) => self.take_secret(found, &resource.uid),
                Err(failure) => self.note_unreadable_secret(failure.to_string()),
            },
        }
        Ok(())
    }

    /// True when the resource is deleted only because its CRD is: then no user meant to delete the add-on.
    fn is_abandoned(&self, crd: Result<Option<DynamicObject>, Failure>) -> Result<bool, Failure> {
        let deleted = self.object.as_ref().and_then(|object| object.metadata.deletion_timestamp.as_ref());
        match crd {
            Ok(crd) => Ok(is_abandoned(&Presence::of(crd.as_ref()), deleted.map(|deleted| deleted.0))),
            Err(failure) if self.caches.engine.bounds.deletes_without_definition(&failure) => Ok(false),
            Err(failure) => Err(failure),
        }
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
            Some(_) => SecretRead::Foreign,
        };
        let is_foreign = matches!(self.cache_entry.observations.secret, SecretRead::Foreign);
        self.cache_entry.secret = found.map(|found| {
            // Of another owner's Secret, only the version is needed.
            let content =
                if is_foreign { Secret { metadata: found.metadata, ..Secret::default() } } else { found };
            Box::new(content)
        });
        self.cache_entry.secret_failure.clear();
    }
}

/// True when the CRD was deleted before the resource was.
fn is_abandoned(presence: &Presence, deleted: Option<jiff::Timestamp>) -> bool {
    match presence {
        Presence::Deleting { since } => deleted.is_some_and(|deleted| *since <= deleted),
        Presence::Absent => true,
        Presence::Established | Presence::NamesTaken(_) | Presence::Pending => false,
    }
}

/// A Secret belongs to the resource by its label or, without one, as with the previous operator, by an owner
/// reference.
fn is_ours(secret: &Secret, uid: &str) -> bool {
    let label = secret.metadata.labels.as_ref().and_then(|labels| labels.get(annotations::OWNER));
    let owned = || secret.metadata.owner_references.iter().flatten().any(|owner| owner.uid == uid);
    label.map_or_else(owned, |label| label == uid)
}

/// Returns the content as text. Bytes that are not UTF-8 are replaced, and so differ from the desired
/// content.
fn held(secret: &Secret) -> HeldSecret {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let metadata = &secret.metadata;
    HeldSecret {
        version: metadata.resource_version.clone(),
        keys: secret.data.iter().flatten().map(|(key, value)| (key.clone(), text(&value.0))).collect(),
        labelled: metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(annotations::OWNER)),
        digest: metadata.annotations.as_ref().and_then(|all| all.get(annotations::DIGEST)).cloned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_definition_deleted_before_the_resource_abandons_it() {
        let at = |second: i64| jiff::Timestamp::from_second(second).unwrap();
        for (name, presence, expected) in [
            ("deleted before", Presence::Deleting { since: at(9) }, true),
            ("deleted in the same second", Presence::Deleting { since: at(10) }, true),
            ("deleted after", Presence::Deleting { since: at(11) }, false),
            ("gone", Presence::Absent, true),
            ("served", Presence::Established, false),
            ("not served yet", Presence::Pending, false),
        ] {
            assert_eq!(is_abandoned(&presence, Some(at(10))), expected, "{name}");
        }
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
