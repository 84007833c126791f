//! One layer of a catalog: the files that were given together, read and compiled, over those that were there before.

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
use crate::catalog::schema::Sort;
use crate::catalog::vocabulary::{Vocabulary, of_addon, of_api};
use crate::catalog::{Addon, Api, Code, check};

/// The files of one layer, with what they became.
#[derive(Default)]
pub(super) struct Layer<'a> {
    /// The APIs with what their add-ons need of them, good or not.
    pub(super) lenders: BTreeMap<String, Lender<'a>>,
    /// The add-ons, good or not.
    pub(super) addons: Entries<'a>,
    /// The good add-ons, compiled.
    pub(super) compiled: BTreeMap<String, Arc<Addon>>,
}

/// An API's file, with what its add-ons need of it.
pub(super) struct Lender<'a> {
    /// The file.
    pub(super) node: Node<'a>,
    /// The API, compiled.
    pub(super) api: Arc<Api>,
    /// Neither it nor anything that it lends has an error.
    pub(super) is_sound: bool,
    vocabulary: Vocabulary,
    hosts: Vec<String>,
}

impl<'a> Layer<'a> {
    /// Reads these files, which see the entries of the layer below, and never touch them. Of two that want one name the first counts.
    pub(super) fn over(below: &Self, documents: &'a [Document], problems: &mut Problems) -> Self {
        let nodes: Vec<Node> = documents.iter().map(Node::root).collect();
        nodes.iter().for_each(|node| schema::check(node, problems));
        let apis = named(&nodes, Sort::Api, &|name| below.lenders.contains_key(name), problems);
        let addons = named(&nodes, Sort::Addon, &|name| below.addon(name).is_some(), problems);
        let mut layer = Self { lenders: lenders(&apis, problems), addons, compiled: BTreeMap::new() };
        let compiled: Vec<_> =
            layer.addons.iter().filter_map(|(name, node)| Some((name.clone(), layer.compile(node, below, problems)?))).collect();
        check::all(&apis, &layer.addons, &below.addons, problems);
        for (name, addon) in compiled {
            if layer.addon(&name).is_some_and(|node| !problems.has_error_in(&node.document.path)) {
                layer.compiled.insert(name, Arc::new(addon));
            }
        }
        layer.keep_sound(problems);
        layer
    }

    /// An add-on's file by the add-on's name.
    pub(super) fn addon(&self, name: &str) -> Option<&Node<'a>> {
        self.addons.iter().find(|(other, _)| other == name).map(|(_, node)| node)
    }

    fn compile(&self, node: &Node, below: &Self, problems: &mut Problems) -> Option<Addon> {
        let named = node.at("api");
        // An API of this layer hides the one below even where it is broken: its add-ons were never meant for the other cloud.
        let lender = self.lenders.get(named.text()?).or_else(|| below.lenders.get(named.text().unwrap_or_default()));
        let Some(lender) = lender else {
            let known: Vec<&str> = self.lenders.keys().chain(below.lenders.keys()).map(String::as_str).collect();
            let help = suggest(named.text()?, known);
            problems.report(Code::UnknownApi, &named, format!("there is no API `{}`", named.text_or_empty()), help);
            return None;
        };
        Some(lender.compile(node, problems))
    }

    /// Takes out what needs an API with an error, and says so once for each.
    fn keep_sound(&mut self, problems: &mut Problems) {
        for (name, lender) in &mut self.lenders {
            lender.is_sound = !problems.has_error_in(&lender.node.document.path);
            if lender.is_sound {
                continue;
            }
            let is_lost = |addon: &Addon| addon.api.name == *name;
            let lost = self.compiled.iter().filter(|(_, addon)| is_lost(addon)).map(|(name, _)| format!("`{name}`"));
            let lost: Vec<String> = lost.collect();
            self.compiled.retain(|_, addon| !is_lost(addon));
            if !lost.is_empty() {
                let message = format!("`{name}` has problems, so what needs it is not there either: {}", lost.join(", "));
                problems.report(Code::BrokenApi, &lender.node.at("api"), message, "Mend the API; nothing is wrong with these.");
            }
        }
    }
}

impl Lender<'_> {
    /// Compiles an add-on with what this API lends it.
    pub(super) fn compile(&self, node: &Node, problems: &mut Problems) -> Addon {
        let vocabulary = of_addon(node, &self.node, &self.vocabulary);
        let entry = Entry {
            node: node.clone(),
            lender: self.node.clone(),
            api: Arc::clone(&self.api),
            vocabulary: &vocabulary,
            hosts: &self.hosts,
        };
        let addon = addon(&entry, problems);
        check::addon(&entry, &addon, problems);
        addon
    }
}

/// The API of a file that stands alone.
pub(super) fn lenders_of<'a>(file: &'a Document, problems: &mut Problems) -> BTreeMap<String, Lender<'a>> {
    let nodes = [Node::root(file)];
    nodes.iter().for_each(|node| schema::check(node, problems));
    let apis = named(&nodes, Sort::Api, &|_| false, &mut Problems::default());
    lenders(&apis, problems)
}

/// The files of one sort by the name that they give themselves. Of two with one name the one without an error counts, else the first.
fn named<'a>(nodes: &[Node<'a>], sort: Sort, is_below: &dyn Fn(&str) -> bool, problems: &mut Problems) -> Entries<'a> {
    let mut entries: Entries = Vec::new();
    let mut candidates: Vec<&Node> = nodes.iter().filter(|node| Sort::of(node) == Some(sort)).collect();
    for node in &candidates {
        check_replaces(&node.at(sort.key()), &node.at("replaces"), is_below, problems);
    }
    candidates.sort_by_key(|node| problems.has_error_in(&node.document.path));
    for node in candidates {
        let at = node.at(sort.key());
        let Some(name) = at.text() else { continue };
        match entries.iter().find(|(other, _)| other == name) {
            None => entries.push((name.to_owned(), node.clone())),
            Some((_, first)) => {
                let help = format!("`{}` has it already.", first.document.path);
                problems.report(Code::TakenEntry, &at, format!("there are two entries `{name}`"), help);
            }
        }
    }
    entries
}

fn check_replaces(named: &Node, replaces: &Node, is_below: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    let Some(name) = named.text() else { return };
    match (is_below(name), replaces.exists()) {
        (true, false) => {
            let help = "Choose another name, or write `replaces: built-in` to put this entry in its place.";
            problems.report(Code::TakenEntry, named, format!("`{name}` is built in"), help);
        }
        (false, true) => {
            let message = format!("there is no `{name}` built in that this could replace");
            problems.report(Code::ForNothing, &replaces.key(), message, "Leave the line out, or write the name of the other.");
        }
        (true, true) | (false, false) => {}
    }
}

fn lenders<'a>(apis: &Entries<'a>, problems: &mut Problems) -> BTreeMap<String, Lender<'a>> {
    let mut lenders = BTreeMap::new();
    for (name, node) in apis {
        let vocabulary = of_api(node);
        let api = Arc::new(api(node, &vocabulary, problems));
        check::api(node, &api, problems);
        lenders.insert(name.clone(), Lender { node: node.clone(), api, is_sound: false, hosts: hosts(node), vocabulary });
    }
    lenders
}
