//! Compatibility of one entry with its earlier versions: the changes that would break live resources, and
//! their acknowledgement.

use crate::catalog::{Addon, CompiledAddon};
use crate::catalog_update::comparison::Comparison;
use crate::catalog_update::input::Input;
use crate::catalog_update::last_accepted::Kept;
use crate::crd::breaking;

impl<'a> Input<'a> {
    /// Compares an entry with the accepted or built-in version of its definition, and with the versions that
    /// had its name before.
    pub(super) fn compare(&self, compiled: &CompiledAddon) -> Comparison {
        let (name, kind) = (&compiled.addon.name, compiled.addon.resource.full_name());
        let kept = self.accepted.kept.get(&kind);
        let same = kept.map(|kept| &kept.compiled).or_else(|| self.built_in_of(&kind));
        let mut before: Vec<&CompiledAddon> = same.into_iter().collect();
        before.extend(self.earlier_versions(name, &kind).map(|kept| &kept.compiled));
        if kept.is_none() {
            before
                .extend(self.merged.below.get(name).filter(|below| below.addon.resource.full_name() != kind));
        }
        // The check for live resources comes last, because it may cost a request.
        let broken = before
            .iter()
            .map(|old| (old, breaking(&old.addon, &compiled.addon)))
            .filter(|(_, breaks)| !breaks.is_empty());
        let breaks = broken
            .filter(|(old, _)| (self.has_resources)(&old.addon.resource.full_name()))
            .flat_map(|(_, breaks)| breaks)
            .collect();
        let file = self.source(&compiled.file.path, compiled.file.built_in);
        let by_its_api = match (kept, before.first()) {
            (Some(kept), _) => kept.files.addon.text == file.text,
            (None, Some(before)) => before.file == compiled.file,
            (None, None) => false,
        };
        Comparison { breaks, by_its_api: by_its_api && !compiled.api_file.built_in }
    }

    /// Returns true for a built-in version that shows only because the version that had replaced it, or its
    /// API's, is broken: the accepted version then stays in force.
    pub(super) fn is_fallback(&self, compiled: &CompiledAddon) -> bool {
        let (name, kind) = (&compiled.addon.name, compiled.addon.resource.full_name());
        let concerned = |(definition, kept): &(&String, &Kept)| {
            !kept.files.superseded && (kept.name() == name || **definition == kind)
        };
        self.accepted.kept.iter().filter(concerned).any(|(_, kept)| {
            (compiled.file.built_in && self.is_file_broken(kept))
                || (compiled.api_file.built_in && self.is_left_behind(kept))
        })
    }

    /// Returns true when the kind was accepted under another entry's name, and that entry still exists.
    pub(super) fn has_taken_kind(&self, compiled: &CompiledAddon) -> bool {
        let kept = self.accepted.kept.get(&compiled.addon.resource.full_name());
        kept.is_some_and(|kept| {
            kept.name() != compiled.addon.name && !kept.files.superseded && self.is_there(kept)
        })
    }

    /// Returns true when the added API of an accepted version exists and cannot be used (any more).
    fn is_left_behind(&self, kept: &Kept) -> bool {
        let replaced = || {
            self.merged.apis.get(&kept.compiled.addon.api.name).is_some_and(|(_, origin)| !origin.built_in)
        };
        !self.is_built_in(&kept.files.api) && (self.is_api_broken(kept) || replaced())
    }

    /// The versions of this entry under other definitions, except those that another entry continues.
    fn earlier_versions(&self, name: &str, kind: &str) -> impl Iterator<Item = &'a Kept<'a>> {
        let taken_over = |other: &str| {
            self.merged.compiled.values().any(|compiled| compiled.addon.resource.full_name() == other)
        };
        let all = self
            .accepted
            .kept
            .iter()
            .filter(move |(other, kept)| *other != kind && kept.name() == name && !kept.files.superseded);
        all.filter(move |(other, _)| !taken_over(other)).map(|(_, kept)| kept).collect::<Vec<_>>().into_iter()
    }

    fn built_in_of(&self, kind: &str) -> Option<&'a CompiledAddon> {
        self.merged.below.values().find(|compiled| compiled.addon.resource.full_name() == kind)
    }
}

/// The names that only one kind of a group can have, and that both kinds claim: the key of each name, and the
/// name.
pub(super) fn shared_names<'a>(new: &'a Addon, holder: &Addon) -> Vec<(&'static str, &'a str)> {
    let (new, holder) = (&new.resource, &holder.resource);
    if new.group != holder.group {
        return Vec::new();
    }
    let held: Vec<&String> =
        [&holder.plural, &holder.singular].into_iter().chain(&holder.short_names).collect();
    let words = [("plural", &new.plural), ("singular", &new.singular)].into_iter();
    let words = words.chain(new.short_names.iter().map(|name| ("shortNames", name)));
    let kind = [("kind", &new.kind)].into_iter().filter(|(_, kind)| **kind == holder.kind);
    kind.chain(words.filter(|(_, word)| held.contains(word)))
        .map(|(key, name)| (key, name.as_str()))
        .collect()
}
