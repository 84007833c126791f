//! Checks the names of a kind: valid for the API server, and unique.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::compile::addon::resource as compiled;
use crate::catalog::entries::Entries;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Field, FieldType, Resource, Scope};

/// Form of a name: its key, its pattern, and the help for writing it.
type NameFormat = (&'static str, LazyLock<Option<Regex>>, &'static str);

static NAME_FORMATS: [NameFormat; 5] = [
    (
        "group",
        LazyLock::new(|| format(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$")),
        "Write a domain, such as `databases.example.com`.",
    ),
    (
        "kind",
        LazyLock::new(|| format("^[A-Z][A-Za-z0-9]{0,62}$")),
        "Write one word in CamelCase, such as `FlyingCarpet`.",
    ),
    ("plural", LazyLock::new(label), LABEL),
    ("singular", LazyLock::new(label), LABEL),
    (
        "finalizer",
        LazyLock::new(|| {
            format(r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$")
        }),
        "Write a qualified name, such as `databases.example.com/database`.",
    ),
];
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(label);
static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| format(r"^v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?$"));
const LABEL: &str = "Write lower-case letters, digits and dashes, beginning with a letter.";

/// Checks the names of one add-on's kind.
pub(super) fn check(node: &Node, addon: &Addon, problems: &mut Problems) {
    let resource = node.at("resource");
    for (key, format, help) in &NAME_FORMATS {
        check_format(&place(&resource, key), named(&addon.resource, key), format.as_ref(), help, problems);
    }
    for name in resource.at("shortNames").elements() {
        check_format(&name, name.text().unwrap_or_default(), SHORT.as_ref(), LABEL, problems);
    }
    let versions = resource.at("versions").elements();
    for version in versions.iter().chain([&resource.at("version")]).filter(|version| version.exists()) {
        let help = "Write a version such as `v1`, `v1beta1` or `v2alpha3`.";
        check_format(version, version.text().unwrap_or_default(), VERSION.as_ref(), help, problems);
    }
    check_reserved(&resource, addon, problems);
    check_scale(&resource, addon, problems);
    check_scope(&resource, addon, problems);
}

/// Checks that no two add-ons share a kind, plural, short name or finalizer. An add-on of the layer below
/// keeps a name before all others, and one without an error before one with errors.
pub(super) fn check_unique(addons: &Entries, below: &Entries, problems: &mut Problems) {
    let mut taken = BTreeMap::new();
    for (addon, node) in below {
        take_all(&mut taken, addon, node, &mut Problems::default());
    }
    let mut order: Vec<_> = addons.iter().collect();
    order.sort_by_key(|(_, node)| problems.has_error_in(&node.document.path));
    for (addon, node) in order {
        take_all(&mut taken, addon, node, problems);
    }
}

/// Registers the names of one add-on. `kubectl` resolves plurals, singulars and short names as one set of
/// words; short names must differ across all groups.
fn take_all(taken: &mut BTreeMap<String, String>, addon: &str, node: &Node, problems: &mut Problems) {
    let resource = node.at("resource");
    let names = compiled(&resource);
    let mut refused = false;
    for (key, sort) in [("kind", "kind"), ("plural", "word"), ("singular", "word")] {
        let name = named(&names, key);
        // Names derived from a kind that is taken are not reported again.
        if refused && !resource.at(key).exists() {
            continue;
        }
        let problem = (Code::TakenKind, &place(&resource, key), name);
        refused |= !take(taken, (format!("{sort} {name}.{}", names.group), addon), problem, problems);
    }
    if !refused || resource.at("finalizer").exists() {
        let problem = (Code::TakenKind, &place(&resource, "finalizer"), names.finalizer.as_str());
        take(taken, (format!("finalizer {}", names.finalizer), addon), problem, problems);
    }
    for name in resource.at("shortNames").elements() {
        let word = name.text().unwrap_or_default();
        let problem = (Code::TakenShortName, &name, word);
        if take(taken, (format!("short name {word}"), addon), problem, problems) {
            take(taken, (format!("word {word}.{}", names.group), addon), problem, problems);
        }
    }
}

/// Checks that every parent is an add-on, and that a field of the spec names it.
pub(super) fn check_parents(addons: &Entries, below: &Entries, problems: &mut Problems) {
    let known: BTreeSet<&str> = addons.iter().chain(below).map(|(name, _)| name.as_str()).collect();
    for (_, node) in addons {
        let parent = node.at("parent");
        let (addon, field) = (parent.at("addon"), parent.at("field"));
        let name = addon.text_or_empty();
        if !known.contains(name.as_str()) {
            let help = suggest(&name, known.iter().copied());
            problems.report(Code::UnknownParent, &addon, format!("there is no add-on `{name}`"), help);
        }
        let path = field.text_or_empty();
        if !node.at("spec").at(&path).exists() {
            let known: Vec<&str> = node.at("spec").entries().into_iter().map(|(path, _)| path).collect();
            let help = suggest(&path, known);
            problems.report(Code::UnknownParent, &field, format!("the spec has no field `{path}`"), help);
        }
    }
}

/// Returns the name under a key that has a format.
fn named<'a>(resource: &'a Resource, key: &str) -> &'a str {
    match key {
        "group" => &resource.group,
        "kind" => &resource.kind,
        "plural" => &resource.plural,
        "singular" => &resource.singular,
        _ => &resource.finalizer,
    }
}

