//! Compatibility of one entry with its earlier versions: the changes that would break live resources, and
//! their acknowledgement.

use crate::catalog::{Addon, CompiledAddon};
use crate::catalog_update::input::Ground;
use crate::catalog_update::last_accepted::{Kept, definition};
use crate::catalog_update::verdict::Verdict;
use crate::crd::breaking;

impl<'a> Ground<'a> {
    /// Compares an entry with the accepted or built-in form of its definition, and with the forms that had
    /// its name before.
    pub(super) fn judge(&self, made: &CompiledAddon) -> Verdict {
        let (name, kind) = (&made.addon.name, definition(&made.addon));
        let kept = self.accepted.kept.get(&kind);
        let same = kept.map(|kept| &kept.made).or_else(|| self.built_in_of(&kind));
        let mut before: Vec<&CompiledAddon> = same.into_iter().collect();
        before.extend(self.called_before(name, &kind).map(|kept| &kept.made));
        if kept.is_none() {
            before.extend(self.merged.below.get(name).filter(|below| definition(&below.addon) != kind));
        }
        // The check for live resources comes last, because it may cost a request.
        let broken = before
            .iter()
            .map(|old| (old, breaking(&old.addon, &made.addon)))
            .filter(|(_, breaks)| !breaks.is_empty());
        let breaks = broken
            .filter(|(old, _)| (self.lives)(&definition(&old.addon)))
            .flat_map(|(_, breaks)| breaks)
            .collect();
        let file = self.source(&made.file.path, made.file.built_in);
        let by_its_api = match (kept, before.first()) {
            (Some(kept), _) => kept.form.addon.text == file.text,
            (None, Some(before)) => before.file == made.file,
            (None, None) => false,
        };
        Verdict { breaks, by_its_api: by_its_api && !made.api_file.built_in }
    }

    /// Returns true for a built-in form that shows only because the form that had replaced it, or its API's,
    /// is broken: the accepted form then stays in force.
    pub(super) fn is_displaced(&self, made: &CompiledAddon) -> bool {
        let (name, kind) = (&made.addon.name, definition(&made.addon));
        let concerned = |(definition, kept): &(&String, &Kept)| {
            !kept.form.superseded && (kept.name() == name || **definition == kind)
        };
        self.accepted.kept.iter().filter(concerned).any(|(_, kept)| {
            (made.file.built_in && self.is_file_broken(kept))
                || (made.api_file.built_in && self.is_left_behind(kept))
        })
    }

    /// Returns true when the kind was accepted under another entry's name, and that entry still exists.
    pub(super) fn is_usurped(&self, made: &CompiledAddon) -> bool {
        let kept = self.accepted.kept.get(&definition(&made.addon));
        kept.is_some_and(|kept| {
            kept.name() != made.addon.name && !kept.form.superseded && self.is_there(kept)
        })
    }

    /// Returns true when the added API of an accepted form exists and cannot be used (any more).
    fn is_left_behind(&self, kept: &Kept) -> bool {
        let replaced =
            || self.merged.apis.get(&kept.made.addon.api.name).is_some_and(|(_, origin)| !origin.built_in);
        !self.is_built_in(&kept.form.api) && (self.is_api_broken(kept) || replaced())
    }

    /// The forms of this entry under other definitions, except those that another entry continues.
    fn called_before(&self, name: &str, kind: &str) -> impl Iterator<Item = &'a Kept<'a>> {
        let taken_over = |other: &str| self.merged.made.values().any(|made| definition(&made.addon) == other);
        let all = self
            .accepted
            .kept
            .iter()
            .filter(move |(other, kept)| *other != kind && kept.name() == name && !kept.form.superseded);
        all.filter(move |(other, _)| !taken_over(other)).map(|(_, kept)| kept).collect::<Vec<_>>().into_iter()
    }

    fn built_in_of(&self, kind: &str) -> Option<&'a CompiledAddon> {
        self.merged.below.values().find(|made| definition(&made.addon) == kind)
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
