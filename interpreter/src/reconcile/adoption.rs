//! Adoption rules: the add-ons that resources may take over although neither name nor record proves that they
//! belong to them. Only the operator's configuration sets them.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Resource as ResourceNames;
use crate::plan::{Adoption, Resource};
use crate::reconcile::tenants::ANY;

/// Adoption rules of the operator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdoptionRules {
    /// The organisations in which users of each namespace may adopt add-ons by confirmation.
    pub namespaces: BTreeMap<String, BTreeSet<String>>,
    /// The resource that each add-on belongs to, by the id of the add-on: `database shop/orders`.
    pub addons: BTreeMap<String, String>,
    /// The ids of add-ons that no other cluster uses any more.
    pub transfer: BTreeSet<String>,
}

impl AdoptionRules {
    /// Returns the rights of a resource in this account. `own_credentials` is true for an account that the
    /// namespace brings itself.
    pub(super) fn of(
        &self,
        names: &ResourceNames,
        resource: &Resource,
        account: &str,
        own_credentials: bool,
    ) -> Adoption {
        let assigned: Vec<String> = self
            .addons
            .iter()
            .filter(|(_, written)| is_named(written, names, resource))
            .map(|(id, _)| id.clone())
            .collect();
        let transferred = assigned.iter().filter(|id| self.transfer.contains(*id)).cloned().collect();
        let rule = self.namespaces.get(&resource.namespace).or_else(|| self.namespaces.get(ANY));
        let is_allowed = rule.is_some_and(|rule| rule.contains(account) || rule.contains(ANY));
        Adoption { assigned, transferred, on_confirmation: own_credentials || is_allowed }
    }
}

/// Returns true when the text names the resource, as `database shop/orders`. The kind may be written as
/// `kubectl` takes it, with or without its group.
fn is_named(written: &str, names: &ResourceNames, resource: &Resource) -> bool {
    let Some((kind, place)) = written.trim().split_once(' ') else { return false };
    let expected = match resource.namespace.as_str() {
        "" => resource.name.clone(),
        namespace => format!("{namespace}/{}", resource.name),
    };
    let kind = kind.to_lowercase();
    let short = kind.strip_suffix(&format!(".{}", names.group)).unwrap_or(&kind);
    let known = [names.singular.clone(), names.plural.clone(), names.kind.to_lowercase()];
    place.trim() == expected && known.iter().any(|name| name == short)
}
