//! `catalog docs [OUT]`: pages for people, made of the catalog. The text is the interpreter's; here it is only written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use interpreter::catalog::Source;
use interpreter::manual;

use crate::cli::{Arguments, Shelf, Usage, folder};

/// What is written where.
#[derive(Debug, Args)]
pub struct Options {
    /// The folder for a page for each kind and their index; what this command wrote there before and is no longer needed is removed
    #[arg(required_unless_present = "format_reference")]
    directory: Option<PathBuf>,
    /// The file for the reference of the format: every key, and every problem that is reported
    #[arg(long, value_name = "FILE")]
    format_reference: Option<PathBuf>,
}

/// Writes it. Half a catalog is no answer: one that has errors is refused as a whole.
pub(super) fn docs(arguments: &Arguments, options: &Options) -> Result<()> {
    let shelf = arguments.shelf()?;
    eprint!("{}", shelf.complaints);
    if shelf.broken {
        return Err(Usage("the catalog has errors".into()).into());
    }
    if let Some(directory) = &options.directory {
        folder::write(directory, manual::HEADER, kinds(&shelf))?;
    }
    options.format_reference.as_deref().map_or(Ok(()), |path| folder::file(path, &format_reference(&shelf)))
}

/// A page for each kind, and their index, by the name of its file.
pub fn kinds(shelf: &Shelf) -> BTreeMap<String, String> {
    let pages = shelf.catalog.addons.values().map(|addon| (manual::file_name(addon), manual::kind(addon)));
    pages.chain([("README.md".to_owned(), manual::index(&shelf.catalog))]).collect()
}

/// The reference of the format, with pieces of this catalog.
pub fn format_reference(shelf: &Shelf) -> String {
    // To who reads it, the files of the catalog that is built in lie in the repository.
    let named = |source: &Source| Source { path: source.path.replacen("built-in/", "catalog/", 1), text: source.text.clone() };
    manual::format(&shelf.sources.iter().map(named).collect::<Vec<_>>())
}
