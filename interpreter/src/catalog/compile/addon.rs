//! Compiles an add-on's file, with everything that it inherits from its API, into an `Addon`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::compile::change::changes;
use crate::catalog::compile::field::{FieldScopes, Written, field, path};
use crate::catalog::compile::offer::offers;
use crate::catalog::compile::operations::{operations, reads};
use crate::catalog::compile::recorded::{answers, example, object};
use crate::catalog::compile::request::Sender;
use crate::catalog::compile::text::{Scope, expression, selector, template, template_of};
use crate::catalog::expression::{Escape, Selector, Template};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::vocabulary::{Moment, Vocabulary};
use crate::catalog::{
    Addon, Api, Binding, Expression, Field, OptionValues, Parent, Readiness, Resource, Scope as KindScope,
    SecretShape, StatusField,
};

/// File of an add-on, with the parts of its API that compilation needs.
#[derive(Clone)]
pub(in crate::catalog) struct Entry<'a> {
    /// File of the add-on.
    pub(in crate::catalog) node: Node<'a>,
    /// File of the API.
    pub(in crate::catalog) api_node: Node<'a>,
    /// Compiled API.
    pub(in crate::catalog) api: Arc<Api>,
    /// Names known in the add-on's file.
    pub(in crate::catalog) vocabulary: &'a Vocabulary,
    /// Hosts of the API.
    pub(in crate::catalog) hosts: &'a [String],
}

impl<'a> Entry<'a> {
    fn scope(&self, moment: Moment) -> Scope {
        Scope {
            names: self.vocabulary.names(moment),
            provider: self.node.at("provider").text_or_empty(),
            kind: self.node.at("resource").at("kind").text_or_empty(),
        }
    }

    fn sender(&self, moment: Moment) -> Sender<'a> {
        Sender { scope: self.scope(moment), hosts: self.hosts }
    }
}

/// Compiles an add-on. The inherited settings were checked with the API, so their problems are not reported
/// again.
pub(in crate::catalog) fn addon(entry: &Entry, problems: &mut Problems) -> Addon {
    let silent = &mut Problems::default();
    let node = &entry.node;
    let inherited = operations(&entry.api_node.at("operations"), &|moment| entry.sender(moment), silent);
    let (mut all_changes, mut collections) =
        changes(&entry.api_node.at("changes"), &entry.sender(Moment::Change), silent);
    let own = changes(&node.at("changes"), &entry.sender(Moment::Change), problems);
    all_changes.extend(own.0);
    collections.extend(own.1);
    let mut all_reads = reads(&entry.api_node.at("reads"), &entry.sender(Moment::Request), silent);
    all_reads.extend(reads(&node.at("reads"), &entry.sender(Moment::Request), problems));
    let mut all_answers = answers(&node.at("answers"), &entry.scope(Moment::Answer), problems);
    all_answers.extend(answers(&entry.api_node.at("answers"), &entry.scope(Moment::Answer), silent));
    Addon {
        name: node.at("addon").text_or_empty(),
        api: Arc::clone(&entry.api),
        provider: node.at("provider").text_or_empty(),
        title: node.at("title").text_or_empty(),
        description: node.at("description").text_or_empty(),
        optional: node.at("optional").is_true(),
        stateful: node.at("stateful").is_true(),
        resource: resource(&node.at("resource")),
        parent: node.get("parent").map(|parent| self::parent(&parent)),
        fields: fields(entry, problems),
        options: options(&node.at("options"), &entry.scope(Moment::Create), problems),
        option_values: option_values(&entry.api_node.at("optionValues")),
        offers: offers(&entry.api_node.at("offers"), &entry.sender(Moment::Offers), silent),
        list: inherited.list,
        create: inherited.create,
        get: inherited.get,
        delete: inherited.delete,
        outputs: inherited.outputs,
        reads: all_reads,
        changes: all_changes,
        collections,
        ready: Readiness {
            outputs: node.at("ready").at("outputs").texts(),
            read: node.at("ready").at("read").text().map(str::to_owned),
        },
        secret: secret(&node.at("secret"), entry, problems),
        status: status(&node.at("status"), &entry.scope(Moment::Publish), problems),
        binding: node.get("binding").map(|binding| self::binding(&binding)),
        examples: node.at("examples").elements().iter().map(example).collect(),
        answers: all_answers,
        recorded: object(&node.at("recorded")),
    }
}

