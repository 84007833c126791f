//! What a cloud offers: one kind of custom resource, with all that its API lends it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{
    Api, Change, Collection, Expectation, Expression, Field, Location, Offer, OptionValues, Read, RecordedAnswer, Request,
};

/// One kind, complete: nothing has to be looked up in its API but hosts, identity and errors.
#[derive(Debug)]
pub struct Addon {
    /// Its name in the catalog.
    pub name: String,
    /// The API that makes it.
    pub api: Arc<Api>,
    /// What the API calls it.
    pub provider: String,
    /// For people.
    pub title: String,
    /// For people, one sentence.
    pub description: String,
    /// The switch of the operator's configuration without which it is off; none: it is on.
    pub switch: Option<String>,
    /// It keeps what cannot be made again: never silently made anew.
    pub stateful: bool,
    /// The kind in Kubernetes.
    pub resource: Resource,
    /// Another resource of the namespace whose ids its requests need.
    pub parent: Option<Parent>,
    /// The fields of its spec, and the fixed ones; in the order of the file.
    pub fields: Vec<Field>,
    /// Options composed of several fields, by name.
    pub options: BTreeMap<String, Expression>,
    /// How options are sent.
    pub option_values: OptionValues,
    /// What can be had today.
    pub offers: Vec<Offer>,
    /// Lists the account, or looks the one up by name.
    pub list: Read,
    /// Makes one; the one in its answer.
    pub create: (Request, Option<Selector>),
    /// Reads one by its ids.
    pub get: Option<Read>,
    /// Deletes one by its ids.
    pub delete: Request,
    /// Reads what is handed back as a Secret.
    pub outputs: Option<Read>,
    /// Further reads, by name.
    pub reads: BTreeMap<String, Read>,
    /// What can be changed, by name.
    pub changes: BTreeMap<String, Change>,
    /// Collections in the spec that are changed element by element, by name.
    pub collections: BTreeMap<String, Collection>,
    /// What must be there before it is ready.
    pub ready: Readiness,
    /// What the Secret is called and holds.
    pub secret: SecretShape,
    /// Fields of the status, by path.
    pub status: Vec<StatusField>,
    /// The well-known names of its connection.
    pub binding: Option<Binding>,
    /// Manifests to begin with; each is valid.
    pub examples: Vec<Example>,
    /// What the cloud answered once, by what was asked; the entry's own before what its API lends.
    pub answers: Vec<RecordedAnswer>,
    /// What these answers name as `recorded`.
    pub recorded: Map<String, Value>,
}

impl Addon {
    /// Whether there is a Secret at all: one without outputs may have nothing to hand back.
    pub fn has_secret(&self) -> bool {
        let shape = &self.secret;
        let own = shape.keys.as_ref().is_some_and(|keys| keys.names().first().is_some_and(|name| name != "outputs"));
        self.outputs.is_some() || own || !shape.rendered.is_empty() || !shape.each.is_empty()
    }
}

/// The kind in Kubernetes.
#[derive(Debug, Clone)]
pub struct Resource {
    /// API group.
    pub group: String,
    /// Versions, all of one schema; the first is stored.
    pub versions: Vec<String>,
    /// Kind, in CamelCase.
    pub kind: String,
    /// Plural, as in URLs.
    pub plural: String,
    /// Singular, as `kubectl` takes it.
    pub singular: String,
    /// Short names, as `kubectl` takes them.
    pub short_names: Vec<String>,
    /// Our finalizer.
    pub finalizer: String,
    /// Whether it lives in a namespace.
    pub scope: Scope,
    /// The number in the spec that `kubectl scale` changes, and its mirror in the status.
    pub scale: Option<(Vec<String>, Vec<String>)>,
}

/// Whether a kind lives in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// It does.
    #[default]
    Namespaced,
    /// It does not.
    Cluster,
}

/// Another resource of the same namespace that this one belongs to.
#[derive(Debug)]
pub struct Parent {
    /// The add-on of the catalog it is.
    pub addon: String,
    /// The field of the spec that names it.
    pub field: Vec<String>,
}

/// What must be there before an add-on is ready.
#[derive(Debug, Default)]
pub struct Readiness {
    /// These outputs.
    pub outputs: Vec<String>,
    /// This read must say so.
    pub read: Option<String>,
}

/// What the Secret is called and holds; without any keys there is none.
#[derive(Debug)]
pub struct SecretShape {
    /// Its name; `<name>-secrets` where the entry says nothing.
    pub name: Template,
    /// Selects all its keys with their values; `$.outputs` where the entry says nothing and there are any.
    pub keys: Option<Selector>,
    /// Further keys, key and value rendered.
    pub rendered: Vec<(Template, Template)>,
    /// Further keys, a pair for each of what a selector gives (`item`).
    pub each: Vec<(Selector, Template, Template)>,
}

/// One field of the status.
#[derive(Debug)]
pub struct StatusField {
    /// Where it stands below `status`.
    pub path: Vec<String>,
    /// Its value; nothing selected leaves it out.
    pub value: Expression,
}

/// Which output is what of a connection.
#[derive(Debug, Clone, Default)]
pub struct Binding {
    /// The type of the service, as Service Binding names it.
    pub kind: String,
    /// Well-known entry (`host`, `port`, `database`, `username`, `password`, `uri` …) to output.
    pub entries: BTreeMap<String, String>,
}

/// A manifest to begin with.
#[derive(Debug)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// The resource's name.
    pub name: String,
    /// Its spec.
    pub spec: Value,
    /// What its answers name as `recorded`, before what the entry says.
    pub recorded: Map<String, Value>,
    /// What must come of it.
    pub expect: Option<Expectation>,
    /// Where it stands.
    pub at: Location,
}
