//! Which organisations a namespace may name. Whether it is asked is the engine's part.

use std::collections::{BTreeMap, BTreeSet};

/// Stands for every namespace that is not named itself, and for every organisation.
pub(super) const ANY: &str = "*";

/// Which organisations each namespace may name; as long as nothing is written, any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenants {
    rules: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl Tenants {
    /// Limits every namespace to what stands beside its name, else beside `*`, else to nothing.
    pub fn limited(rules: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self { rules: Some(rules) }
    }

    /// Whether resources of the namespace may name the organisation.
    pub fn may(&self, namespace: &str, organisation: &str) -> bool {
        let allowed = |rule: &BTreeSet<String>| rule.contains(organisation) || rule.contains(ANY);
        self.rules.is_none() || self.rule(namespace).is_some_and(allowed)
    }

    /// Whether anything is limited at all.
    pub fn are_limited(&self) -> bool {
        self.rules.is_some()
    }

    /// What a namespace may name, in order: to say so where it names another. Empty also where nothing is limited.
    pub fn allowed(&self, namespace: &str) -> impl Iterator<Item = &str> {
        self.rule(namespace).into_iter().flatten().map(String::as_str)
    }

    fn rule(&self, namespace: &str) -> Option<&BTreeSet<String>> {
        let rules = self.rules.as_ref()?;
        rules.get(namespace).or_else(|| rules.get(ANY))
    }
}
