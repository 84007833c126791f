//! Registry of the running controllers: one for each kind that is reconciled, the kinds whose resources are
//! not known yet, and the Secrets that resources own.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;
use kube::api::{DynamicObject, ObjectMeta, PartialObjectMeta};
use parking_lot::RwLock;

use crate::cluster::watch::{Health, Watch};
use crate::cluster::{Key, Kind};
use crate::engine::annotations::OWNER;
use crate::engine::kind::controller::Controller;

/// The running controllers.
pub(crate) struct Controllers {
    state: RwLock<State>,
    secrets: Watch<PartialObjectMeta<DynamicObject>>,
}

#[derive(Default)]
struct State {
    running: Vec<Arc<Controller>>,
    /// Kinds whose resources have not been listed since the start of this process, by name of the CRD.
    unlisted: BTreeMap<String, UnlistedKind>,
}

struct UnlistedKind {
    api: String,
    kind: String,
    /// True when the API server does not serve the kind, so that it has no resources.
    is_unserved: bool,
}

impl Controllers {
    /// Creates a registry without controllers; `secrets` watches the metadata of the managed Secrets.
    pub(crate) fn new(secrets: Watch<PartialObjectMeta<DynamicObject>>) -> Self {
        Self { state: RwLock::default(), secrets }
    }

    /// Announces a kind of an API that will get a controller.
    pub(crate) fn announce(&self, definition: &str, api: &str, kind: &str) {
        let unlisted = UnlistedKind { api: api.to_owned(), kind: kind.to_owned(), is_unserved: false };
        self.state.write().unlisted.insert(definition.to_owned(), unlisted);
    }

    /// Records whether the API server serves an announced kind: a kind that is not served has no resources to
    /// wait for, whereas one that cannot be read may have some.
    pub(crate) fn set_unserved(&self, definition: &str, is_unserved: bool) {
        if let Some(unlisted) = self.state.write().unlisted.get_mut(definition) {
            unlisted.is_unserved = is_unserved;
        }
    }

    /// Withdraws an announced kind: it was removed from the catalog.
    pub(crate) fn withdraw(&self, definition: &str) {
        self.state.write().unlisted.remove(definition);
    }

    /// Adds a controller, or replaces the one of the same kind.
    pub(crate) fn register(&self, new: &Arc<Controller>) {
        let mut state = self.state.write();
        match state.running.iter_mut().find(|controller| controller.kind.has_crd_of(&new.kind)) {
            Some(old) => *old = new.clone(),
            None => state.running.push(new.clone()),
        }
        state.unlisted.remove(&new.kind.to_string());
    }

    /// Removes the controller of a kind.
    pub(crate) fn leave(&self, kind: &Kind) {
        self.state.write().running.retain(|controller| !controller.kind.has_crd_of(kind));
    }

    /// Returns all controllers.
    pub(crate) fn all(&self) -> Vec<Arc<Controller>> {
        self.state.read().running.clone()
    }

    /// Returns a kind of this API whose resources may exist but have not been listed yet.
    pub(crate) fn unlisted(&self, api: &str) -> Option<String> {
        let state = self.state.read();
        let unlisted = state.unlisted.values().find(|unlisted| unlisted.api == api && !unlisted.is_unserved);
        unlisted.map(|unlisted| unlisted.kind.clone())
    }

    /// Returns true when all kinds were listed, and no resource has this uid.
    pub(crate) fn knows_gone(&self, uid: &str) -> bool {
        let has_uid = |object: &Arc<DynamicObject>| object.metadata.uid.as_deref() == Some(uid);
        let lacks = |controller: &Arc<Controller>| {
            controller.ready().now_or_never().is_some() && !controller.all().iter().any(has_uid)
        };
        self.any_unlisted().is_none() && self.all().iter().all(lacks)
    }

    /// Returns a kind, of whatever API, whose resources may exist but have not been listed yet.
    pub(crate) fn any_unlisted(&self) -> Option<String> {
        let state = self.state.read();
        let unlisted = state.unlisted.values().find(|unlisted| !unlisted.is_unserved);
        unlisted.map(|unlisted| unlisted.kind.clone())
    }

    /// Returns the number of resources of each kind, by name of the CRD, as far as it is known.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let all = self.all().into_iter();
        all.filter_map(|controller| Some((controller.kind.to_string(), controller.count()?))).collect()
    }

    /// Relists the resources of a kind, if it has a controller.
    pub(crate) fn relist(&self, kind: &Kind) {
        let all = self.all().into_iter();
        all.filter(|controller| controller.kind.has_crd_of(kind)).for_each(|controller| controller.relist());
    }

    /// Queues the resources of a namespace.
    pub(crate) fn queue_namespace(&self, namespace: &str) {
        self.all().iter().for_each(|controller| controller.queue_namespace(namespace));
    }

    /// Queues every resource.
    pub(crate) fn queue_all(&self) {
        self.all().iter().for_each(|controller| controller.queue_all());
    }

    /// Queues the owners of a managed Secret.
    pub(crate) fn queue_owners(&self, secret: &ObjectMeta) {
        let namespace = secret.namespace.as_deref().unwrap_or_default();
        let controllers = self.all();
        for owner in secret.owner_references.iter().flatten() {
            let of_kind = |controller: &&Arc<Controller>| {
                controller.kind.kind == owner.kind && controller.kind.api_version() == owner.api_version
            };
            if let Some(controller) = controllers.iter().find(of_kind) {
                controller.queue_owner(namespace, &owner.name, &owner.uid);
            }
        }
    }

    /// Returns the resource version of a managed Secret, as last observed; `None` when it does not exist.
    pub(crate) fn secret_version(&self, key: &Key) -> Option<String> {
        self.secrets.get(key).and_then(|secret| secret.metadata.resource_version.clone())
    }

    /// Returns the metadata of the Secrets in a namespace that the label gives to the resource of this uid, as last
    /// observed.
    pub(crate) fn secrets_of(&self, namespace: &str, uid: &str) -> Vec<ObjectMeta> {
        let all = self.secrets.all().into_iter();
        let owned = all.filter(|secret| {
            let labels = secret.metadata.labels.as_ref();
            secret.metadata.namespace.as_deref() == Some(namespace)
                && labels.and_then(|labels| labels.get(OWNER)).is_some_and(|owner| owner == uid)
        });
        owned.map(|secret| secret.metadata.clone()).collect()
    }

    /// Health of the watch of the managed Secrets.
    pub(crate) fn secrets_health(&self) -> Health {
        self.secrets.health()
    }
}
