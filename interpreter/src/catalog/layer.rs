//! Layer of a catalog: the files that were given together, read and compiled, over those of the layer below.

use crate::catalog::entries::Entries;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::compile::addon::{Entry, addon};
use crate::catalog::compile::api::{api, hosts};
use crate::catalog::document::Document;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::schema;
use crate::catalog::schema::FileKind;
use crate::catalog::vocabulary::{Vocabulary, of_addon, of_api};
use crate::catalog::{Addon, Api, Code, check};

/// Files of one layer, with the entries compiled from them.
#[derive(Default)]
pub(super) struct Layer<'a> {
    /// API definitions, valid or not.
    pub(super) definitions: BTreeMap<String, ApiDefinition<'a>>,
    /// Files of the add-ons, valid or not.
    pub(super) addons: Entries<'a>,
    /// Valid add-ons, compiled.
    pub(super) compiled: BTreeMap<String, Arc<Addon>>,
}

/// File of an API, with everything that its add-ons inherit from it.
pub(super) struct ApiDefinition<'a> {
    /// Root of the file.
    pub(super) node: Node<'a>,
    /// Compiled API.
    pub(super) api: Arc<Api>,
    /// True when neither the API nor the settings that add-ons inherit have an error.
    pub(super) is_valid: bool,
    vocabulary: Vocabulary,
    hosts: Vec<String>,
}

impl<'a> Layer<'a> {
    /// Reads these files, which can refer to the entries of the layer below but never modify them. When two
    /// files declare one name, the first counts.
    pub(super) fn over(below: &Self, documents: &'a [Document], problems: &mut Problems) -> Self {
        let nodes: Vec<Node> = documents.iter().map(Node::root).collect();
        nodes.iter().for_each(|node| schema::check(node, problems));
        let apis = named(&nodes, FileKind::Api, &|name| below.definitions.contains_key(name), problems);
        let addons = named(&nodes, FileKind::Addon, &|name| below.addon(name).is_some(), problems);
        let mut layer = Self { definitions: definitions(&apis, problems), addons, compiled: BTreeMap::new() };
        let compiled: Vec<_> = layer
            .addons
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), layer.compile(node, below, problems)?)))
            .collect();
        check::all(&apis, &layer.addons, &below.addons, problems);
        for (name, addon) in compiled {
            if layer.addon(&name).is_some_and(|node| !problems.has_error_in(&node.document.path)) {
                layer.compiled.insert(name, Arc::new(addon));
            }
        }
        layer.remove_addons_of_invalid_apis(problems);
        layer
    }

    /// Returns an add-on's file by the add-on's name.
    pub(super) fn addon(&self, name: &str) -> Option<&Node<'a>> {
        self.addons.iter().find(|(other, _)| other == name).map(|(_, node)| node)
    }

    fn compile(&self, node: &Node, below: &Self, problems: &mut Problems) -> Option<Addon> {
        let named = node.at("api");
        // An API of this layer hides the one below even when it is broken, because its add-ons target another
        // cloud.
        let definition = self
            .definitions
            .get(named.text()?)
            .or_else(|| below.definitions.get(named.text().unwrap_or_default()));
        let Some(definition) = definition else {
            let known: Vec<&str> =
                self.definitions.keys().chain(below.definitions.keys()).map(String::as_str).collect();
            let help = suggest(named.text()?, known);
            let message = format!("there is no API `{}`", named.text_or_empty());
            problems.report(Code::UnknownApi, &named, message, help);
            return None;
        };
        Some(definition.compile(node, problems))
    }

    /// Removes the add-ons of an API with an error, and reports them once per API.
    fn remove_addons_of_invalid_apis(&mut self, problems: &mut Problems) {
        for (name, definition) in &mut self.definitions {
            definition.is_valid = !problems.has_error_in(&definition.node.document.path);
            if definition.is_valid {
                continue;
            }
            let is_lost = |addon: &Addon| addon.api.name == *name;
            let lost =
                self.compiled.iter().filter(|(_, addon)| is_lost(addon)).map(|(name, _)| format!("`{name}`"));
            let lost: Vec<String> = lost.collect();
            self.compiled.retain(|_, addon| !is_lost(addon));
            if !lost.is_empty() {
                let message =
                    format!("`{name}` has errors, so its add-ons are rejected too: {}", lost.join(", "));
                let help = "Correct the API; its add-ons have no error of their own.";
                problems.report(Code::BrokenApi, &definition.node.at("api"), message, help);
            }
        }
    }
}

