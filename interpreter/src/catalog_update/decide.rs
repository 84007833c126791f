//! Decision on each kind: valid entries first, then the accepted versions for the kinds without one.

use crate::catalog_update::input::Input;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{CompiledAddon, Problem};
use crate::catalog_update::ability::missing_features;
use crate::catalog_update::compatibility::shared_names;
use crate::catalog_update::rejections;
use crate::catalog_update::types::{EntryFiles, EntryState};

/// Decision on one kind, with its version.
pub(super) struct Decision<'a> {
    pub(super) state: EntryState,
    pub(super) compiled: &'a CompiledAddon,
    pub(super) files: EntryFiles,
    /// Both files are built in.
    pub(super) built_in: bool,
}

/// Decisions on all kinds, by definition, and the problems of refused entries.
pub(super) struct Decisions<'a> {
    pub(super) kinds: BTreeMap<String, Decision<'a>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Input<'a> {
    /// Decides on every kind.
    pub(super) fn decide(&self) -> Decisions<'a> {
        let mut problems = Vec::new();
        let mut valid: BTreeMap<String, &'a CompiledAddon> = BTreeMap::new();
        let mut refused = BTreeSet::new();
        for compiled in self.merged.compiled.values() {
            let comparison = self.compare(compiled);
            if self.is_fallback(compiled) {
                continue;
            }
            let kind = compiled.addon.resource.full_name();
            if self.has_taken_kind(compiled) {
                problems.push(rejections::name_taken(
                    self,
                    compiled,
                    ("kind", &compiled.addon.resource.kind),
                    (&kind, EntryState::LastAccepted),
                ));
            } else if let Some(problem) = self.unsupported(compiled, &kind) {
                problems.push(problem);
            } else if comparison.is_accepted(compiled) {
                valid.insert(kind, compiled);
                continue;
            } else {
                problems.extend(rejections::breaks(self, compiled, &comparison));
            }
            refused.extend([compiled.addon.name.clone(), kind]);
        }
        // A refused entry stays in force under its old names, which another entry may claim.
        loop {
            let kinds = self.kinds(&valid, &refused);
            let conflicts = valid.iter().find_map(|(kind, compiled)| {
                Some((kind.clone(), self.name_conflicts(kind, compiled, &kinds)?))
            });
            let Some((kind, found)) = conflicts else { return Decisions { kinds, problems } };
            problems.extend(found);
            refused.extend(valid.remove(&kind).map(|compiled| compiled.addon.name.clone()));
            refused.insert(kind);
        }
    }

    /// Returns a problem for a changed entry that needs a feature which the engine lacks, while resources
    /// live that the accepted version manages.
    fn unsupported(&self, compiled: &CompiledAddon, kind: &str) -> Option<Problem> {
        let kept = self.accepted.kept.get(kind);
        let could = kept.is_some_and(|kept| missing_features(&kept.compiled.addon).is_empty());
        let lacks = missing_features(&compiled.addon);
        (could && !lacks.is_empty() && (self.has_resources)(kind))
            .then(|| rejections::unsupported(self, compiled, &lacks))
    }

    fn kinds(
        &self,
        valid: &BTreeMap<String, &'a CompiledAddon>,
        refused: &BTreeSet<String>,
    ) -> BTreeMap<String, Decision<'a>> {
        let mut kinds: BTreeMap<String, Decision> =
            valid.iter().map(|(kind, compiled)| (kind.clone(), self.in_force(compiled))).collect();
        let in_force: BTreeSet<&str> = valid.values().map(|compiled| compiled.addon.name.as_str()).collect();
        for (kind, kept) in self.accepted.kept.iter().filter(|(kind, _)| !valid.contains_key(*kind)) {
            let superseded = kept.files.superseded || in_force.contains(kept.name());
            let is_there = refused.contains(kind) || refused.contains(kept.name()) || self.is_there(kept);
            let state = match (superseded, is_there) {
                (false, true) => EntryState::LastAccepted,
                (true, _) | (false, false) if (self.has_resources)(kind) => EntryState::DeleteOnly,
                (true, _) | (false, false) => continue,
            };
            let files = EntryFiles { superseded, ..kept.files.clone() };
            kinds.insert(kind.clone(), Decision { state, compiled: &kept.compiled, files, built_in: false });
        }
        self.add_built_in(&mut kinds);
        kinds
    }

    /// Adds built-in versions: in force where no entry replaces them, and delete-only where one does and
    /// resources live.
    fn add_built_in(&self, kinds: &mut BTreeMap<String, Decision<'a>>) {
        for compiled in self.merged.below.values() {
            let kind = compiled.addon.resource.full_name();
            if kinds.contains_key(&kind) {
                continue;
            }
            let is_replaced = kinds.values().any(|other| {
                other.compiled.addon.name == compiled.addon.name && other.state != EntryState::DeleteOnly
            });
            match (is_replaced, (self.has_resources)(&kind)) {
                (false, _) => kinds.insert(kind, self.in_force(compiled)),
                (true, true) => {
                    kinds.insert(kind, Decision { state: EntryState::DeleteOnly, ..self.in_force(compiled) })
                }
                (true, false) => continue,
            };
        }
    }

    fn in_force(&self, compiled: &'a CompiledAddon) -> Decision<'a> {
        let addon = self.source(&compiled.file.path, compiled.file.built_in);
        let api = self.source(&compiled.api_file.path, compiled.api_file.built_in);
        let built_in = compiled.file.built_in && compiled.api_file.built_in;
        Decision {
            state: EntryState::InForce,
            compiled,
            files: EntryFiles { addon, api, superseded: false },
            built_in,
        }
    }

    /// Returns problems for the names of a valid entry that belong to another kind which does not run as its
    /// files say.
    fn name_conflicts(
        &self,
        kind: &str,
        compiled: &CompiledAddon,
        kinds: &BTreeMap<String, Decision>,
    ) -> Option<Vec<Problem>> {
        if compiled.file.built_in {
            return None;
        }
        let holders =
            kinds.iter().filter(|(other, decision)| *other != kind && decision.state != EntryState::InForce);
        let conflicts = holders.flat_map(|(other, decision)| {
            let names = shared_names(&compiled.addon, &decision.compiled.addon).into_iter();
            names.map(move |(key, name)| {
                rejections::name_taken(self, compiled, (key, name), (other, decision.state))
            })
        });
        Some(conflicts.collect::<Vec<_>>()).filter(|conflicts| !conflicts.is_empty())
    }
}
