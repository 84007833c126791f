//! Merges two layers of files, and determines the files that each entry is compiled from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::document::{Document, Place};
use crate::catalog::layer::{Layer, definitions_of};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::read::read;
use crate::catalog::schema;
use crate::catalog::schema::FileKind;
use crate::catalog::{Addon, Api, Code, Problem, Source};

/// Result of merging the files of two layers.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// The valid APIs, each with its file.
    pub(crate) apis: BTreeMap<String, (Arc<Api>, Origin)>,
    /// The valid add-ons, each with the files that it is compiled from.
    pub(crate) compiled: BTreeMap<String, CompiledAddon>,
    /// The valid add-ons of the lower layer, as they are without the upper one.
    pub(crate) below: BTreeMap<String, CompiledAddon>,
    /// Files of the upper layer, readable or not.
    pub(crate) added: Vec<AddedFile>,
    /// All errors and warnings, sorted by position.
    pub(crate) problems: Vec<Problem>,
}

/// File, with the layer that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Path, as problems show it.
    pub(crate) path: String,
    /// True for a file of the lower layer.
    pub(crate) built_in: bool,
}

/// Valid add-on, with its origin.
#[derive(Debug, Clone)]
pub(crate) struct CompiledAddon {
    /// The add-on, with its API.
    pub(crate) addon: Arc<Addon>,
    /// File of the add-on.
    pub(crate) file: Origin,
    /// File of its API.
    pub(crate) api_file: Origin,
    /// Breaking changes that the two files accept.
    pub(crate) accept_breaking: Vec<String>,
}

/// File of the upper layer.
#[derive(Debug, Clone)]
pub(crate) struct AddedFile {
    /// Path, as problems show it.
    pub(crate) path: String,
    /// Kind of the file and its declared name; none when they cannot be determined.
    pub(crate) entry: Option<(FileKind, String)>,
    /// True when the file has no error.
    pub(crate) is_valid: bool,
}

/// Merges two layers. When two added files declare one name, the first of the list keeps it.
pub(crate) fn merge(built_in: &[Source], added: &[&Source]) -> Merged {
    let (mut below, mut above) = (Problems::default(), Problems::default());
    let lower: Vec<Document> = built_in.iter().filter_map(|source| read(source, &mut below)).collect();
    let upper: Vec<Document> = added.iter().filter_map(|source| read(source, &mut above)).collect();
    let lower = Layer::over(&Layer::default(), &lower, &mut below);
    let layer = Layer::over(&lower, &upper, &mut above);
    let below_compiled = joined(&Layer::default(), &lower, true);
    let mut compiled = below_compiled.clone();
    compiled.extend(moved(&lower, &layer, &mut above));
    compiled.extend(joined(&lower, &layer, false));
    let mut problems = [below.into_sorted(), above.clone().into_sorted()].concat();
    problems.sort();
    let apis = [(&lower, true), (&layer, false)]
        .into_iter()
        .flat_map(|(layer, built_in)| valid_apis(layer, built_in))
        .collect();
    Merged {
        apis,
        compiled,
        below: below_compiled,
        added: added.iter().map(|source| added_file(source, &upper, &above)).collect(),
        problems,
    }
}

/// Compiles an add-on from these two files alone. Does not check uniqueness or references to other entries.
pub(crate) fn compile_addon(addon: &Source, api: &Source) -> Result<CompiledAddon, Vec<Problem>> {
    let (mut of_addon, mut of_api) = (Problems::default(), Problems::default());
    let (file, api_file) = (read(addon, &mut of_addon), read(api, &mut of_api));
    let definitions = api_file.as_ref().map(|file| definitions_of(file, &mut of_api)).unwrap_or_default();
    let node = file.as_ref().map(Node::root);
    let compiled = node.as_ref().zip(definitions.values().next()).map(|(node, definition)| {
        schema::check(node, &mut of_addon);
        (Arc::new(definition.compile(node, &mut of_addon)), node, definition)
    });
    match compiled {
        Some((addon, node, definition))
            if of_addon.first_error().is_none() && of_api.first_error().is_none() =>
        {
            Ok(CompiledAddon::of(&addon, (node, false), (&definition.node, false)))
        }
        Some(_) | None => Err([of_addon.into_sorted(), of_api.into_sorted()].concat()),
    }
}

