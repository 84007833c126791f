//! All files in, the catalog and every problem out: one bad entry never takes another down.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compile::addon::{Entry, addon};
use super::compile::api::{api, hosts};
use super::names::suggest;
use super::node::Node;
use super::problems::Problems;
use super::read::{Document, read};
use super::schema::Sort;
use super::vocabulary::{Vocabulary, of_addon, of_api};
use super::{Addon, Api, Catalog, Code, Problem, check, schema};

/// One file of a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called in problems.
    pub path: String,
    /// What it says, in YAML.
    pub text: String,
}

/// What became of a catalog's files.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The good entries.
    pub catalog: Catalog,
    /// All that is wrong or for nothing, sorted by place.
    pub problems: Vec<Problem>,
}

/// An API's file, with what its add-ons need of it.
struct Lender<'a> {
    node: Node<'a>,
    api: Arc<Api>,
    vocabulary: Vocabulary,
    hosts: Vec<String>,
}

/// Reads, checks and compiles a catalog.
pub fn load(sources: &[Source]) -> Loaded {
    let mut problems = Problems::default();
    let documents: Vec<Document> = sources.iter().filter_map(|source| read(source, &mut problems)).collect();
    let nodes: Vec<Node> = documents.iter().map(Node::root).collect();
    for node in &nodes {
        schema::check(node, &mut problems);
    }
    let apis = named(&nodes, Sort::Api, &mut problems);
    let addons = named(&nodes, Sort::Addon, &mut problems);
    let lenders = lenders(&apis, &mut problems);
    let compiled: Vec<_> = addons.iter().filter_map(|(name, node)| Some((name, compile(node, &lenders, &mut problems)?))).collect();
    check::all(&addons, &mut problems);
    let mut catalog = Catalog::default();
    for (name, addon) in compiled {
        if addons.get(name).is_some_and(|node| !problems.has_error_in(&node.document.path)) {
            catalog.addons.insert(name.clone(), Arc::new(addon));
        }
    }
    keep_sound(&mut catalog, &lenders, &mut problems);
    Loaded { catalog, problems: problems.into_sorted() }
}

fn compile(node: &Node, lenders: &BTreeMap<String, Lender>, problems: &mut Problems) -> Option<Addon> {
    let lender = lender(node, lenders, problems)?;
    let vocabulary = of_addon(node, &lender.node, &lender.vocabulary);
    let entry = Entry {
        node: node.clone(),
        lender: lender.node.clone(),
        api: Arc::clone(&lender.api),
        vocabulary: &vocabulary,
        hosts: &lender.hosts,
    };
    let addon = addon(&entry, problems);
    check::addon(&entry, &addon, problems);
    Some(addon)
}

/// The files of one sort by the name that they give themselves. Of two with one name the one without an error counts, else the first.
fn named<'a>(nodes: &[Node<'a>], sort: Sort, problems: &mut Problems) -> BTreeMap<String, Node<'a>> {
    let mut entries: BTreeMap<String, Node> = BTreeMap::new();
    let mut candidates: Vec<&Node> = nodes.iter().filter(|node| Sort::of(node) == Some(sort)).collect();
    candidates.sort_by_key(|node| problems.has_error_in(&node.document.path));
    for node in candidates {
        let at = node.at(sort.key());
        let Some(name) = at.text() else { continue };
        if let Some(first) = entries.get(name) {
            let help = format!("`{}` has it already.", first.document.path);
            problems.report(Code::TakenEntry, &at, format!("there are two entries `{name}`"), help);
            continue;
        }
        entries.insert(name.to_owned(), node.clone());
    }
    entries
}

fn lenders<'a>(apis: &BTreeMap<String, Node<'a>>, problems: &mut Problems) -> BTreeMap<String, Lender<'a>> {
    let mut lenders = BTreeMap::new();
    for (name, node) in apis {
        let vocabulary = of_api(node);
        let api = Arc::new(api(node, &vocabulary, problems));
        check::api(node, &api, problems);
        lenders.insert(name.clone(), Lender { node: node.clone(), api, hosts: hosts(node), vocabulary });
    }
    lenders
}

fn lender<'a, 'b>(addon: &Node, lenders: &'b BTreeMap<String, Lender<'a>>, problems: &mut Problems) -> Option<&'b Lender<'a>> {
    let named = addon.at("api");
    let lender = lenders.get(named.text()?);
    if lender.is_none() {
        let help = suggest(named.text()?, lenders.keys().map(String::as_str));
        problems.report(Code::UnknownApi, &named, format!("there is no API `{}`", named.text_or_empty()), help);
    }
    lender
}

/// Keeps the APIs without an error, and takes out what needs the others, saying so once for each.
fn keep_sound(catalog: &mut Catalog, lenders: &BTreeMap<String, Lender>, problems: &mut Problems) {
    for (name, lender) in lenders {
        if !problems.has_error_in(&lender.node.document.path) {
            catalog.apis.insert(name.clone(), Arc::clone(&lender.api));
            continue;
        }
        let lost: Vec<String> = catalog.addons.iter().filter(|(_, addon)| addon.api.name == *name).map(|(name, _)| name.clone()).collect();
        catalog.addons.retain(|_, addon| addon.api.name != *name);
        if !lost.is_empty() {
            let names: Vec<_> = lost.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("`{name}` has problems, so what needs it is not there either: {}", names.join(", "));
            problems.report(Code::BrokenApi, &lender.node.at("api"), message, "Mend the API; nothing is wrong with these.");
        }
    }
}