impl ApiDefinition<'_> {
    /// Compiles an add-on with everything that it inherits from this API.
    pub(super) fn compile(&self, node: &Node, problems: &mut Problems) -> Addon {
        let vocabulary = of_addon(node, &self.node, &self.vocabulary);
        let entry = Entry {
            node: node.clone(),
            api_node: self.node.clone(),
            api: Arc::clone(&self.api),
            vocabulary: &vocabulary,
            hosts: &self.hosts,
        };
        let addon = addon(&entry, problems);
        check::addon(&entry, &addon, problems);
        addon
    }
}

/// Returns the API of a single file.
pub(super) fn definitions_of<'a>(
    file: &'a Document,
    problems: &mut Problems,
) -> BTreeMap<String, ApiDefinition<'a>> {
    let nodes = [Node::root(file)];
    nodes.iter().for_each(|node| schema::check(node, problems));
    let apis = named(&nodes, FileKind::Api, &|_| false, &mut Problems::default());
    definitions(&apis, problems)
}

/// Returns the files of one kind by their declared name. When two files declare one name, the one without an
/// error counts, otherwise the first.
fn named<'a>(
    nodes: &[Node<'a>],
    kind: FileKind,
    is_below: &dyn Fn(&str) -> bool,
    problems: &mut Problems,
) -> Entries<'a> {
    let mut entries: Entries = Vec::new();
    let mut candidates: Vec<&Node> = nodes.iter().filter(|node| FileKind::of(node) == Some(kind)).collect();
    for node in &candidates {
        check_replaces(&node.at(kind.key()), &node.at("replaces"), is_below, problems);
    }
    candidates.sort_by_key(|node| problems.has_error_in(&node.document.path));
    for node in candidates {
        let at = node.at(kind.key());
        let Some(name) = at.text() else { continue };
        match entries.iter().find(|(other, _)| other == name) {
            None => entries.push((name.to_owned(), node.clone())),
            Some((_, first)) => {
                let help = format!("`{}` already has this name. Choose another one.", first.document.path);
                let message = format!("there are two entries with the name `{name}`");
                problems.report(Code::TakenEntry, &at, message, help);
            }
        }
    }
    entries
}

fn check_replaces(named: &Node, replaces: &Node, is_below: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    let Some(name) = named.text() else { return };
    match (is_below(name), replaces.exists()) {
        (true, false) => {
            let help = "Choose another name, or write `replaces: built-in` to replace the built-in entry.";
            let message = format!("there is a built-in entry with the name `{name}`");
            problems.report(Code::TakenEntry, named, message, help);
        }
        (false, true) => {
            let message = format!("there is no built-in entry `{name}` to replace");
            let help = "Remove this line, or write the name of the built-in entry.";
            problems.report(Code::ForNothing, &replaces.key(), message, help);
        }
        (true, true) | (false, false) => {}
    }
}

fn definitions<'a>(apis: &Entries<'a>, problems: &mut Problems) -> BTreeMap<String, ApiDefinition<'a>> {
    let mut definitions = BTreeMap::new();
    for (name, node) in apis {
        let vocabulary = of_api(node);
        let api = Arc::new(api(node, &vocabulary, problems));
        check::api(node, &api, problems);
        definitions.insert(
            name.clone(),
            ApiDefinition { node: node.clone(), api, is_valid: false, hosts: hosts(node), vocabulary },
        );
    }
    definitions
}
