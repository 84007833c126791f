//! Tenancy: the organisations that each namespace may name.

use std::collections::{BTreeMap, BTreeSet};

/// Wildcard for every namespace without a rule of its own, and for every organisation.
pub const ANY: &str = "*";

/// Organisations that each namespace may name; without rules, any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenants {
    rules: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl Tenants {
    /// Limits every namespace to the organisations of its rule, else of the rule for `*`, else to none.
    pub fn limited(rules: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self { rules: Some(rules) }
    }

    /// Returns whether resources of the namespace may name the organisation.
    pub fn may(&self, namespace: &str, organisation: &str) -> bool {
        let allowed = |rule: &BTreeSet<String>| rule.contains(organisation) || rule.contains(ANY);
        self.rules.is_none() || self.rule(namespace).is_some_and(allowed)
    }

    /// Returns the organisations that a namespace may name, in order, for messages. Empty also without rules.
    pub(super) fn allowed(&self, namespace: &str) -> impl Iterator<Item = &str> {
        self.rule(namespace).into_iter().flatten().map(String::as_str)
    }

    fn rule(&self, namespace: &str) -> Option<&BTreeSet<String>> {
        let rules = self.rules.as_ref()?;
        rules.get(namespace).or_else(|| rules.get(ANY))
    }
}
