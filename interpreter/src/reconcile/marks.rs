//! Marks at the cloud: their text, and the reduction of those of an account to what concerns one resource.

use std::time::Duration;

use serde_json::Value;

use crate::catalog::Addon;
use crate::exchange::{self, MarkedItem, Unreadable};
use crate::plan::{External, Ids, MarkedAddon, OtherMark, Record, same};

/// Begin of the text that names a resource.
const RESOURCE: &str = "kubernetes:";
/// Begin of the text that gives the name of an annotation.
const NAME: &str = "kubernetes-name:";

/// All marks of an account, from one request (all its pages).
#[derive(Debug, Default)]
pub struct WholeMarks {
    /// The time at which its request was sent.
    pub sent: Duration,
    /// The add-ons that have marks of an operator.
    pub marked: Vec<MarkedItem>,
}

impl WholeMarks {
    /// Returns the resources that the marks of an add-on name.
    pub fn resources(&self, ids: &Ids) -> impl Iterator<Item = MarkedResource<'_>> {
        let of_addon = self.marked.iter().filter(move |item| same(&item.ids, ids));
        of_addon.flat_map(|item| &item.texts).filter_map(|text| MarkedResource::read(text))
    }
}

/// Resource that a mark names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedResource<'a> {
    /// The id of the cluster.
    pub cluster: &'a str,
    /// The uid of the namespace; empty for a cluster-scoped resource.
    pub namespace_uid: &'a str,
    /// The CRD: `databases.example.com`.
    pub crd: &'a str,
    /// The namespace; empty for a cluster-scoped resource.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl<'a> MarkedResource<'a> {
    /// Returns the text of the mark. No part can contain a colon.
    pub fn text(&self) -> String {
        let Self { cluster, namespace_uid, crd, namespace, name } = self;
        format!("{RESOURCE}{cluster}:{namespace_uid}:{crd}:{namespace}:{name}")
    }

    /// Returns the resource that a text names; `None` for any other text.
    pub fn read(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.strip_prefix(RESOURCE)?.split(':').collect();
        match parts.as_slice() {
            [cluster, namespace_uid, crd, namespace, name] => {
                Some(Self { cluster, namespace_uid, crd, namespace, name })
            }
            _ => None,
        }
    }

    /// Returns the resource for messages, as seen from the cluster with this id.
    pub fn described(&self, cluster: &str) -> String {
        let Self { crd, namespace, name, .. } = self;
        let place = if namespace.is_empty() { (*name).to_owned() } else { format!("{namespace}/{name}") };
        let kind = crd.split('.').next().unwrap_or_default();
        if self.cluster == cluster {
            format!("`{kind} {place}`")
        } else {
            format!("`{kind} {place}` of the cluster `{}`", self.cluster)
        }
    }
}

/// Returns the texts that mark an add-on of this resource.
pub(super) fn own(
    resource: MarkedResource<'_>,
    external: Option<&External>,
    record: Option<&Record>,
) -> Vec<String> {
    // The annotation is read once: what was adopted by another name keeps that one.
    let is_made = record.is_none_or(|record| record.adopted.is_none());
    let name = match external {
        Some(External::NameOrNew(name)) if is_made => Some(format!("{NAME}{name}")),
        Some(External::Id(_) | External::Name(_) | External::NameOrNew(_)) | None => None,
    };
    [Some(resource.text()), name].into_iter().flatten().collect()
}

/// Returns true when one of these marks gives the name that an annotation asks for.
pub(super) fn has_name(texts: &[String], external: Option<&External>) -> bool {
    let name = external.and_then(External::name);
    name.is_some_and(|name| texts.iter().any(|text| text.strip_prefix(NAME) == Some(name)))
}

/// Reads the marked add-ons in the pages of an answer.
pub fn marked<'a>(
    addon: &Addon,
    pages: impl IntoIterator<Item = &'a Value>,
) -> Result<Vec<MarkedItem>, Unreadable> {
    let Some(mark) = &addon.api.identity.mark else { return Ok(Vec::new()) };
    let read = mark.list.as_ref().unwrap_or(&addon.list);
    let mut all = Vec::new();
    for page in pages {
        let found = exchange::read(read, page)?;
        all.extend(exchange::marked(&addon.api.identity, mark, &found)?);
    }
    let is_ours = |text: &String| text.starts_with(RESOURCE) || text.starts_with(NAME);
    all.iter_mut().for_each(|item| item.texts.retain(is_ours));
    all.retain(|item| !item.texts.is_empty());
    Ok(all)
}

