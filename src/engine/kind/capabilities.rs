//! Check that the engine supports a kind in its scope. A kind that needs more is not reconciled at all,
//! rather than in part.

use interpreter::catalog::{Addon, Scope as KindScope};
use interpreter::catalog_update::missing_features;

use crate::cluster::watch::Scope;

/// Returns the reason why the resources of this kind cannot be managed; `None` when they can.
pub(crate) fn obstacle(addon: &Addon, scope: &Scope) -> Option<String> {
    let missing = missing_features(addon);
    if !missing.is_empty() {
        return Some(format!("this version does not support {}", missing.join(", ")));
    }
    let confined = *scope != Scope::Cluster && addon.resource.scope == KindScope::Cluster;
    confined.then(|| {
        "the kind is cluster-scoped, and the operator is limited to some namespaces (`operator.watchNamespaces`)"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use interpreter::catalog::{Source, load};

    use super::*;

    #[test]
    fn a_kind_that_belongs_to_no_namespace_is_not_managed_in_some() {
        let files = [
            ("api.yaml", include_str!("../../../interpreter/tests/crd/cluster-scope/api.yaml")),
            ("addon.yaml", include_str!("../../../interpreter/tests/crd/cluster-scope/addon.yaml")),
        ];
        let sources = files.map(|(path, text)| Source { path: path.into(), text: text.into() });
        let addon = load(&sources).catalog.addons.remove("widget").unwrap();
        assert_eq!(obstacle(&addon, &Scope::Cluster), None);
        let why = obstacle(&addon, &Scope::Namespaces(vec!["a".into()])).unwrap();
        assert!(why.contains("operator.watchNamespaces"), "{why}");
    }
}