fn fields(entry: &Entry, problems: &mut Problems) -> Vec<Field> {
    let scopes = FieldScopes {
        filled: entry.scope(Moment::Default),
        observed: entry.scope(Moment::Observed),
        unless: entry.scope(Moment::Unless),
    };
    let shared = entry.api_node.at("fields");
    let mut fields = Vec::new();
    for (written, own) in entry.node.at("spec").entries() {
        let described = Written::in_spec(own, &shared, problems);
        fields.push(field(&described, path(written), &scopes, problems));
    }
    for (name, value) in entry.node.at("fixed").entries() {
        let described = Written::fixed(name, &value, &shared, problems);
        let fixed = expression(&value, &scopes.filled, problems);
        let unplaced = field(&described, Vec::new(), &scopes, &mut Problems::default());
        fields.push(Field { fixed: Some(fixed), changes: None, column: None, ..unplaced });
    }
    fields
}

fn options(node: &Node, scope: &Scope, problems: &mut Problems) -> BTreeMap<String, Expression> {
    node.entries()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), expression(&value, scope, problems)))
        .collect()
}

fn option_values(node: &Node) -> OptionValues {
    match node.text() {
        Some("text") => OptionValues::Text,
        _ => OptionValues::Typed,
    }
}

/// Compiles the names of the kind. Omitted names are derived from the kind and its group.
pub(in crate::catalog) fn resource(node: &Node) -> Resource {
    let text = |key: &str| node.at(key).text().map(str::to_owned);
    let (group, kind) = (text("group").unwrap_or_default(), text("kind").unwrap_or_default());
    let versions = text("version").map(|version| vec![version]);
    let at = |key: &str| node.at("scale").at(key).text().map(path);
    let singular = text("singular").unwrap_or_else(|| kind.to_lowercase());
    Resource {
        versions: versions.unwrap_or_else(|| node.at("versions").texts()),
        plural: text("plural").unwrap_or_else(|| format!("{singular}s")),
        short_names: node.at("shortNames").texts(),
        finalizer: text("finalizer").unwrap_or_else(|| format!("{group}/{singular}")),
        scope: if node.at("scope").text() == Some("Cluster") {
            KindScope::Cluster
        } else {
            KindScope::Namespaced
        },
        scale: at("spec").zip(at("status")),
        group,
        kind,
        singular,
    }
}

fn parent(node: &Node) -> Parent {
    Parent {
        addon: node.at("addon").text_or_empty(),
        field: path(node.at("field").text().unwrap_or_default()),
    }
}

fn secret(node: &Node, entry: &Entry, problems: &mut Problems) -> SecretShape {
    let scope = entry.scope(Moment::Publish);
    let name = node.get("name").map(|name| template(&name, Escape::Plain, &scope, problems));
    let rendered = |(key, value): (&str, Node)| pair(key, &value, &scope, problems);
    let rendered = node.at("render").entries().into_iter().map(rendered).collect();
    let element = scope.element();
    let each = |one: &Node| {
        let key = template(&one.at("key"), Escape::Plain, &element, problems);
        let value = template(&one.at("value"), Escape::Plain, &element, problems);
        (selector(&one.at("each"), &scope, problems), key, value)
    };
    SecretShape {
        name: name.unwrap_or_else(|| {
            Template::parse("{{metadata.name}}-secrets", Escape::Plain).unwrap_or_default()
        }),
        each: node.at("each").elements().iter().map(each).collect(),
        keys: keys(node, entry, &scope, problems),
        rendered,
    }
}

/// Returns the selector of the Secret's keys: all outputs, unless the entry selects keys itself.
fn keys(node: &Node, entry: &Entry, scope: &Scope, problems: &mut Problems) -> Option<Selector> {
    match node.get("keys") {
        Some(keys) => Some(selector(&keys, scope, problems)),
        None if node.at("render").exists() || node.at("each").exists() => None,
        None if !entry.api_node.at("operations").at("outputs").exists() => None,
        None => Selector::parse("$.outputs").ok(),
    }
}

fn pair(key: &str, value: &Node, scope: &Scope, problems: &mut Problems) -> (Template, Template) {
    let written = template_of(key, Escape::Plain, &value.key(), scope, problems);
    (written, template(value, Escape::Plain, scope, problems))
}

fn status(node: &Node, scope: &Scope, problems: &mut Problems) -> Vec<StatusField> {
    let one = |(written, value): (&str, Node)| StatusField {
        path: path(written),
        value: expression(&value, scope, problems),
    };
    node.entries().into_iter().map(one).collect()
}

fn binding(node: &Node) -> Binding {
    let entries = node.entries().into_iter().filter(|(name, _)| *name != "type");
    Binding { entries: entries.map(|(name, output)| (name.to_owned(), output.text_or_empty())).collect() }
}
