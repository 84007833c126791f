//! Input of a decision: the built-in, added and accepted files, and a check for live resources of a
//! definition.

use crate::catalog::{FileKind, Given, Merged, Source};
use crate::catalog_update::last_accepted::{Accepted, Kept};

/// Input of the decisions.
pub(super) struct Ground<'a> {
    pub(super) built_in: &'a [Source],
    pub(super) added: &'a [Source],
    pub(super) accepted: &'a Accepted<'a>,
    pub(super) merged: &'a Merged,
    pub(super) lives: &'a dyn Fn(&str) -> bool,
}

impl Ground<'_> {
    /// Returns a file of this catalog.
    pub(super) fn source(&self, path: &str, built_in: bool) -> Source {
        let sources = if built_in { self.built_in } else { self.added };
        let found = sources.iter().find(|source| source.path == path).cloned();
        found.unwrap_or_else(|| Source { path: path.to_owned(), text: String::new() })
    }

    /// Returns true when the add-on file of an accepted form exists as an added file and has an error.
    pub(super) fn is_file_broken(&self, kept: &Kept) -> bool {
        !self.is_built_in(&kept.form.addon)
            && self.is_broken(&kept.form.addon.path, FileKind::Addon, kept.name())
    }

    /// Returns true when the API file of an accepted form exists as an added file and has an error.
    pub(super) fn is_api_broken(&self, kept: &Kept) -> bool {
        !self.is_built_in(&kept.form.api)
            && self.is_broken(&kept.form.api.path, FileKind::Api, &kept.made.addon.api.name)
    }

    fn is_broken(&self, path: &str, sort: FileKind, name: &str) -> bool {
        let is_it = |given: &&Given| given.path == path || is_named(given, sort, name);
        self.merged.added.iter().filter(is_it).any(|given| !given.is_good)
    }

    /// Returns true when an accepted file is one of the built-in files, of this version or an earlier one.
    pub(super) fn is_built_in(&self, source: &Source) -> bool {
        let is_here = |sources: &[Source]| sources.iter().any(|other| other.path == source.path);
        self.built_in.contains(source) || (!is_here(self.added) && is_here(self.built_in))
    }

    /// Returns true when the entry of an accepted form and its API still exist among the files, valid or not.
    pub(super) fn is_there(&self, kept: &Kept) -> bool {
        let api = &kept.made.addon.api.name;
        let addon_is_there =
            self.merged.below.contains_key(kept.name()) && self.is_built_in(&kept.form.addon);
        let api_is_there = self.merged.below.values().any(|made| made.addon.api.name == *api);
        (addon_is_there || self.is_given(&kept.form.addon.path, FileKind::Addon, kept.name()))
            && (api_is_there || self.is_given(&kept.form.api.path, FileKind::Api, api))
    }

    /// Returns true when an added file is this entry: by its own name, or, while it has an error, by its
    /// path.
    fn is_given(&self, path: &str, sort: FileKind, name: &str) -> bool {
        let is_it = |given: &Given| is_named(given, sort, name) || (given.path == path && !given.is_good);
        self.merged.added.iter().any(is_it)
    }
}

fn is_named(given: &Given, sort: FileKind, name: &str) -> bool {
    given.entry.as_ref().is_some_and(|(other, called)| *other == sort && called == name)
}
