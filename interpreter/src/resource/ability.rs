//! What a catalog can say and the engine cannot do yet. A kind that needs it is not worked on at all, rather than half.

use crate::catalog::Addon;

/// What this kind needs and the engine lacks, in words; empty for a kind that can be managed.
pub fn lacking(addon: &Addon) -> Vec<&'static str> {
    let needs = [
        (addon.parent.is_some(), "a resource that belongs to another one (`parent`)"),
        (!addon.collections.is_empty(), "collections that are changed element by element"),
        (addon.api.credentials.is_some(), "credentials from a Secret that the resource names"),
        (addon.ready.read.is_some(), "readiness that a read tells"),
    ];
    needs.into_iter().filter(|(needed, _)| *needed).map(|(_, what)| what).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use interpreter::catalog::{Source, load};

    use super::*;

    #[test]
    fn a_kind_that_belongs_to_no_namespace_is_not_managed_in_some() {
        let files = [
            ("api.yaml", include_str!("../../interpreter/tests/crd/cluster-scope/api.yaml")),
            ("addon.yaml", include_str!("../../interpreter/tests/crd/cluster-scope/addon.yaml")),
        ];
        let sources = files.map(|(path, text)| Source { path: path.into(), text: text.into() });
        let addon = load(&sources).catalog.addons.remove("widget").unwrap();
        assert_eq!(obstacle(&addon, &Scope::Cluster), None);
        let why = obstacle(&addon, &Scope::Namespaces(vec!["a".into()])).unwrap();
        assert!(why.contains("operator.watchNamespaces"), "{why}");
    }
}
