//! Decision on each kind: good entries first, then the accepted forms for the kinds without one.

use crate::catalog_update::input::Ground;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{CompiledAddon, Problem};
use crate::catalog_update::compatibility::shared_names;
use crate::catalog_update::last_accepted::definition;
use crate::catalog_update::rejections;
use crate::catalog_update::types::{Form, Standing};
use crate::resource::lacking;

/// Decision on one kind, with its form.
pub(super) struct Settled<'a> {
    pub(super) standing: Standing,
    pub(super) made: &'a CompiledAddon,
    pub(super) form: Form,
    /// Both files are built in.
    pub(super) built_in: bool,
}

/// Decisions on all kinds, by definition, and the problems of refused entries.
pub(super) struct Settlement<'a> {
    pub(super) kinds: BTreeMap<String, Settled<'a>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Ground<'a> {
    /// Decides on every kind.
    pub(super) fn settle(&self) -> Settlement<'a> {
        let mut problems = Vec::new();
        let mut good: BTreeMap<String, &'a CompiledAddon> = BTreeMap::new();
        let mut refused = BTreeSet::new();
        for made in self.merged.made.values() {
            let verdict = self.judge(made);
            if self.is_displaced(made) {
                continue;
            }
            let kind = definition(&made.addon);
            if self.is_usurped(made) {
                problems.push(rejections::held(
                    self,
                    made,
                    ("kind", &made.addon.resource.kind),
                    (&kind, Standing::LastAccepted),
                ));
            } else if let Some(problem) = self.beyond(made, &kind) {
                problems.push(problem);
            } else if verdict.is_accepted(made) {
                good.insert(kind, made);
                continue;
            } else {
                problems.extend(rejections::breaks(self, made, &verdict));
            }
            refused.extend([made.addon.name.clone(), kind]);
        }
        // A refused entry stays in force under its old names, which another entry may claim.
        loop {
            let kinds = self.kinds(&good, &refused);
            let held =
                good.iter().find_map(|(kind, made)| Some((kind.clone(), self.held(kind, made, &kinds)?)));
            let Some((kind, found)) = held else { return Settlement { kinds, problems } };
            problems.extend(found);
            refused.extend(good.remove(&kind).map(|made| made.addon.name.clone()));
            refused.insert(kind);
        }
    }

    /// Returns a problem for a changed entry that needs a feature which the engine lacks, while resources
    /// live that the accepted form manages.
    fn beyond(&self, made: &CompiledAddon, kind: &str) -> Option<Problem> {
        let could = self.accepted.kept.get(kind).is_some_and(|kept| lacking(&kept.made.addon).is_empty());
        let lacks = lacking(&made.addon);
        (could && !lacks.is_empty() && (self.lives)(kind)).then(|| rejections::beyond(self, made, &lacks))
    }

    fn kinds(
        &self,
        good: &BTreeMap<String, &'a CompiledAddon>,
        refused: &BTreeSet<String>,
    ) -> BTreeMap<String, Settled<'a>> {
        let mut kinds: BTreeMap<String, Settled> =
            good.iter().map(|(kind, made)| (kind.clone(), self.in_force(made))).collect();
        let in_force: BTreeSet<&str> = good.values().map(|made| made.addon.name.as_str()).collect();
        for (kind, kept) in self.accepted.kept.iter().filter(|(kind, _)| !good.contains_key(*kind)) {
            let superseded = kept.form.superseded || in_force.contains(kept.name());
            let is_there = refused.contains(kind) || refused.contains(kept.name()) || self.is_there(kept);
            let standing = match (superseded, is_there) {
                (false, true) => Standing::LastAccepted,
                (true, _) | (false, false) if (self.lives)(kind) => Standing::DeleteOnly,
                (true, _) | (false, false) => continue,
            };
            let form = Form { superseded, ..kept.form.clone() };
            kinds.insert(kind.clone(), Settled { standing, made: &kept.made, form, built_in: false });
        }
        self.add_built_in(&mut kinds);
        kinds
    }

    /// Adds built-in forms: in force where no entry replaces them, and delete-only where one does and
    /// resources live.
    fn add_built_in(&self, kinds: &mut BTreeMap<String, Settled<'a>>) {
        for made in self.merged.below.values() {
            let kind = definition(&made.addon);
            if kinds.contains_key(&kind) {
                continue;
            }
            let is_replaced = kinds.values().any(|other| {
                other.made.addon.name == made.addon.name && other.standing != Standing::DeleteOnly
            });
            match (is_replaced, (self.lives)(&kind)) {
                (false, _) => kinds.insert(kind, self.in_force(made)),
                (true, true) => {
                    kinds.insert(kind, Settled { standing: Standing::DeleteOnly, ..self.in_force(made) })
                }
                (true, false) => continue,
            };
        }
    }

    fn in_force(&self, made: &'a CompiledAddon) -> Settled<'a> {
        let addon = self.source(&made.file.path, made.file.built_in);
        let api = self.source(&made.api_file.path, made.api_file.built_in);
        let built_in = made.file.built_in && made.api_file.built_in;
        Settled { standing: Standing::InForce, made, form: Form { addon, api, superseded: false }, built_in }
    }

    /// Returns problems for the names of a good entry that belong to another kind which does not run as its
    /// files say.
    fn held(
        &self,
        kind: &str,
        made: &CompiledAddon,
        kinds: &BTreeMap<String, Settled>,
    ) -> Option<Vec<Problem>> {
        if made.file.built_in {
            return None;
        }
        let holders =
            kinds.iter().filter(|(other, settled)| *other != kind && settled.standing != Standing::InForce);
        let held = holders.flat_map(|(other, settled)| {
            let names = shared_names(&made.addon, &settled.made.addon).into_iter();
            names.map(move |(key, name)| rejections::held(self, made, (key, name), (other, settled.standing)))
        });
        Some(held.collect::<Vec<_>>()).filter(|held| !held.is_empty())
    }
}