/// Returns the position of a name; an omitted name has the position of the kind, from which it is derived.
fn place<'a>(resource: &Node<'a>, key: &str) -> Node<'a> {
    resource.get(key).unwrap_or_else(|| resource.at("kind"))
}

/// Registers a name for an add-on; returns false, and reports a problem, when another add-on has it. An entry
/// that replaces another keeps its names.
fn take(
    taken: &mut BTreeMap<String, String>,
    (key, addon): (String, &str),
    (code, place, name): (Code, &Node, &str),
    problems: &mut Problems,
) -> bool {
    let other = taken.entry(key).or_insert_with(|| addon.to_owned());
    if other == addon {
        return true;
    }
    let help = format!("The add-on `{other}` has it. Choose another name.");
    problems.report(code, place, format!("the name `{name}` is taken"), help);
    false
}

/// Checks the format of a name. A name that is no text, or that cannot be derived because its source is
/// missing, has already been reported.
fn check_format(place: &Node, name: &str, format: Option<&Regex>, help: &str, problems: &mut Problems) {
    if place.text().is_none() {
        return;
    }
    if name.len() > 253 || format.is_some_and(|format| !format.is_match(name)) {
        let message = format!("`{name}` is not a valid name in Kubernetes");
        problems.report(Code::IllegalName, place, message, help);
    }
}

fn check_reserved(resource: &Node, addon: &Addon, problems: &mut Problems) {
    let names = ["plural", "singular"].map(|key| (place(resource, key), named(&addon.resource, key)));
    let words = resource
        .at("shortNames")
        .elements()
        .into_iter()
        .map(|name| (name.clone(), name.text().unwrap_or_default()))
        .chain(names);
    for (word, _) in words.filter(|(_, word)| *word == "all") {
        let message = "`all` is reserved: `kubectl get all` lists the common kinds";
        problems.report(Code::ReservedName, &word, message, "Choose another name.");
    }
    let group = resource.at("group");
    if group.text().is_some_and(|group| group.ends_with("k8s.io") || group.ends_with("kubernetes.io")) {
        let help = "Use a domain that you own.";
        problems.report(Code::ReservedName, &group, "the group is reserved for Kubernetes", help);
    }
}

/// Checks that a kind outside of namespaces has no Secret: nothing determines the namespace of that Secret.
fn check_scope(resource: &Node, addon: &Addon, problems: &mut Problems) {
    if addon.resource.scope == Scope::Cluster && addon.has_secret() {
        let help = "Remove `scope: Cluster`; or use an API without `outputs`, and remove `secret`.";
        let message = "the kind is cluster-scoped, but its Secret needs a namespace";
        problems.report(Code::NoPlaceForTheSecret, &resource.at("scope"), message, help);
    }
}

fn check_scale(resource: &Node, addon: &Addon, problems: &mut Problems) {
    let Some((spec, _)) = &addon.resource.scale else { return };
    let whole = |field: &Field| field.path == *spec && matches!(field.kind, FieldType::Integer(_));
    if !addon.fields.iter().any(whole) {
        let help = "Write the path of a field of the spec with `type: integer`.";
        let message = format!("`{}` is not an integer field of the spec", spec.join("."));
        problems.report(Code::NoScale, &resource.at("scale").at("spec"), message, help);
    }
}

fn label() -> Option<Regex> {
    format("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")
}

fn format(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}
