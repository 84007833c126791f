//! The Secret of a resource: read, compared with the desired content, and written only if it differs.

use std::collections::BTreeMap;

use interpreter::plan::{ObservedSecret, StepOutcome};
use interpreter::resource::{self, Secret, SecretDue};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::cluster::secret::{self, Desired};
use crate::cluster::{Failure, Key};
use crate::engine::annotations;
use crate::engine::kind::cache_entry::SecretRead;
use crate::engine::reconcile::metadata::outcome_of;
use crate::engine::reconcile::reconciliation::Reconciliation;

/// The recommended label that names the manager of an object.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

impl Reconciliation<'_> {
    /// Reads the Secret once an add-on is recorded, unless the cached one is current.
    pub(crate) async fn observe_secret(&mut self) {
        let key = self.secret_key();
        if matches!(&self.cache_entry.secret, SecretRead::Ours(own) if own.metadata.resource_version != self.engine.secret_version(&key))
        {
            self.cache_entry.secret = SecretRead::Unread;
        }
        let resource = self.resource();
        let needed = resource.exists && !resource.deleting && self.recorded().is_some();
        if !needed || !matches!(self.cache_entry.secret, SecretRead::Unread) {
            return;
        }
        match secret::read(&self.engine.cluster, &key).await {
            Ok(found) => {
                self.cache_entry.secret_unread.clear();
                self.cache_entry.secret = found.map_or(SecretRead::Absent, |found| self.judge(found));
            }
            Err(failure) => {
                let failure = failure.to_string();
                if self.cache_entry.secret_unread != failure {
                    tracing::warn!(object = %self.object_ref, failure, "cannot read the Secret");
                }
                self.cache_entry.secret_unread = failure;
            }
        }
    }

    /// Compares the Secret with its desired content.
    pub(crate) fn observed_secret(&self) -> ObservedSecret {
        if !resource::has_secret(&self.controller.addon) {
            return ObservedSecret::Needless;
        }
        let name = self.secret_name();
        let own = match &self.cache_entry.secret {
            SecretRead::Foreign(_) => {
                return ObservedSecret::Foreign(format!(
                    "the Secret `{name}` exists and does not belong to this resource: rename or delete it"
                ));
            }
            SecretRead::Ours(own) => Some(own),
            SecretRead::Absent | SecretRead::Unread => None,
        };
        match (self.wanted(), own) {
            (SecretDue::Incomplete(what), _) => ObservedSecret::Incomplete(what),
            (SecretDue::Known(_), None) if matches!(self.cache_entry.secret, SecretRead::Unread) => {
                ObservedSecret::Incomplete(format!(
                    "the Secret `{name}` cannot be read, so it is not written: {}",
                    self.cache_entry.secret_unread
                ))
            }
            (SecretDue::Unread, Some(own)) if self.is_as_noted(own, &name) => ObservedSecret::Same,
            (SecretDue::Unread, _) => ObservedSecret::Unknown,
            (SecretDue::Known(wanted), Some(own)) if self.is_as_wanted(own, &wanted) => ObservedSecret::Same,
            (SecretDue::Known(_), _) => ObservedSecret::Differs,
        }
    }

    /// Writes the Secret.
    pub(crate) async fn apply_secret(&mut self) -> StepOutcome {
        let SecretDue::Known(wanted) = self.wanted() else { return StepOutcome::Conflict };
        let desired = self.desired_secret(&wanted);
        let key = self.secret_key();
        let written = match &self.cache_entry.secret {
            SecretRead::Foreign(_) | SecretRead::Unread => Err(Failure::Conflict),
            SecretRead::Absent => secret::apply(&self.engine.cluster, &key, &desired, None).await,
            SecretRead::Ours(own) if !self.is_labelled(own) => {
                // Server-side apply keeps fields of other managers, so the first takeover replaces the
                // Secret, except for content that is not ours.
                let kept: Vec<_> = content(own).into_keys().collect();
                secret::replace(&self.engine.cluster, own, &desired, &kept).await
            }
            SecretRead::Ours(own) => secret::apply(&self.engine.cluster, &key, &desired, Some(own)).await,
        };
        match written {
            Ok(secret) => {
                self.cache_entry.secret = SecretRead::Ours(Box::new(secret));
                StepOutcome::Done
            }
            Err(Failure::NamespaceTerminating) => {
                self.namespace_terminating = true;
                StepOutcome::Done
            }
            Err(failure) => {
                self.cache_entry.secret = SecretRead::Unread;
                outcome_of(failure)
            }
        }
    }

    /// Returns the Secret as if it had been written, for a dry run; `None` when its content is unknown.
    pub(crate) fn previewed_secret(&self) -> Option<core::Secret> {
        let SecretDue::Known(wanted) = self.wanted() else { return None };
        let live = match &self.cache_entry.secret {
            SecretRead::Ours(own) => Some(own.as_ref()),
            SecretRead::Absent => None,
            SecretRead::Foreign(_) | SecretRead::Unread => return None,
        };
        let key = self.secret_key();
        let mut secret = secret::preview(&key, live, &self.desired_secret(&wanted));
        // The watched version, so that the Secret is not read again.
        secret.metadata.resource_version = self.engine.secret_version(&key);
        Some(secret)
    }

    /// The name of the Secret.
    pub(crate) fn secret_name(&self) -> String {
        interpreter::exchange::render(&self.controller.addon.secret.name, self.known().value())
            .unwrap_or_default()
    }

    /// The key of the Secret.
    pub(crate) fn secret_key(&self) -> Key {
        Key::new(&self.object_ref.namespace, self.secret_name())
    }

    fn wanted(&self) -> SecretDue {
        resource::secret_due(&self.controller.addon, &self.with_cloud_state(self.known()))
    }

    fn desired_secret(&self, wanted: &Secret) -> Desired {
        let owner = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Desired {
            labels: [
                owner(MANAGED_BY, annotations::FIELD_MANAGER),
                owner(annotations::OWNER, &self.object_ref.uid),
            ]
            .into(),
            annotations: [(annotations::DIGEST.to_owned(), wanted.digest(&self.salt()))].into(),
            owner: Some(OwnerReference {
                api_version: self.controller.kind.api_version(),
                kind: self.controller.kind.kind.clone(),
                name: self.object_ref.name.clone(),
                uid: self.object_ref.uid.clone(),
                block_owner_deletion: Some(true),
                controller: None,
            }),
            data: wanted.keys.clone(),
        }
    }

    /// A Secret belongs to the resource by its label or, without one, as with the previous operator, by an
    /// owner reference.
    fn judge(&self, found: core::Secret) -> SecretRead {
        let label = found.metadata.labels.as_ref().and_then(|labels| labels.get(annotations::OWNER));
        let owned =
            || found.metadata.owner_references.iter().flatten().any(|owner| owner.uid == self.object_ref.uid);
        let ours = label.map_or_else(owned, |uid| *uid == self.object_ref.uid);
        match ours {
            true => SecretRead::Ours(Box::new(found)),
            false => SecretRead::Foreign(found.metadata.resource_version.unwrap_or_default()),
        }
    }

    /// Salt that binds the digest to one resource and one add-on: equal content for another add-on has
    /// another digest.
    fn salt(&self) -> String {
        let ids = self.recorded().unwrap_or_default();
        ids.values().fold(self.object_ref.uid.clone(), |salt, id| salt + "/" + id)
    }

    fn is_labelled(&self, own: &core::Secret) -> bool {
        own.metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(annotations::OWNER))
    }

    /// True when the content matches the digest from the last write, so that no client has edited it since.
    fn is_as_noted(&self, own: &core::Secret, name: &str) -> bool {
        let held = Secret { name: name.to_owned(), keys: content(own) };
        self.is_labelled(own) && noted(own).is_some_and(|noted| *noted == held.digest(&self.salt()))
    }

    fn is_as_wanted(&self, own: &core::Secret, wanted: &Secret) -> bool {
        let held = content(own);
        let same = wanted.keys.iter().all(|(key, value)| held.get(key) == Some(value));
        same && self.is_labelled(own) && noted(own).is_some_and(|noted| *noted == wanted.digest(&self.salt()))
    }
}

fn noted(own: &core::Secret) -> Option<&String> {
    own.metadata.annotations.as_ref()?.get(annotations::DIGEST)
}

/// Returns the content as text. Bytes that are not UTF-8 are replaced, and so differ from the desired
/// content.
fn content(secret: &core::Secret) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    secret.data.iter().flatten().map(|(key, value)| (key.clone(), text(&value.0))).collect()
}