/// Returns the valid add-ons of the lower layer whose API was replaced, as far as they work with the new API.
fn moved(lower: &Layer, upper: &Layer, problems: &mut Problems) -> BTreeMap<String, CompiledAddon> {
    let mut compiled = BTreeMap::new();
    for (name, addon) in lower.compiled.iter().filter(|(name, _)| !upper.compiled.contains_key(*name)) {
        let definition = upper.definitions.get(&addon.api.name).filter(|definition| definition.is_valid);
        let Some((definition, node)) = definition.zip(lower.addon(name)) else { continue };
        let mut found = Problems::default();
        let addon = Arc::new(definition.compile(node, &mut found));
        match found.first_error() {
            None => {
                compiled
                    .insert(name.clone(), CompiledAddon::of(&addon, (node, true), (&definition.node, false)));
            }
            Some(first) => {
                let message = format!(
                    "the built-in add-on `{name}` does not work with this API and keeps the built-in one: {}",
                    first.message
                );
                let help = "Add to this API what its built-in add-ons need.";
                problems.report(Code::LeftBehind, &definition.node.at("replaces"), message, help);
            }
        }
    }
    compiled
}

/// Returns the valid add-ons of a layer, with an API of this layer or of the layer below.
fn joined(lower: &Layer, layer: &Layer, built_in: bool) -> BTreeMap<String, CompiledAddon> {
    let mut compiled = BTreeMap::new();
    for (name, addon) in &layer.compiled {
        let own = layer.definitions.get(&addon.api.name).map(|definition| (&definition.node, built_in));
        let api =
            own.or_else(|| lower.definitions.get(&addon.api.name).map(|definition| (&definition.node, true)));
        if let Some((node, api)) = layer.addon(name).zip(api) {
            compiled.insert(name.clone(), CompiledAddon::of(addon, (node, built_in), api));
        }
    }
    compiled
}

fn valid_apis(layer: &Layer, built_in: bool) -> Vec<(String, (Arc<Api>, Origin))> {
    let valid = layer.definitions.iter().filter(|(_, definition)| definition.is_valid);
    valid
        .map(|(name, definition)| {
            (name.clone(), (Arc::clone(&definition.api), Origin::of(&definition.node, built_in)))
        })
        .collect()
}

fn added_file(source: &Source, documents: &[Document], problems: &Problems) -> AddedFile {
    let document = documents.iter().find(|document| document.path == source.path);
    let entry = document.and_then(|document| {
        let root = Node::root(document);
        let kind = FileKind::of(&root)?;
        Some((kind, root.at(kind.key()).text()?.to_owned()))
    });
    AddedFile { path: source.path.clone(), entry, is_valid: !problems.has_error_in(&source.path) }
}

impl CompiledAddon {
    fn of(addon: &Arc<Addon>, file: (&Node, bool), api_file: (&Node, bool)) -> Self {
        let accept_breaking = [file.0, api_file.0]
            .into_iter()
            .flat_map(|node| acknowledged(&node.at("acceptBreaking")))
            .collect();
        Self {
            addon: Arc::clone(addon),
            file: Origin::of(file.0, file.1),
            api_file: Origin::of(api_file.0, api_file.1),
            accept_breaking,
        }
    }
}

impl Origin {
    fn of(node: &Node, built_in: bool) -> Self {
        Self { path: node.document.path.clone(), built_in }
    }
}

/// Returns the texts of a node that is a text or a list of texts.
fn acknowledged(node: &Node) -> Vec<String> {
    node.text().map_or_else(|| node.texts(), |one| vec![one.to_owned()])
}

/// Returns a problem at the first of these positions that the file has, otherwise at its beginning. Each
/// position is the path of keys that leads to it.
pub(crate) fn problem_at(
    source: &Source,
    places: &[Vec<&str>],
    (code, message, help): (Code, String, String),
) -> Problem {
    let document = read(source, &mut Problems::default())
        .unwrap_or_else(|| Document { path: source.path.clone(), ..Document::default() });
    let root = Node::root(&document);
    let reached = places.iter().map(|keys| keys.iter().fold(root.clone(), |node, key| node.at(key)));
    let place = reached.into_iter().find(Node::exists).map_or(Place::START, |node| node.key().place());
    Problem::at(&source.path, place, code, message, help)
}
