//! The versions that were accepted earlier, read again by this version.

use std::collections::BTreeMap;

use crate::catalog::{CompiledAddon, Problem, compile_addon};
use crate::catalog_update::types::EntryFiles;

/// The accepted versions, by definition.
pub(super) struct Accepted<'a> {
    /// The versions that can be read.
    pub(super) kept: BTreeMap<String, Kept<'a>>,
    /// The versions that cannot be read, with the first reason.
    pub(super) unreadable: BTreeMap<String, (&'a EntryFiles, String)>,
}

/// An accepted version.
pub(super) struct Kept<'a> {
    /// The files of the version.
    pub(super) files: &'a EntryFiles,
    /// The add-on compiled from the files.
    pub(super) compiled: CompiledAddon,
}

impl<'a> Accepted<'a> {
    /// Reads every version.
    pub(super) fn read(accepted: &'a BTreeMap<String, EntryFiles>) -> Self {
        let mut all = Self { kept: BTreeMap::new(), unreadable: BTreeMap::new() };
        for (name, files) in accepted {
            match compile_addon(&files.addon, &files.api) {
                Ok(compiled) if compiled.addon.resource.full_name() == *name => {
                    all.kept.insert(name.clone(), Kept { files, compiled });
                }
                Ok(compiled) => {
                    all.unreadable.insert(
                        name.clone(),
                        (files, format!("the files define `{}`", compiled.addon.resource.full_name())),
                    );
                }
                Err(problems) => {
                    all.unreadable.insert(name.clone(), (files, first(&problems)));
                }
            }
        }
        all
    }

    /// Returns true when a file of this path was accepted.
    pub(super) fn has_file(&self, path: &str) -> bool {
        let files = self
            .kept
            .values()
            .map(|kept| kept.files)
            .chain(self.unreadable.values().map(|(files, _)| *files));
        files.into_iter().any(|files| files.addon.path == path || files.api.path == path)
    }
}

impl Kept<'_> {
    /// The name of the entry.
    pub(super) fn name(&self) -> &str {
        &self.compiled.addon.name
    }
}

fn first(problems: &[Problem]) -> String {
    let first = problems.iter().find(|problem| problem.code.severity() == crate::catalog::Severity::Error);
    first.map_or("the files define no kind".to_owned(), |problem| problem.message.clone())
}
