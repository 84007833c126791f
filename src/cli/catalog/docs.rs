//! `catalog docs [OUT]`: writes documentation pages generated from the catalog. The interpreter produces the
//! text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Source;
use interpreter::docs;

use crate::cli::catalog_source::LoadedCatalog;
use crate::cli::error::Usage;
use crate::cli::folder;
use crate::cli::options::GlobalOptions;

/// Options of `catalog docs`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Write a page for each kind and their index into this folder, and remove outdated pages of this command
    #[arg(required_unless_present = "format_reference")]
    directory: Option<PathBuf>,
    /// Write the reference of the catalog format into this file: every key and every problem
    #[arg(long, value_name = "FILE")]
    format_reference: Option<PathBuf>,
}

/// Writes the pages. A catalog with errors is refused as a whole.
pub(super) fn docs(options: &GlobalOptions, command: &Command) -> Result<()> {
    let loaded = options.load_catalog()?;
    eprint!("{}", loaded.report);
    if loaded.has_errors {
        return Err(Usage("the catalog has errors; `catalog check` shows them".into()).into());
    }
    if let Some(directory) = &command.directory {
        folder::write(directory, docs::HEADER, kinds(&loaded))?;
    }
    command.format_reference.as_deref().map_or(Ok(()), |path| folder::file(path, &format_reference(&loaded)))
}

/// Returns a page for each kind, and their index, by file name.
pub fn kinds(loaded: &LoadedCatalog) -> BTreeMap<String, String> {
    let pages = loaded.catalog.addons.values().map(|addon| (docs::file_name(addon), docs::kind(addon)));
    pages.chain([("README.md".to_owned(), docs::index(&loaded.catalog))]).collect()
}

/// Returns the reference of the catalog format, with examples from this catalog.
pub fn format_reference(loaded: &LoadedCatalog) -> String {
    // For readers, the files of the built-in catalog are in the repository.
    let named = |source: &Source| Source {
        path: source.path.replacen("built-in/", "catalog/", 1),
        text: source.text.clone(),
    };
    docs::format(&loaded.sources.iter().map(named).collect::<Vec<_>>())
}
