//! Steps in the cluster: reads and writes of the resource's metadata and of its Secret. Each write is a
//! compare-and-swap.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::plan::{ObservedRecord, OtherClaim, Plan, Reason, Record, Release, Step, StepOutcome};
use interpreter::reconcile::{Observed, RecordOwner, SecretRead, Subject};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, OwnerReference};
use kube::api::DynamicObject;

use crate::cluster::object::{self, MetadataChange};
use crate::cluster::secret::{self, Desired};
use crate::cluster::{Failure, Key};
use crate::engine::annotations;
use crate::engine::events::{EventAction, WarningReason};
use crate::engine::reconcile::outcome::{outcome_of, write_outcome};
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Reads the resource from the API server.
    pub(crate) async fn read_live(&mut self) -> StepOutcome {
        let caches = &self.caches;
        match object::read(&caches.engine.cluster, &caches.controller.kind, &caches.object_ref.key()).await {
            Ok(object) => {
                self.take(object);
                if self.object.is_some() { StepOutcome::Done } else { StepOutcome::NotFound }
            }
            Err(failure) => outcome_of(failure),
        }
    }

    /// Writes the metadata of a step: record, finalizer, or both in one request.
    pub(super) async fn write_metadata(&mut self, plan: &Plan, observed: &Observed) -> StepOutcome {
        let step = &plan.step;
        let deleting = observed.subject.resource.deleting;
        let finalizer = self.caches.controller.managed.addon.resource.finalizer.clone();
        let Some(object) = self.object.clone() else { return StepOutcome::NotFound };
        let engine = self.caches.engine;
        let change = self.metadata_change(step, finalizer.clone(), deleting);
        match object::swap_metadata(&engine.cluster, &self.caches.controller.kind, &object, &change).await {
            Ok(object) => self.take(Some(object)),
            Err(failure) => {
                self.live = false;
                if let (Step::RemoveFinalizer(closed), Failure::Lost(_)) = (step, &failure) {
                    // The finalizer may be gone, and the resource with it: no later step reports the add-on.
                    self.report_release(closed.as_ref(), plan, observed, &object);
                }
                return write_outcome(failure, (Reason::WriteRefused, "the record of this resource"));
            }
        }
        if *step == Step::AddFinalizer && self.cache_entry.machine.finalizers_put_back() == 0 {
            self.send_finalizer_event(&finalizer);
        }
        let is_over = |object: &Arc<DynamicObject>| {
            object.metadata.finalizers.as_ref().is_none_or(Vec::is_empty)
                && object.metadata.deletion_timestamp.is_some()
        };
        if let Step::RemoveFinalizer(closed) = step {
            self.report_release(closed.as_ref(), plan, observed, &object);
            if self.object.as_ref().is_some_and(is_over) {
                self.object = None;
            }
        }
        StepOutcome::Done
    }

    /// Returns the metadata that a step writes. A record comes with its authentication code, and with the
    /// finalizer, unless the resource is being deleted: the API server takes no new finalizer then.
    pub(super) fn metadata_change(&self, step: &Step, finalizer: String, deleting: bool) -> MetadataChange {
        let (record, adds, removes) = match step {
            Step::Intend(record) | Step::Write(record) => (Some(record), !deleting, false),
            Step::RemoveFinalizer(record) => (record.as_ref(), false, true),
            Step::AddFinalizer
            | Step::Read(_)
            | Step::Create
            | Step::Delete(_)
            | Step::ReportLeftover(_)
            | Step::Change(_)
            | Step::Mark(_)
            | Step::ApplySecret
            | Step::Rest { .. } => (None, true, false),
        };
        MetadataChange {
            annotations: record.map(|record| self.annotations(record)).unwrap_or_default(),
            add_finalizer: adds.then(|| finalizer.clone()),
            remove_finalizer: removes.then_some(finalizer),
        }
    }

    /// Returns the annotations that hold a record. Without a key, the code of an earlier text goes.
    pub(super) fn annotations(&self, record: &Record) -> BTreeMap<String, Option<String>> {
        let text = record.text();
        let object_ref = &self.caches.object_ref;
        let owner = RecordOwner {
            crd: &self.caches.controller.kind.to_string(),
            namespace: &object_ref.namespace,
            name: &object_ref.name,
        };
        let code = self.caches.engine.identity.keys().and_then(|keys| keys.code(owner, &text));
        [(annotations::RECORD.to_owned(), Some(text)), (annotations::RECORD_CODE.to_owned(), code)].into()
    }

    /// Sends the event. It uses the response to the write, which contains the `managedFields`; a watched
    /// object does not.
    fn send_finalizer_event(&self, finalizer: &str) {
        let Some(object) = self.object.as_deref() else { return };
        let writer = last_writer(object)
            .map_or_else(|| "another client".to_owned(), |manager| format!("the field manager `{manager}`"));
        let note = format!(
            "The finalizer `{finalizer}` was removed; {writer} has written the finalizers last. The operator restored it: without it, deleting \
             this resource would leave its add-on at the cloud. Configure that client to keep it in `metadata.finalizers`, or to leave that \
             field alone."
        );
        tracing::warn!(object = %self.caches.object_ref, finalizer, writer, "finalizer was removed, restored it");
        let event = WarningReason::FinalizerRestored.event(EventAction::RestoreFinalizer, note);
        self.caches.engine.events.send(&self.caches.controller.kind, object, &event);
    }

    /// Reports the add-on that stays when the resource goes: nothing in the cluster names it any more.
    fn report_release(
        &self,
        closed: Option<&Record>,
        plan: &Plan,
        observed: &Observed,
        object: &DynamicObject,
    ) {
        let resource = &observed.subject.resource;
        let is_foreign = matches!(&resource.record, ObservedRecord::Foreign(record) if record.ids.is_some());
        let release = match (observed.inputs.abandoned, closed.and_then(|record| record.released)) {
            (Some(_), _) => Release::Abandoned,
            (None, Some(release)) => release,
            (None, None) if is_foreign => Release::Retained,
            (None, None) => return,
        };
        // Another live resource provably has the add-on, so it is not left behind.
        if matches!(resource.other_claim, OtherClaim::By { authentic: true, .. }) {
            return;
        }
        let (log, reason) = match release {
            Release::Deleted => return,
            Release::Retained => ("add-on retained", WarningReason::Retained),
            Release::Abandoned => ("add-on abandoned", WarningReason::Abandoned),
            Release::NotFound => ("add-on not seen deleted", WarningReason::NotSeenDeleted),
        };
        let addon = match &resource.record {
            ObservedRecord::None => resource.status_id.clone(),
            ObservedRecord::Unreadable(_) => Some("the add-on that the unreadable record names".to_owned()),
            ObservedRecord::Ours(record) | ObservedRecord::Foreign(record) => {
                record.possible_addon(&observed.subject.name)
            }
        };
        let Some(addon) = addon else { return };
        tracing::warn!(object = %self.caches.object_ref, addon, because = plan.because, "{log}");
        let note = match release {
            Release::NotFound => {
                format!("{addon} was not seen deleted: {}. Look for it in the cloud console.", plan.because)
            }
            Release::Deleted | Release::Retained | Release::Abandoned => format!(
                "{addon} stays at the cloud, with its data and its costs: {}. Delete it in the cloud console if nothing needs it.",
                plan.because
            ),
        };
        let event = reason.event(EventAction::Delete, note);
        self.caches.engine.events.send(&self.caches.controller.kind, object, &event);
    }

    /// Reports an add-on that is left at the cloud although the operator did not release it.
    pub(super) fn report_leftover(&self, plan: &Plan) {
        let (object_ref, kind) = (&self.caches.object_ref, &self.caches.controller.kind);
        tracing::warn!(object = %object_ref, because = plan.because, "add-on left behind");
        let event = WarningReason::LeftBehind.event(EventAction::Delete, format!("{}.", plan.because));
        let object = kind.object(&object_ref.key(), &object_ref.uid);
        self.caches.engine.events.send(kind, self.object.as_deref().unwrap_or(&object), &event);
    }

    /// Writes the Secret.
    pub(super) async fn apply_secret(&mut self, observed: &Observed) -> StepOutcome {
        let Some(desired) = self.desired_secret(&observed.subject) else { return StepOutcome::Conflict };
        let key = self.secret_key(&observed.subject);
        let cluster = &self.caches.engine.cluster;
        let live = self.cache_entry.secret.as_deref();
        let changed = self.changed_keys(&observed.subject, &desired);
        let written = match (&self.cache_entry.observations.secret, live) {
            (SecretRead::Absent, _) => secret::apply(cluster, &key, &desired, None).await,
            (SecretRead::Ours(held), Some(own)) if held.is_of_other_type(desired.type_name.as_deref()) => {
                // The type of a Secret cannot be changed. If the creation fails, the next reconciliation repeats it.
                match secret::delete(cluster, &own.metadata).await {
                    Ok(()) => secret::apply(cluster, &key, &desired, None).await,
                    Err(failure) => Err(failure),
                }
            }
            (SecretRead::Ours(held), Some(own)) if !held.labelled => {
                // Server-side apply keeps fields of other managers, so the first takeover replaces the
                // Secret, except for content that is not ours.
                let kept: Vec<_> = held.keys.keys().cloned().collect();
                secret::replace(cluster, own, &desired, &kept).await
            }
            (SecretRead::Ours(_), Some(own)) => secret::apply(cluster, &key, &desired, Some(own)).await,
            _ => Err(Failure::Conflict),
        };
        match written {
            Ok(secret) => {
                self.take_secret(Some(secret), &observed.subject.resource.uid);
                self.report_changed_secret(&key.name, &changed);
            }
            Err(Failure::NamespaceTerminating) => {
                self.cache_entry.observations.namespace_is_terminating();
            }
            Err(failure) => {
                self.cache_entry.observations.secret = SecretRead::Unread;
                let object = format!("the Secret `{}`", key.name);
                return write_outcome(failure, (Reason::SecretRefused, &object));
            }
        }
        StepOutcome::Done
    }

    /// Takes the Secret as if it had been written, for a dry run. Returns false when its content is unknown.
    pub(super) fn preview_secret(&mut self, subject: &Subject) -> bool {
        let Some(desired) = self.desired_secret(subject) else { return false };
        let live = match &self.cache_entry.observations.secret {
            SecretRead::Ours(_) => self.cache_entry.secret.as_deref(),
            SecretRead::Absent => None,
            SecretRead::Foreign(_) | SecretRead::Unread | SecretRead::Unreadable(_) => return false,
        };
        let key = self.secret_key(subject);
        let mut secret = secret::preview(&key, live, &desired);
        // The watched version, so that the Secret is not read again.
        secret.metadata.resource_version = self.caches.engine.controllers.secret_version(&key);
        self.take_secret(Some(secret), &subject.resource.uid);
        true
    }

    /// The key of the Secret.
    pub(super) fn secret_key(&self, subject: &Subject) -> Key {
        Key::new(&subject.resource.namespace, subject.secret_name.clone())
    }

    fn desired_secret(&self, subject: &Subject) -> Option<Desired> {
        let controller = &self.caches.controller;
        let (secret, digest) = self.cache_entry.observations.desired_secret(&controller.managed, subject)?;
        let resource = &subject.resource;
        let now = self.now();
        let sent = self.cache_entry.observations.cloud_state.outputs_sent;
        let read = sent.and_then(|sent| {
            let ago = i64::try_from(now.mono.saturating_sub(sent).as_millis()).ok()?;
            now.wall.checked_sub(ago)
        });
        // Labels alone are written without a read.
        let before = match &self.cache_entry.observations.secret {
            SecretRead::Ours(held) => held.outputs_read,
            SecretRead::Unread | SecretRead::Unreadable(_) | SecretRead::Absent | SecretRead::Foreign(_) => {
                None
            }
        };
        let read = read.or(before).and_then(|read| Timestamp::from_millisecond(read).ok());
        let mut annotations = secret.metadata.annotations;
        annotations.insert(annotations::DIGEST.to_owned(), digest);
        annotations.extend(read.map(|read| {
            (annotations::OUTPUTS_READ.to_owned(), read.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        }));
        Some(Desired {
            labels: secret.metadata.labels,
            annotations,
            owner: Some(OwnerReference {
                api_version: controller.kind.api_version(),
                kind: controller.kind.kind.clone(),
                name: resource.name.clone(),
                uid: resource.uid.clone(),
                block_owner_deletion: Some(true),
                controller: None,
            }),
            data: secret.keys,
            type_name: secret.type_name,
        })
    }

    /// Takes over an object that was read or written; one with another uid is another resource.
    pub(crate) fn take(&mut self, object: Option<DynamicObject>) {
        self.object = object
            .filter(|object| object.metadata.uid.as_deref() == Some(&self.caches.object_ref.uid))
            .map(Arc::new);
        self.cache_entry.newest.clone_from(&self.object);
        self.live = true;
    }
}

/// Returns the client, other than this operator, that has written the finalizers last according to
/// `managedFields`; otherwise the last writer of the object.
fn last_writer(object: &DynamicObject) -> Option<String> {
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