/// Reduces the marks of an account to those that name this resource, and those of the add-ons that `concerns`
/// selects. `cluster` is the id of this cluster.
pub(super) fn reduced(
    whole: &WholeMarks,
    cluster: &str,
    resource: Option<MarkedResource<'_>>,
    concerns: impl Fn(&MarkedItem) -> bool,
) -> Vec<MarkedAddon> {
    let own = resource.map(|resource| resource.text());
    let is_own = |text: &String| Some(text) == own.as_ref();
    let reduced = |item: &MarkedItem| {
        let is_ours = item.texts.iter().any(is_own);
        let others = item.texts.iter().filter(|text| !is_own(text));
        (is_ours || concerns(item)).then(|| MarkedAddon {
            ids: item.ids.clone(),
            is_ours,
            others: others.filter_map(|text| other(text, cluster)).collect(),
        })
    };
    whole.marked.iter().filter_map(reduced).collect()
}

fn other(text: &str, cluster: &str) -> Option<OtherMark> {
    let named = MarkedResource::read(text)?;
    let (resource, is_elsewhere) = (named.described(cluster), named.cluster != cluster);
    Some(OtherMark { text: text.to_owned(), resource, is_elsewhere })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: MarkedResource<'_> = MarkedResource {
        cluster: "c1",
        namespace_uid: "n1",
        crd: "databases.example.com",
        namespace: "shop",
        name: "orders",
    };

    fn item(texts: &[&str]) -> MarkedItem {
        MarkedItem {
            ids: Ids::from([("addon".to_owned(), "x1".to_owned())]),
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    #[test]
    fn a_mark_names_one_resource_of_one_namespace_and_cluster() {
        let text = OWN.text();
        assert_eq!(text, "kubernetes:c1:n1:databases.example.com:shop:orders");
        assert_eq!(MarkedResource::read(&text), Some(OWN));
        assert_eq!(MarkedResource::read("kubernetes-name:orders"), None);
        assert_eq!(MarkedResource::read("kubernetes:c1:orders"), None);
        for (other, is_elsewhere) in [
            (MarkedResource { namespace_uid: "n2", ..OWN }, false),
            (MarkedResource { name: "users", ..OWN }, false),
            (MarkedResource { crd: "caches.example.com", ..OWN }, false),
            (MarkedResource { cluster: "c2", ..OWN }, true),
        ] {
            let whole = WholeMarks { marked: vec![item(&[&other.text()])], ..WholeMarks::default() };
            let all = reduced(&whole, "c1", Some(OWN), |_| true);
            let [found] = all.as_slice() else { panic!("{other:?}: {all:?}") };
            assert!(!found.is_ours, "{other:?}");
            assert_eq!(found.others.first().map(|other| other.is_elsewhere), Some(is_elsewhere), "{other:?}");
        }
    }

    #[test]
    fn what_concerns_another_resource_is_left_out_and_what_is_marked_for_this_one_is_not() {
        let own = OWN.text();
        let whole = |texts: &[&str]| WholeMarks { marked: vec![item(texts)], ..WholeMarks::default() };
        let cache = "kubernetes:c1:n1:caches.example.com:shop:orders";
        assert!(reduced(&whole(&[cache]), "c1", Some(OWN), |_| false).is_empty());
        let all = reduced(&whole(&[own.as_str(), "kubernetes-name:orders"]), "c1", Some(OWN), |_| false);
        assert!(matches!(all.as_slice(), [one] if one.is_ours && one.others.is_empty()), "{all:?}");
        let unknown = reduced(&whole(&[own.as_str()]), "c1", None, |_| true);
        assert!(
            matches!(unknown.as_slice(), [one] if !one.is_ours),
            "without the uid of the namespace: {unknown:?}"
        );
    }

    #[test]
    fn a_name_is_asked_for_by_annotation() {
        let texts = ["kubernetes-name:orders".to_owned()];
        assert!(has_name(&texts, Some(&External::Name("orders".to_owned()))));
        assert!(has_name(&texts, Some(&External::NameOrNew("orders".to_owned()))));
        assert!(!has_name(&texts, Some(&External::Id("orders".to_owned()))));
        assert!(!has_name(&texts, Some(&External::Name("order".to_owned()))));
        assert!(!has_name(&texts, None));
    }
}
