//! The search for configuration files: paths, order, and what is outcome there. Parsing is done elsewhere.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::config::document::{self, Document};
use crate::config::problem::{ConfigError, Problem};

/// Folder names of packages; the predecessor's comes first, so that this operator's own wins.
const PACKAGES: [&str; 2] = ["clever-kubernetes-operator", "clever-operator"];
/// In reading order; within one folder, a later one wins.
const EXTENSIONS: [&str; 3] = ["toml", "yaml", "json"];

/// Name of the ConfigMap or Secret in the operator's own namespace that configures it.
pub const OBJECT_NAME: &str = "clever-operator-configuration";
/// Key of that object; its text is TOML.
pub const OBJECT_KEY: &str = "config.toml";

/// Root folders of the search. Tests use others than those of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPaths {
    /// Parent of `usr` and `etc`.
    pub root: PathBuf,
    /// Home folder of the user; without it, its paths are skipped.
    pub home: Option<PathBuf>,
    /// The working directory.
    pub here: PathBuf,
}

/// A file that was searched for.
#[derive(Debug)]
pub struct SearchResult {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Outcome.
    pub(crate) outcome: SearchOutcome,
}

/// Outcome of the search for a file.
#[derive(Debug)]
pub(crate) enum SearchOutcome {
    /// The file was read.
    Document(Document),
    /// The file does not exist, which is no error.
    Absent,
    /// Its folder is not accessible, so whether it exists is unknown. Treated as absent: an inaccessible home
    /// is no reason not to start.
    Inaccessible,
    /// The file exists and is invalid.
    Invalid(Problem),
}

impl SearchPaths {
    /// Returns the paths of this machine.
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let home = environment("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        Self { root: "/".into(), home, here: ".".into() }
    }

    /// Returns the files to search for, the least important first.
    pub fn files(&self) -> Vec<PathBuf> {
        let shared = [self.root.join("usr/share"), self.root.join("etc")];
        let own = self.home.iter().flat_map(|home| [home.join(".config"), home.join(".local/share")]);
        let packaged =
            shared.into_iter().chain(own).flat_map(|folder| PACKAGES.map(|package| folder.join(package)));
        let folders = packaged.chain([self.here.clone()]);
        folders
            .flat_map(|folder| EXTENSIONS.map(|extension| folder.join("config").with_extension(extension)))
            .collect()
    }
}

/// Searches for the one named file, or for all files.
pub fn search(file: Option<&Path>, paths: &SearchPaths) -> Vec<SearchResult> {
    let search_for =
        |path: PathBuf, outcome: fn(&Path) -> SearchOutcome| SearchResult { outcome: outcome(&path), path };
    match file {
        Some(path) => vec![search_for(path.to_owned(), required)],
        None => paths.files().into_iter().map(|path| search_for(path, optional)).collect(),
    }
}

/// Returns the documents among the results. Every invalid file is a problem, also if others are valid.
pub fn documents(results: impl IntoIterator<Item = SearchResult>) -> Result<Vec<Document>, ConfigError> {
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for SearchResult { outcome, .. } in results {
        match outcome {
            SearchOutcome::Document(document) => documents.push(document),
            SearchOutcome::Invalid(problem) => problems.push(problem),
            SearchOutcome::Absent | SearchOutcome::Inaccessible => {}
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(ConfigError { problems }) }
}

fn required(path: &Path) -> SearchOutcome {
    document::read(path).map_or_else(SearchOutcome::Invalid, SearchOutcome::Document)
}

fn optional(path: &Path) -> SearchOutcome {
    match path.metadata().map_err(|error| error.kind()) {
        Err(ErrorKind::NotFound | ErrorKind::NotADirectory) => SearchOutcome::Absent,
        Err(ErrorKind::PermissionDenied) => SearchOutcome::Inaccessible,
        Ok(_) | Err(_) => required(path),
    }
}

impl Document {
    /// Parses the text at [`OBJECT_KEY`] of an object; `kind` is `ConfigMap` or `Secret`.
    pub fn of_object(kind: &str, namespace: &str, text: &str) -> Result<Self, Problem> {
        Self::parse(&format!("{kind} {namespace}/{OBJECT_NAME}"), text, document::Format::Toml)
    }
}

impl fmt::Display for SearchOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(_) => f.write_str("found"),
            Self::Absent => f.write_str("not found"),
            Self::Inaccessible => f.write_str("folder not accessible, skipped"),
            Self::Invalid(problem) => f.write_str(&problem.message),
        }
    }
}
