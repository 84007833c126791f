//! Input of a decision: the built-in, added and accepted files, and a check for live resources of a
//! definition.

use crate::catalog::{AddedFile, FileKind, Merged, Source};
use crate::catalog_update::last_accepted::{Accepted, Kept};

/// Input of the decisions.
pub(super) struct Input<'a> {
    pub(super) built_in: &'a [Source],
    pub(super) added: &'a [Source],
    pub(super) accepted: &'a Accepted<'a>,
    pub(super) merged: &'a Merged,
    pub(super) has_resources: &'a dyn Fn(&str) -> bool,
}

impl Input<'_> {
    /// Returns a file of this catalog.
    pub(super) fn source(&self, path: &str, built_in: bool) -> Source {
        let sources = if built_in { self.built_in } else { self.added };
        let found = sources.iter().find(|source| source.path == path).cloned();
        found.unwrap_or_else(|| Source { path: path.to_owned(), text: String::new() })
    }

    /// Returns true when the add-on file of an accepted version exists as an added file and has an error.
    pub(super) fn is_file_broken(&self, kept: &Kept) -> bool {
        !self.is_built_in(&kept.files.addon)
            && self.is_broken(&kept.files.addon.path, FileKind::Addon, kept.name())
    }

    /// Returns true when the API file of an accepted version exists as an added file and has an error.
    pub(super) fn is_api_broken(&self, kept: &Kept) -> bool {
        !self.is_built_in(&kept.files.api)
            && self.is_broken(&kept.files.api.path, FileKind::Api, &kept.compiled.addon.api.name)
    }

    fn is_broken(&self, path: &str, kind: FileKind, name: &str) -> bool {
        let is_it = |file: &&AddedFile| file.path == path || is_named(file, kind, name);
        self.merged.added.iter().filter(is_it).any(|file| !file.is_valid)
    }

    /// Returns true when an accepted file is one of the built-in files, of this version or an earlier one.
    pub(super) fn is_built_in(&self, source: &Source) -> bool {
        let is_here = |sources: &[Source]| sources.iter().any(|other| other.path == source.path);
        self.built_in.contains(source) || (!is_here(self.added) && is_here(self.built_in))
    }

    /// Returns true when the entry of an accepted version and its API still exist among the files, valid or
    /// not.
    pub(super) fn is_there(&self, kept: &Kept) -> bool {
        let api = &kept.compiled.addon.api.name;
        let addon_is_there =
            self.merged.below.contains_key(kept.name()) && self.is_built_in(&kept.files.addon);
        let api_is_there = self.merged.below.values().any(|compiled| compiled.addon.api.name == *api);
        (addon_is_there || self.is_added(&kept.files.addon.path, FileKind::Addon, kept.name()))
            && (api_is_there || self.is_added(&kept.files.api.path, FileKind::Api, api))
    }

    /// Returns true when an added file is this entry: by its own name, or, while it has an error, by its
    /// path.
    fn is_added(&self, path: &str, kind: FileKind, name: &str) -> bool {
        let is_it = |file: &AddedFile| is_named(file, kind, name) || (file.path == path && !file.is_valid);
        self.merged.added.iter().any(is_it)
    }
}

fn is_named(file: &AddedFile, kind: FileKind, name: &str) -> bool {
    file.entry.as_ref().is_some_and(|(other, called)| *other == kind && called == name)
}
