//! Compiled add-on: one kind of custom resource, with everything that it inherits from its API.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{
    Api, Change, Collection, Expectation, Expression, Field, Location, Offer, OptionValues, Read,
    RecordedAnswer, Request,
};

/// Compiled kind. Only hosts, identity and errors have to be looked up in its API.
#[derive(Debug)]
pub struct Addon {
    /// Name of the add-on in the catalog.
    pub name: String,
    /// API that serves this kind.
    pub api: Arc<Api>,
    /// Name of the kind in its API.
    pub provider: String,
    /// Title for display.
    pub title: String,
    /// Description for display, one sentence.
    pub description: String,
    /// True when the operator serves the kind only while its CRD is installed, and does not create the CRD.
    pub optional: bool,
    /// True when the add-on holds data that cannot be restored. The operator then never recreates it without
    /// confirmation.
    pub stateful: bool,
    /// Kubernetes names and scope of the kind.
    pub resource: Resource,
    /// Another resource of the same namespace whose ids the requests need.
    pub(crate) parent: Option<Parent>,
    /// Fields of the spec and fixed fields, in the order of the file.
    pub fields: Vec<Field>,
    /// Options composed of several fields, by name.
    pub(crate) options: BTreeMap<String, Expression>,
    /// Encoding of options in requests.
    pub(crate) option_values: OptionValues,
    /// Requests that read the regions, plans and versions available today.
    pub offers: Vec<Offer>,
    /// Lists the account, or looks up one add-on by name.
    pub list: Read,
    /// Creates an add-on; the selector finds it in the answer.
    pub create: (Request, Option<Selector>),
    /// Reads one add-on by its ids.
    pub get: Option<Read>,
    /// Deletes one add-on by its ids.
    pub delete: Request,
    /// Reads the outputs, which are written to the Secret.
    pub outputs: Option<Read>,
    /// Further reads, by name.
    pub reads: BTreeMap<String, Read>,
    /// Changes that are possible after creation, by name.
    pub changes: BTreeMap<String, Change>,
    /// Collections in the spec that are changed element by element, by name.
    pub collections: BTreeMap<String, Collection>,
    /// Conditions for readiness.
    pub ready: Readiness,
    /// Name and contents of the Secret.
    pub secret: SecretShape,
    /// Fields of the status, in the order of the file.
    pub status: Vec<StatusField>,
    /// Well-known entries of the connection, as Service Binding names them.
    pub binding: Option<Binding>,
    /// Manifests to start from; each is valid.
    pub examples: Vec<Example>,
    /// Recorded answers, by request; the entry's own before those of its API.
    pub(crate) answers: Vec<RecordedAnswer>,
    /// Values that recorded answers can name as `recorded`.
    pub(crate) recorded: Map<String, Value>,
}

impl Addon {
    /// Returns true when the kind has a Secret. A kind without outputs may have nothing to write into one.
    pub fn has_secret(&self) -> bool {
        let shape = &self.secret;
        let own = shape
            .keys
            .as_ref()
            .is_some_and(|keys| keys.names().first().is_some_and(|name| name != "outputs"));
        self.outputs.is_some() || own || !shape.rendered.is_empty() || !shape.each.is_empty()
    }
}

/// Names and scope of a kind in Kubernetes.
#[derive(Debug, Clone)]
pub struct Resource {
    /// API group.
    pub group: String,
    /// Versions, all with the same schema; the first is the storage version.
    pub versions: Vec<String>,
    /// Kind, in CamelCase.
    pub kind: String,
    /// Plural name, as in URLs.
    pub plural: String,
    /// Singular name, as `kubectl` accepts it.
    pub singular: String,
    /// Short names, as `kubectl` accepts them.
    pub short_names: Vec<String>,
    /// The operator's finalizer.
    pub finalizer: String,
    /// Scope of the kind.
    pub scope: Scope,
    /// Paths of the number in the spec that `kubectl scale` changes, and of its mirror in the status.
    pub(crate) scale: Option<(Vec<String>, Vec<String>)>,
}

impl Resource {
    /// Returns the name of the kind's CRD: `plural.group`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }
}

/// Scope of a kind: namespaced or cluster-wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Resources live in a namespace.
    #[default]
    Namespaced,
    /// Resources live outside of namespaces.
    Cluster,
}

/// Another resource of the same namespace that this one belongs to.
#[derive(Debug)]
pub(crate) struct Parent {
    /// Add-on of the parent in the catalog.
    pub(crate) addon: String,
    /// Path of the spec field that names the parent.
    pub(crate) field: Vec<String>,
}

/// Conditions that must hold before an add-on is ready.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Outputs that must be present.
    pub outputs: Vec<String>,
    /// Read that must report ready.
    pub(crate) read: Option<String>,
}

/// Name and contents of the Secret; without any keys there is no Secret.
#[derive(Debug)]
pub struct SecretShape {
    /// Name of the Secret; `<name>-secrets` by default.
    pub name: Template,
    /// Selects all keys with their values; `$.outputs` by default where there are outputs.
    pub keys: Option<Selector>,
    /// Further keys, key and value rendered.
    pub rendered: Vec<(Template, Template)>,
    /// Further keys, one pair for each value that the selector finds (`item`).
    pub each: Vec<(Selector, Template, Template)>,
}

/// Field of the status.
#[derive(Debug)]
pub struct StatusField {
    /// Path below `status`.
    pub path: Vec<String>,
    /// Value of the field; an empty selection omits it.
    pub value: Expression,
}

/// Mapping of outputs to the well-known entries of a connection.
#[derive(Debug, Clone, Default)]
pub struct Binding {
    /// Output for each well-known entry (`host`, `port`, `database`, `username`, `password`, `uri` …).
    pub entries: BTreeMap<String, String>,
}

/// Example manifest to start from.
#[derive(Debug)]
pub struct Example {
    /// Title: the purpose of the example.
    pub title: String,
    /// Name of the resource.
    pub name: String,
    /// Spec of the resource.
    pub spec: Value,
    /// Values of this example that recorded answers can name as `recorded`; they take precedence over the
    /// entry's.
    pub recorded: Map<String, Value>,
    /// Expected result with the recorded answers.
    pub expect: Option<Expectation>,
    /// Position of the example in the file.
    pub at: Location,
}
