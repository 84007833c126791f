//! Where a catalog comes from: built into this binary, or from a folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use interpreter::catalog::{self, Addon, Catalog, Loaded, Problem, Severity, Source};
use interpreter::crd;

use crate::engine::Base;

mod embedded {
    //! Written by build.rs: the files of `catalog/`, and the CRDs they become.
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

/// A catalog that was loaded, with what it becomes and what is wrong with it.
#[derive(Debug)]
pub struct Shelf {
    /// What is right.
    pub catalog: Catalog,
    /// The files it was read from.
    pub base: Base,
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

/// The catalog of this build, with the CRDs that the build made of it.
pub fn built_in() -> Result<Shelf> {
    let source = |(path, text): &(&str, &str)| Source { path: (*path).into(), text: (*text).into() };
    let definition =
        |(addon, file, yaml): &(&str, &str, &str)| Definition { addon: (*addon).into(), file: (*file).into(), yaml: (*yaml).into() };
    let sources: Vec<_> = embedded::FILES.iter().map(source).collect();
    let base = Base { built_in: sources.clone(), added: Vec::new() };
    Ok(shelf(&sources, base, catalog::load(&sources), embedded::CRDS.iter().map(definition).collect()))
}

/// The catalog of a folder: what lies in its `apis` and `addons` and ends in `.yaml`.
pub fn directory(directory: &Path) -> Result<Shelf> {
    let mut sources = Vec::new();
    for part in ["apis", "addons"] {
        sources.extend(files(&directory.join(part))?);
    }
    let loaded = catalog::load(&sources);
    let crds = loaded.catalog.addons.values().map(|addon| definition(addon)).collect::<Result<_>>()?;
    let base = Base { built_in: sources.clone(), added: Vec::new() };
    Ok(shelf(&sources, base, loaded, crds))
}

fn shelf(sources: &[Source], base: Base, Loaded { catalog, problems }: Loaded, crds: Vec<Definition>) -> Shelf {
    let broken = problems.iter().any(|problem| problem.severity == Severity::Error);
    Shelf { complaints: catalog::show(&problems, sources), catalog, base, crds, problems, broken }
}

fn definition(addon: &Addon) -> Result<Definition> {
    Ok(Definition { addon: addon.name.clone(), file: crd::file_name(addon), yaml: crd::yaml(&crd::crd(addon))? })
}

fn files(folder: &Path) -> Result<Vec<Source>> {
    let entries = fs::read_dir(folder).with_context(|| format!("the catalog's folder {} cannot be read", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let source = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Source { path: path.display().to_string(), text })
    };
    paths.iter().map(source).collect()
}
