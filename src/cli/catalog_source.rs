//! Loads the catalog: the built-in one, a folder in addition to it, or that folder alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use interpreter::catalog::{self, Addon, Catalog, Loaded, Problem, Severity, Source};
use interpreter::catalog_update::not_managed;
use interpreter::crd;

use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::engine::{CatalogSources, kind_obstacle};

/// Prefix of the names of built-in files.
const BUILT_IN: &str = "built-in/";

mod embedded {
    //! Written by build.rs: the files of `catalog/`, and the CRDs they become.
    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

/// A loaded catalog with its CRDs and its problems.
#[derive(Debug)]
pub struct LoadedCatalog {
    /// The files that it was loaded from.
    pub(crate) sources: Vec<Source>,
    /// The same files, the built-in ones apart.
    pub(crate) base: CatalogSources,
    /// The valid entries.
    pub catalog: Catalog,
    /// Its CRDs, in the order of the add-ons.
    pub(crate) crds: Vec<CrdFile>,
    /// The problems.
    pub(crate) problems: Vec<Problem>,
    /// The problems as text, each with the lines that it is about.
    pub(crate) report: String,
    /// True if any problem is an error; its entry is missing from the catalog.
    pub(crate) has_errors: bool,
    /// The file of each add-on, by name.
    files: BTreeMap<String, String>,
}

impl LoadedCatalog {
    /// Returns whether a file is built in.
    pub(crate) fn is_built_in(file: &str) -> bool {
        file.starts_with(BUILT_IN)
    }

    /// Returns a problem for each kind of the catalog that this version does not manage.
    pub(crate) fn not_managed(&self) -> impl Iterator<Item = Problem> {
        self.catalog.addons.values().filter_map(|addon| {
            let path = self.files.get(&addon.name)?;
            let source = self.sources.iter().find(|source| source.path == *path)?;
            Some(not_managed(source, &kind_obstacle(addon)?))
        })
    }

    /// Returns the CRDs of the kinds that are not optional.
    pub(crate) fn required_crds(&self) -> impl Iterator<Item = &CrdFile> {
        let is_optional =
            |crd: &CrdFile| self.catalog.addons.get(&crd.addon).is_some_and(|addon| addon.optional);
        self.crds.iter().filter(move |crd| !is_optional(crd))
    }
}

/// A CRD with the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CrdFile {
    /// Name of the add-on in the catalog.
    pub(crate) addon: String,
    /// Name of its file.
    pub(crate) file: String,
    /// The whole CRD.
    pub(crate) yaml: String,
}

impl GlobalOptions {
    /// Loads the catalog that the options name.
    pub(crate) fn load_catalog(&self) -> Result<LoadedCatalog> {
        self.load_catalog_with(self.catalog.as_slice())
    }

    /// Loads the catalog that the options name, with the files of these paths in addition to the built-in ones.
    pub(super) fn load_catalog_with(&self, added: &[PathBuf]) -> Result<LoadedCatalog> {
        match (self.without_built_in, added) {
            (false, []) => Ok(built_in()),
            (without, added) => {
                let added = added.iter().map(|path| sources(path)).collect::<Result<Vec<_>>>()?.concat();
                load_over(if without { Vec::new() } else { built_in_sources() }, added)
            }
        }
    }
}

/// Returns the built-in catalog, with the CRDs generated at build time.
pub fn built_in() -> LoadedCatalog {
    let definition = |(addon, file, yaml): &(&str, &str, &str)| CrdFile {
        addon: (*addon).into(),
        file: (*file).into(),
        yaml: (*yaml).into(),
    };
    let sources = built_in_sources();
    let loaded = catalog::load(&sources);
    let base = CatalogSources { built_in: sources, added: Vec::new() };
    loaded_catalog(base, loaded, embedded::CRDS.iter().map(definition).collect())
}

/// Returns the files of the built-in catalog, named so that they differ from those of a folder.
pub(super) fn built_in_sources() -> Vec<Source> {
    let name = |path: &str| format!("{BUILT_IN}{}", path.strip_prefix("catalog/").unwrap_or(path));
    embedded::FILES.iter().map(|(path, text)| Source { path: name(path), text: (*text).into() }).collect()
}

/// Reads a catalog file, or those of a folder.
fn sources(path: &Path) -> Result<Vec<Source>> {
    if path.is_file() { Ok(vec![source(path)?]) } else { directory(path) }
}

/// Reads the catalog files of a folder: `*.yaml` in its `apis` and `addons`, or in itself if it has neither.
fn directory(directory: &Path) -> Result<Vec<Source>> {
    let parts: Vec<_> =
        ["apis", "addons"].iter().map(|part| directory.join(part)).filter(|part| part.is_dir()).collect();
    let folders = if parts.is_empty() { vec![directory.to_owned()] } else { parts };
    let sources = folders.iter().map(|folder| files(folder)).collect::<Result<Vec<_>>>()?.concat();
    if sources.is_empty() {
        let message = format!(
            "{} contains no catalog: neither `*.yaml` nor `apis/*.yaml` and `addons/*.yaml`",
            directory.display()
        );
        return Err(Usage(message).into());
    }
    Ok(sources)
}

/// Loads one catalog with another one added to it.
fn load_over(built_in: Vec<Source>, added: Vec<Source>) -> Result<LoadedCatalog> {
    let loaded = catalog::load_over(&built_in, &added);
    let crds = loaded.catalog.addons.values().map(|addon| definition(addon)).collect::<Result<_>>()?;
    Ok(loaded_catalog(CatalogSources { built_in, added }, loaded, crds))
}

fn loaded_catalog(
    base: CatalogSources,
    Loaded { catalog, problems, files }: Loaded,
    crds: Vec<CrdFile>,
) -> LoadedCatalog {
    let sources = [base.built_in.clone(), base.added.clone()].concat();
    let has_errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    LoadedCatalog {
        report: catalog::show(&problems, &sources),
        sources,
        base,
        catalog,
        crds,
        problems,
        has_errors,
        files,
    }
}

fn definition(addon: &Addon) -> Result<CrdFile> {
    Ok(CrdFile { addon: addon.name.clone(), file: crd::file_name(addon), yaml: crd::yaml(&crd::crd(addon))? })
}

fn files(folder: &Path) -> Result<Vec<Source>> {
    let unreadable = |error: std::io::Error| {
        Usage(format!("cannot read the catalog folder {}: {error}", folder.display()))
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    paths.iter().map(|path| source(path)).collect()
}

fn source(path: &Path) -> Result<Source> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Source { path: path.display().to_string(), text })
}
