//! The resource's own reads and writes: live, record and finalizer, each a compare-and-swap.

use std::sync::Arc;

use interpreter::plan::{Heard, Reason, Record};
use kube::api::DynamicObject;

use crate::cluster::events::EventSpec;
use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Failure, Key};
use crate::engine::annotations;
use crate::engine::reconcile::observe;
use crate::engine::reconcile::reconciliation::Pass;

impl Pass<'_> {
    /// Reads the resource from the API server itself.
    pub(crate) async fn read_live(&mut self) -> Heard {
        match object::read(&self.engine.cluster, &self.controller.kind, &self.key()).await {
            Ok(object) => {
                self.take(object);
                if self.object.is_some() { Heard::Done } else { Heard::NotFound }
            }
            Err(failure) => heard(failure),
        }
    }

    /// Writes the record, and with it the finalizer, in one write.
    pub(crate) async fn write_record(&mut self, record: &Record) -> Heard {
        self.swap(MetadataChange {
            annotations: [(annotations::RECORD.to_owned(), Some(record.text()))].into(),
            add_finalizer: (!self.resource().deleting).then(|| self.controller.addon.resource.finalizer.clone()),
            remove_finalizer: None,
        })
        .await
    }

    /// Puts our finalizer back, and tells once who removed it.
    pub(crate) async fn add_finalizer(&mut self) -> Heard {
        let finalizer = self.controller.addon.resource.finalizer.clone();
        let heard = self.swap(MetadataChange { add_finalizer: Some(finalizer.clone()), ..MetadataChange::default() }).await;
        if heard == Heard::Done && self.dossier.memory.finalizers_put_back() == 0 {
            self.tell_of_finalizer(&finalizer);
        }
        heard
    }

    /// The answer to the write has the `managedFields`, which a watched object has not.
    fn tell_of_finalizer(&self, finalizer: &str) {
        let Some(object) = self.object.as_deref() else { return };
        let writer =
            observe::last_writer(object).map_or_else(|| "another client".to_owned(), |manager| format!("the field manager `{manager}`"));
        let note = format!(
            "The finalizer `{finalizer}` was removed, last written by {writer}. The operator put it back: without it, the deletion of this \
             resource would leave its add-on behind. Have that client keep it in `metadata.finalizers`, or leave that field out."
        );
        tracing::warn!(subject = %self.subject, "{note}");
        let happening = EventSpec { warning: true, reason: "FinalizerRestored".to_owned(), action: "RestoreFinalizer".to_owned(), note };
        self.engine.events.send(&self.controller.kind, object, &happening);
    }

    /// Removes our finalizer: the resource may go.
    pub(crate) async fn remove_finalizer(&mut self) -> Heard {
        let finalizer = self.controller.addon.resource.finalizer.clone();
        let change = MetadataChange { remove_finalizer: Some(finalizer), ..MetadataChange::default() };
        let heard = self.swap(change).await;
        let deleted = |object: &Arc<DynamicObject>| object.metadata.finalizers.as_ref().is_none_or(Vec::is_empty);
        if heard == Heard::Done && self.resource().deleting && self.object.as_ref().is_some_and(deleted) {
            self.object = None;
        }
        heard
    }

    async fn swap(&mut self, change: MetadataChange) -> Heard {
        let Some(object) = self.object.clone() else { return Heard::NotFound };
        match object::swap_metadata(&self.engine.cluster, &self.controller.kind, &object, &change).await {
            Ok(object) => {
                self.take(Some(object));
                Heard::Done
            }
            Err(failure) => {
                self.live = false;
                heard(failure)
            }
        }
    }

    /// Takes what was read; an object with another uid is not ours.
    pub(crate) fn take(&mut self, object: Option<DynamicObject>) {
        self.object = object.filter(|object| object.metadata.uid.as_deref() == Some(&self.subject.uid)).map(Arc::new);
        self.dossier.newest.clone_from(&self.object);
        self.live = true;
    }

    /// Where the resource stands.
    pub(crate) fn key(&self) -> Key {
        match self.subject.namespace.as_str() {
            "" => Key::of_cluster(&self.subject.name),
            namespace => Key::new(namespace, &self.subject.name),
        }
    }
}

/// What became of a call to the cluster, in the planner's words.
pub(crate) fn heard(failure: Failure) -> Heard {
    match failure {
        Failure::Conflict => Heard::Conflict,
        Failure::Gone => Heard::NotFound,
        Failure::Lost(why) => Heard::Ambiguous(why),
        Failure::NamespaceTerminating => Heard::Unsent("the namespace is being deleted".into()),
        Failure::Refused(_) => {
            let reason = if failure.missing_permission().is_some() { Reason::RightMissing } else { Reason::ClusterUnavailable };
            Heard::Rejected { reason, message: failure.to_string() }
        }
    }
}
