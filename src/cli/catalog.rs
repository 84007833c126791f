//! Where a catalog comes from: built into this binary, or from a folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use interpreter::catalog::{self, Catalog, Problem, Severity, Source};
use interpreter::crd;

mod embedded {
    //! Written by build.rs: the files of `catalog/`, and the CRDs they become.
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

/// A catalog that was loaded, with what it becomes and what is wrong with it.
#[derive(Debug)]
pub struct Shelf {
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

/// One CRD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The add-on of the catalog it was made from.
    pub addon: String,
    /// What it is called in Kubernetes: plural and group.
    pub name: String,
    /// All of it.
    pub yaml: String,
}

/// The catalog of this build. Its CRDs are those that the build made, not made anew.
pub fn built_in() -> Result<Shelf> {
    let sources: Vec<_> = embedded::FILES.iter().map(|(path, text)| Source { path: (*path).into(), text: (*text).into() }).collect();
    let crds =
        embedded::CRDS.iter().map(|(addon, name, yaml)| Definition { addon: (*addon).into(), name: (*name).into(), yaml: (*yaml).into() });
    Ok(Shelf { crds: crds.collect(), ..shelf(&sources) })
}

/// The catalog of a folder: what lies in its `apis` and `addons` and ends in `.yaml`.
pub fn directory(directory: &Path) -> Result<Shelf> {
    let mut sources = Vec::new();
    for part in ["apis", "addons"] {
        sources.extend(files(&directory.join(part))?);
    }
    Ok(shelf(&sources))
}

fn shelf(sources: &[Source]) -> Shelf {
    let loaded = catalog::load(sources);
    let broken = loaded.problems.iter().any(|problem| problem.severity == Severity::Error);
    let complaints = catalog::show(&loaded.problems, sources);
    Shelf { crds: definitions(&loaded.catalog), catalog: loaded.catalog, problems: loaded.problems, complaints, broken }
}

fn definitions(catalog: &Catalog) -> Vec<Definition> {
    let definition = |addon: &catalog::Addon| Definition {
        addon: addon.name.clone(),
        name: format!("{}.{}", addon.resource.plural, addon.resource.group),
        yaml: crd::yaml(addon),
    };
    catalog.addons.values().map(|addon| definition(addon)).collect()
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
