//! Where configuration files are looked for, in which order, and what is found there. What they say is read elsewhere.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::document::{self, Document};
use super::problem::{ConfigError, Problem};

/// The folders that packages have for their files; the name that this operator had before comes first, so that its own wins.
const PACKAGES: [&str; 2] = ["clever-kubernetes-operator", "clever-operator"];
/// In the order in which they are read; of one folder, a later one wins.
const EXTENSIONS: [&str; 3] = ["toml", "yaml", "json"];

/// The object of the cluster, a ConfigMap or a Secret in the operator's own namespace, that configures it.
pub const OBJECT_NAME: &str = "clever-operator-configuration";
/// Its key; the text there is TOML.
pub const OBJECT_KEY: &str = "config.toml";

/// The folders from which the places are counted. Tests give others than those of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where `usr` and `etc` are.
    pub root: PathBuf,
    /// The user's own; without it, the places there are left out.
    pub home: Option<PathBuf>,
    /// The working directory.
    pub here: PathBuf,
}

/// A file that was looked for.
#[derive(Debug)]
pub struct Looked {
    /// Its path.
    pub path: PathBuf,
    /// What came of it.
    pub found: Found,
}

/// What came of looking for a file.
#[derive(Debug)]
pub enum Found {
    /// It was read.
    Document(Document),
    /// It is not there, which is fine.
    Nothing,
    /// Its folder may not be entered, so that nobody knows. As good as not there: a home that is not ours is no reason not to start.
    Closed,
    /// It is there, and cannot be used.
    Unusable(Problem),
}

impl Places {
    /// Those of this machine.
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let home = environment("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        Self { root: "/".into(), home, here: ".".into() }
    }

    /// The files that are looked for, the least important first.
    pub fn files(&self) -> Vec<PathBuf> {
        let shared = [self.root.join("usr/share"), self.root.join("etc")];
        let own = self.home.iter().flat_map(|home| [home.join(".config"), home.join(".local/share")]);
        let packaged = shared.into_iter().chain(own).flat_map(|place| PACKAGES.map(|package| place.join(package)));
        let folders = packaged.chain([self.here.clone()]);
        folders.flat_map(|folder| EXTENSIONS.map(|extension| folder.join("config").with_extension(extension))).collect()
    }
}

/// Looks at the one file that was named, or at all places.
pub fn search(file: Option<&Path>, places: &Places) -> Vec<Looked> {
    let look = |path: PathBuf, found: fn(&Path) -> Found| Looked { found: found(&path), path };
    match file {
        Some(path) => vec![look(path.to_owned(), required)],
        None => places.files().into_iter().map(|path| look(path, optional)).collect(),
    }
}

/// The documents among what was found. Every file that cannot be used is a problem, also where others could be.
pub fn documents(looked: impl IntoIterator<Item = Looked>) -> Result<Vec<Document>, ConfigError> {
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for Looked { found, .. } in looked {
        match found {
            Found::Document(document) => documents.push(document),
            Found::Unusable(problem) => problems.push(problem),
            Found::Nothing | Found::Closed => {}
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(ConfigError { problems }) }
}

fn required(path: &Path) -> Found {
    document::read(path).map_or_else(Found::Unusable, Found::Document)
}

fn optional(path: &Path) -> Found {
    match path.metadata().map_err(|error| error.kind()) {
        Err(ErrorKind::NotFound | ErrorKind::NotADirectory) => Found::Nothing,
        Err(ErrorKind::PermissionDenied) => Found::Closed,
        Ok(_) | Err(_) => required(path),
    }
}

impl Document {
    /// The text below [`OBJECT_KEY`] of an object of the cluster; `kind` is `ConfigMap` or `Secret`.
    pub fn of_object(kind: &str, namespace: &str, text: &str) -> Result<Self, Problem> {
        Self::parse(&format!("{kind} {namespace}/{OBJECT_NAME}"), text, document::Format::Toml)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(_) => f.write_str("found"),
            Self::Nothing => f.write_str("not there"),
            Self::Closed => f.write_str("in a folder that may not be entered, taken for not there"),
            Self::Unusable(problem) => f.write_str(&problem.message),
        }
    }
}
