//! Reads and writes of the resource's metadata: record and finalizer, each write a compare-and-swap.

use std::sync::Arc;

use interpreter::plan::{Reason, Record, StepOutcome};
use kube::api::DynamicObject;

use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Failure, Key};
use crate::engine::annotations;
use crate::engine::events::{EventAction, WarningReason};
use crate::engine::reconcile::observe;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Reads the resource from the API server.
    pub(crate) async fn read_live(&mut self) -> StepOutcome {
        match object::read(&self.engine.cluster, &self.controller.kind, &self.key()).await {
            Ok(object) => {
                self.take(object);
                if self.object.is_some() { StepOutcome::Done } else { StepOutcome::NotFound }
            }
            Err(failure) => outcome_of(failure),
        }
    }

    /// Writes record and finalizer in one request.
    pub(crate) async fn write_record(&mut self, record: &Record) -> StepOutcome {
        self.swap(MetadataChange {
            annotations: [(annotations::RECORD.to_owned(), Some(record.text()))].into(),
            add_finalizer: (!self.resource().deleting)
                .then(|| self.controller.addon.resource.finalizer.clone()),
            remove_finalizer: None,
        })
        .await
    }

    /// Restores the operator's finalizer, and sends one event with the client that removed it.
    pub(crate) async fn add_finalizer(&mut self) -> StepOutcome {
        let finalizer = self.controller.addon.resource.finalizer.clone();
        let outcome = self
            .swap(MetadataChange { add_finalizer: Some(finalizer.clone()), ..MetadataChange::default() })
            .await;
        if outcome == StepOutcome::Done && self.cache_entry.memory.finalizers_put_back() == 0 {
            self.tell_of_finalizer(&finalizer);
        }
        outcome
    }

    /// Sends the event. It uses the response to the write, which contains the `managedFields`; a watched
    /// object does not.
    fn tell_of_finalizer(&self, finalizer: &str) {
        let Some(object) = self.object.as_deref() else { return };
        let writer = observe::last_writer(object)
            .map_or_else(|| "another client".to_owned(), |manager| format!("the field manager `{manager}`"));
        let note = format!(
            "The finalizer `{finalizer}` was removed; {writer} has written the finalizers last. The operator restored it: without it, deleting \
             this resource would leave its add-on at the cloud. Configure that client to keep it in `metadata.finalizers`, or to leave that \
             field alone."
        );
        tracing::warn!(object = %self.object_ref, finalizer, writer, "finalizer was removed, restored it");
        let event = WarningReason::FinalizerRestored.event(EventAction::RestoreFinalizer, note);
        self.engine.events.send(&self.controller.kind, object, &event);
    }

    /// Removes the operator's finalizer, so that the resource can be deleted.
    pub(crate) async fn remove_finalizer(&mut self) -> StepOutcome {
        let finalizer = self.controller.addon.resource.finalizer.clone();
        let change = MetadataChange { remove_finalizer: Some(finalizer), ..MetadataChange::default() };
        let outcome = self.swap(change).await;
        let deleted =
            |object: &Arc<DynamicObject>| object.metadata.finalizers.as_ref().is_none_or(Vec::is_empty);
        if outcome == StepOutcome::Done
            && self.resource().deleting
            && self.object.as_ref().is_some_and(deleted)
        {
            self.object = None;
        }
        outcome
    }

    async fn swap(&mut self, change: MetadataChange) -> StepOutcome {
        let Some(object) = self.object.clone() else { return StepOutcome::NotFound };
        match object::swap_metadata(&self.engine.cluster, &self.controller.kind, &object, &change).await {
            Ok(object) => {
                self.take(Some(object));
                StepOutcome::Done
            }
            Err(failure) => {
                self.live = false;
                outcome_of(failure)
            }
        }
    }

    /// Takes over an object that was read or written; one with another uid is another resource.
    pub(crate) fn take(&mut self, object: Option<DynamicObject>) {
        self.object = object
            .filter(|object| object.metadata.uid.as_deref() == Some(&self.object_ref.uid))
            .map(Arc::new);
        self.cache_entry.newest.clone_from(&self.object);
        self.live = true;
    }

    /// The key of the resource.
    pub(crate) fn key(&self) -> Key {
        match self.object_ref.namespace.as_str() {
            "" => Key::of_cluster(&self.object_ref.name),
            namespace => Key::new(namespace, &self.object_ref.name),
        }
    }
}

/// Converts a failed call to the API server into an outcome.
pub(crate) fn outcome_of(failure: Failure) -> StepOutcome {
    match failure {
        Failure::Conflict => StepOutcome::Conflict,
        Failure::Gone => StepOutcome::NotFound,
        Failure::Lost(why) => StepOutcome::Ambiguous(why),
        Failure::NamespaceTerminating => StepOutcome::Unsent("the namespace is being deleted".into()),
        Failure::Refused(_) => {
            let reason = if failure.missing_permission().is_some() {
                Reason::PermissionDenied
            } else {
                Reason::ClusterUnavailable
            };
            StepOutcome::Rejected { reason, message: failure.to_string() }
        }
    }
}
