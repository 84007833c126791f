//! Imports of a crate, read from its syntax trees: which file names which other one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// The modules that each module of a crate names, all of them as `folder::file`; the root is empty.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

/// Reads the imports of the crate whose sources these are. Tests inside a file do not count, and a name that
/// a folder re-exports counts as the file that it comes from.
pub(crate) fn graph(source: &Path, files: &[std::path::PathBuf]) -> Graph {
    let parsed: BTreeMap<String, syn::File> = files
        .iter()
        .filter(|file| !file.ends_with("tests.rs"))
        .map(|file| {
            (
                module(file.strip_prefix(source).unwrap()),
                syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap(),
            )
        })
        .collect();
    let aliases: BTreeMap<String, String> =
        parsed.iter().flat_map(|(module, file)| re_exports(module, file)).collect();
    let named = |(module, file): (&String, &syn::File)| {
        let mut paths = Paths::default();
        paths.visit_file(file);
        let of = |path: &String| target(path, &parsed, &aliases);
        (module.clone(), paths.0.iter().filter_map(of).filter(|other| other != module).collect())
    };
    parsed.iter().map(named).collect()
}

/// The imports of a graph that are part of a circle.
pub(crate) fn circles(graph: &Graph) -> Vec<(String, String)> {
    let reaches = |from: &str, goal: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            if at == goal {
                return true;
            }
            if seen.insert(at) {
                open.extend(graph.get(at).into_iter().flatten().map(String::as_str));
            }
        }
        false
    };
    let edges = graph.iter().flat_map(|(from, named)| named.iter().map(move |to| (from, to)));
    edges.filter(|(from, to)| reaches(to, from)).map(|(from, to)| (from.clone(), to.clone())).collect()
}

/// The imports below `folder` that name a row above their own, and what stands in no row. Rows are written
/// from the top to the ground.
pub(crate) fn upward(graph: &Graph, folder: &str, rows: &[&[&str]]) -> Vec<String> {
    let place = |module: &str| match module.strip_prefix(folder)?.strip_prefix("::") {
        None => module.ends_with(folder).then(|| "mod".to_owned()),
        Some(rest) => Some(rest.split("::").next().unwrap_or(rest).to_owned()),
    };
    let row = |name: &str| rows.iter().position(|row| row.contains(&name));
    let mut wrong = BTreeSet::new();
    for (from, named) in graph {
        let Some(from_place) = place(from) else { continue };
        let Some(from_row) = row(&from_place) else {
            wrong.insert(format!("`{folder}::{from_place}` has no row"));
            continue;
        };
        for to in named {
            let Some(to_place) = place(to).filter(|place| *place != from_place) else { continue };
            if row(&to_place).is_some_and(|to_row| to_row <= from_row) {
                wrong.insert(format!("`{from}` names `{to}`, which is not below it"));
            }
        }
    }
    wrong.into_iter().collect()
}

fn module(file: &Path) -> String {
    let parts: Vec<_> =
        file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    let is_face = parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    parts[..parts.len() - usize::from(is_face)].join("::")
}

/// The file that a path leads to.
fn target(
    path: &str,
    files: &BTreeMap<String, syn::File>,
    aliases: &BTreeMap<String, String>,
) -> Option<String> {
    let mut at = path.to_owned();
    // A re-export of another crate leads nowhere.
    let mut followed = BTreeSet::new();
    while !files.contains_key(&at) {
        at = match aliases.get(&at).filter(|real| followed.insert((*real).clone())) {
            Some(real) => real.clone(),
            None => at.rsplit_once("::")?.0.to_owned(),
        };
    }
    Some(at)
}

/// Re-exports of a folder's own file: each name there, and the path that it comes from.
fn re_exports(module: &str, file: &syn::File) -> Vec<(String, String)> {
    let uses =
        file.items.iter().filter_map(|item| if let Item::Use(item) = item { Some(item) } else { None });
    let public = uses.filter(|item| !matches!(item.vis, Visibility::Inherited)).map(|item| &item.tree);
    let paths = public.flat_map(|tree| leaves(tree, ""));
    let full = |path: &str| match path.strip_prefix("crate::") {
        Some(path) => path.to_owned(),
        None => join(module, path),
    };
    paths.map(|path| (join(module, path.rsplit("::").next().unwrap_or_default()), full(&path))).collect()
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// The paths of a use tree, without what they are renamed to.
fn leaves(tree: &UseTree, before: &str) -> Vec<String> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &join(before, &path.ident.to_string())),
        UseTree::Name(name) => vec![join(before, &name.ident.to_string())],
        UseTree::Rename(name) => vec![join(before, &name.ident.to_string())],
        UseTree::Glob(_) => vec![before.to_owned()],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
    }
}

/// All paths of a file that begin with `crate`, without that word.
#[derive(Default)]
struct Paths(BTreeSet<String>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !item.attrs.iter().any(is_for_tests) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.0.extend(
            leaves(&item.tree, "").iter().filter_map(|path| path.strip_prefix("crate::")).map(str::to_owned),
        );
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.extend(parts.join("::").strip_prefix("crate::").map(str::to_owned));
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
}
