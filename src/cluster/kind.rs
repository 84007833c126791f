//! Names of kinds and of their objects. Holds no schema.

use std::fmt;

use kube::api::{ApiResource, DynamicObject, ObjectMeta};
use kube::core::GroupVersionKind;
use kube::{Api, Client};

/// A kind as the API server serves it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// API group, empty for the core group.
    pub group: String,
    /// Version that is read and written.
    pub version: String,
    /// Name of the kind, as in a manifest.
    pub kind: String,
    /// Name of the resource, as in a URL.
    pub plural: String,
    /// True if its objects are namespaced.
    pub namespaced: bool,
}

/// Namespace and name of one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// `None` for a cluster-scoped object.
    pub(crate) namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

impl Kind {
    /// The core group's Secrets.
    pub fn secrets() -> Self {
        Self::known("", "v1", "Secret", "secrets", true)
    }

    /// The core group's ConfigMaps.
    pub(crate) fn config_maps() -> Self {
        Self::known("", "v1", "ConfigMap", "configmaps", true)
    }

    /// CustomResourceDefinitions.
    pub(crate) fn custom_resource_definitions() -> Self {
        let (kind, plural) = ("CustomResourceDefinition", "customresourcedefinitions");
        Self::known("apiextensions.k8s.io", "v1", kind, plural, false)
    }

    /// The Deployments of `apps`.
    pub(crate) fn deployments() -> Self {
        Self::known("apps", "v1", "Deployment", "deployments", true)
    }

    /// The core group's Events.
    pub(crate) fn events() -> Self {
        Self::known("", "v1", "Event", "events", true)
    }

    /// Returns `group/version`, or the version alone for the core group.
    pub(crate) fn api_version(&self) -> String {
        self.resource().api_version
    }

    /// True when both kinds have the same CRD: its name is made of group and plural.
    pub(crate) fn has_crd_of(&self, other: &Self) -> bool {
        (&self.group, &self.plural) == (&other.group, &other.plural)
    }

    fn known(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            plural: plural.into(),
            namespaced,
        }
    }

    /// Returns an object of this kind with its identity alone.
    pub(crate) fn object(&self, key: &Key, uid: &str) -> DynamicObject {
        let mut object = DynamicObject::new(&key.name, &self.resource());
        object.metadata.namespace.clone_from(&key.namespace);
        object.metadata.uid = Some(uid.to_owned());
        object
    }

    pub(super) fn resource(&self) -> ApiResource {
        let gvk = GroupVersionKind::gvk(&self.group, &self.version, &self.kind);
        ApiResource::from_gvk_with_plural(&gvk, &self.plural)
    }

    pub(super) fn api(&self, client: Client, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => Api::namespaced_with(client, namespace, &self.resource()),
            None => Api::all_with(client, &self.resource()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => out.write_str(&self.plural),
            group => write!(out, "{}.{group}", self.plural),
        }
    }
}

impl Key {
    /// Returns the key of the object `name` in `namespace`.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }

    /// Returns the key of the cluster-scoped object `name`.
    pub(crate) fn of_cluster(name: impl Into<String>) -> Self {
        Self { namespace: None, name: name.into() }
    }

    /// Returns the key of the object with this metadata.
    pub(crate) fn of(meta: &ObjectMeta) -> Self {
        Self { namespace: meta.namespace.clone(), name: meta.name.clone().unwrap_or_default() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{namespace}/{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}
