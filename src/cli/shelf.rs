//! Where a catalog comes from: built into this binary, from a folder that adds to it, or from that folder alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use interpreter::catalog::{self, Addon, Catalog, Loaded, Problem, Severity, Source};
use interpreter::crd;

use super::{Arguments, Usage};
use crate::engine::Base;

/// What stands before the names of this build's own files.
const BUILT_IN: &str = "built-in/";

mod embedded {
    //! Written by build.rs: the files of `catalog/`, and the CRDs they become.
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

/// A catalog that was loaded, with what it becomes and what is wrong with it.
#[derive(Debug)]
pub struct Shelf {
    /// The files it was loaded from.
    pub sources: Vec<Source>,
    /// The same, those that came with the binary apart.
    pub base: Base,
    /// What is right.
    pub catalog: Catalog,
    /// Its CRDs, in the order of the add-ons.
    pub crds: Vec<Definition>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The same for people, each with the lines it is about.
    pub complaints: String,
    /// Something is an error, and missing from the catalog.
    pub broken: bool,
}

impl Shelf {
    /// Whether this file came with the binary.
    pub fn is_built_in(file: &str) -> bool {
        file.starts_with(BUILT_IN)
    }

    /// The CRDs of the kinds that this switch turns on; with none, of those that are always on.
    pub fn behind(&self, switch: Option<&str>) -> impl Iterator<Item = &Definition> {
        let switch_of = |crd: &Definition| self.catalog.addons.get(&crd.addon).and_then(|addon| addon.switch.clone());
        self.crds.iter().filter(move |crd| switch_of(crd).as_deref() == switch)
    }
}

/// One CRD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The add-on of the catalog it was made from.
    pub addon: String,
    /// The file it is kept in.
    pub file: String,
    /// All of it.
    pub yaml: String,
}

impl Arguments {
    /// The catalog that was asked for.
    pub fn shelf(&self) -> Result<Shelf> {
        self.shelf_with(self.catalog.as_deref())
    }

    /// The catalog that was asked for, with this folder as what is added to the one built in.
    pub(super) fn shelf_with(&self, added: Option<&Path>) -> Result<Shelf> {
        match (self.without_built_in, added) {
            (false, None) => Ok(built_in()),
            (without, added) => {
                let added = added.map_or(Ok(Vec::new()), directory)?;
                over(if without { Vec::new() } else { built_in_sources() }, added)
            }
        }
    }
}

/// The catalog of this build, with the CRDs that the build made of it.
pub fn built_in() -> Shelf {
    let definition =
        |(addon, file, yaml): &(&str, &str, &str)| Definition { addon: (*addon).into(), file: (*file).into(), yaml: (*yaml).into() };
    let sources = built_in_sources();
    let loaded = catalog::load(&sources);
    let base = Base { built_in: sources, added: Vec::new() };
    shelf(base, loaded, embedded::CRDS.iter().map(definition).collect())
}

/// The files of this build's catalog, named so that they are not taken for those of a folder.
pub(super) fn built_in_sources() -> Vec<Source> {
    let name = |path: &str| format!("{BUILT_IN}{}", path.strip_prefix("catalog/").unwrap_or(path));
    embedded::FILES.iter().map(|(path, text)| Source { path: name(path), text: (*text).into() }).collect()
}

/// The files of a folder's catalog: what ends in `.yaml` and lies in its `apis` and `addons`, or beside each other where it has neither.
pub(super) fn directory(directory: &Path) -> Result<Vec<Source>> {
    let parts: Vec<_> = ["apis", "addons"].iter().map(|part| directory.join(part)).filter(|part| part.is_dir()).collect();
    let folders = if parts.is_empty() { vec![directory.to_owned()] } else { parts };
    let sources = folders.iter().map(|folder| files(folder)).collect::<Result<Vec<_>>>()?.concat();
    if sources.is_empty() {
        let message = format!("{} holds no catalog: neither `*.yaml` nor `apis/*.yaml` and `addons/*.yaml`", directory.display());
        return Err(Usage(message).into());
    }
    Ok(sources)
}

/// What one catalog becomes with another one added to it.
fn over(built_in: Vec<Source>, added: Vec<Source>) -> Result<Shelf> {
    let loaded = catalog::load_over(&built_in, &added);
    let crds = loaded.catalog.addons.values().map(|addon| definition(addon)).collect::<Result<_>>()?;
    Ok(shelf(Base { built_in, added }, loaded, crds))
}

fn shelf(base: Base, Loaded { catalog, problems }: Loaded, crds: Vec<Definition>) -> Shelf {
    let sources = [base.built_in.clone(), base.added.clone()].concat();
    let broken = problems.iter().any(|problem| problem.severity == Severity::Error);
    Shelf { complaints: catalog::show(&problems, &sources), sources, base, catalog, crds, problems, broken }
}

fn definition(addon: &Addon) -> Result<Definition> {
    Ok(Definition { addon: addon.name.clone(), file: crd::file_name(addon), yaml: crd::yaml(&crd::crd(addon))? })
}

fn files(folder: &Path) -> Result<Vec<Source>> {
    let unreadable = |error: std::io::Error| Usage(format!("the catalog's folder {} cannot be read: {error}", folder.display()));
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let source = |path: &PathBuf| {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Source { path: path.display().to_string(), text })
    };
    paths.iter().map(source).collect()
}
