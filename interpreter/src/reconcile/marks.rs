//! Marks at the cloud: their text, and the reduction of those of an account to what concerns one resource.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use crate::catalog::Addon;
use crate::exchange::{self, MarkedItem, Unreadable};
use crate::plan::{External, Ids, MarkedAddon, OtherMark};
use crate::reconcile::marked_resource::{MarkedResource, RESOURCE};

/// Begin of the text that gives the name of an annotation.
const NAME: &str = "kubernetes-name:";

/// All marks of an account, from one request (all its pages), found by text and by id: each resource looks them up
/// in every loop.
#[derive(Debug, Default)]
pub struct WholeMarks {
    /// The time at which its request was sent.
    pub sent: Duration,
    /// The add-ons that have marks of an operator.
    marked: Vec<MarkedItem>,
    /// By the place of a resource, or by the whole text that gives a name.
    by_key: HashMap<String, Vec<usize>>,
    by_id: HashMap<(String, String), usize>,
}

impl WholeMarks {
    /// Creates the index of marks whose request was sent at this time.
    pub fn new(sent: Duration, marked: Vec<MarkedItem>) -> Self {
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        for (at, item) in marked.iter().enumerate() {
            item.texts.iter().for_each(|text| by_key.entry(key(text)).or_default().push(at));
            by_id.extend(item.ids.clone().into_iter().map(|id| (id, at)));
        }
        Self { sent, marked, by_key, by_id }
    }

    /// Returns the resources that the marks of an add-on name.
    pub fn resources(&self, ids: &Ids) -> impl Iterator<Item = MarkedResource<'_>> {
        self.of(ids).into_iter().flat_map(|item| &item.texts).filter_map(|text| MarkedResource::read(text))
    }

    /// Returns the add-on with one of these ids.
    fn of(&self, ids: &Ids) -> Option<&MarkedItem> {
        let position = |(name, id): (&String, &String)| self.by_id.get(&(name.clone(), id.clone()));
        ids.iter().find_map(position).and_then(|at| self.marked.get(*at))
    }

    /// Returns the add-ons with the mark that names this resource.
    pub(super) fn of_resource(&self, resource: MarkedResource<'_>) -> impl Iterator<Item = &MarkedItem> {
        self.with_key(&resource.place())
    }

    /// Returns the add-ons with a mark that gives the name which an annotation asks for.
    pub(super) fn requested(&self, external: Option<&External>) -> impl Iterator<Item = &MarkedItem> {
        let name = external.and_then(External::name);
        name.into_iter().flat_map(|name| self.with_key(&name_text(name)))
    }

    /// Reduces the marks to those that name this resource, and those of the add-ons with these ids. `cluster` is
    /// the id of this cluster, and `name` the text with the name of a new add-on.
    pub(super) fn reduced<'a>(
        &self,
        (cluster, name): (&str, Option<&str>),
        resource: Option<MarkedResource<'_>>,
        ids: impl IntoIterator<Item = &'a Ids>,
    ) -> Vec<MarkedAddon> {
        let own = resource.map(|resource| resource.place());
        let is_own = |text: &String| own.as_ref().is_some_and(|own| *own == key(text));
        let named = resource.into_iter().flat_map(|resource| self.of_resource(resource));
        let mut all: Vec<MarkedAddon> = Vec::new();
        for item in named.chain(ids.into_iter().filter_map(|ids| self.of(ids))) {
            if all.iter().all(|known| known.ids != item.ids) {
                let others = item.texts.iter().filter(|text| !is_own(text));
                all.push(MarkedAddon {
                    ids: item.ids.clone(),
                    is_ours: item.texts.iter().any(is_own),
                    has_name: name.is_some_and(|name| item.texts.iter().any(|text| text == name)),
                    others: others.filter_map(|text| other(text, cluster)).collect(),
                });
            }
        }
        all
    }

    fn with_key(&self, key: &str) -> impl Iterator<Item = &MarkedItem> + use<'_> {
        self.by_key.get(key).into_iter().flatten().filter_map(|at| self.marked.get(*at))
    }
}

/// Returns the text that gives an add-on this name.
fn name_text(name: &str) -> String {
    format!("{NAME}{name}")
}

/// Returns the text that gives a new add-on the name in an annotation, if it asks for one.
pub(super) fn new_name(external: Option<&External>) -> Option<String> {
    match external {
        Some(External::NameOrNew(name)) => Some(name_text(name)),
        Some(External::Id(_) | External::Name(_)) | None => None,
    }
}

/// Returns the key of a text: the place of the resource that it names, or the text itself.
fn key(text: &str) -> String {
    MarkedResource::read(text).map_or_else(|| text.to_owned(), |resource| resource.place())
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

    fn item(id: &str, texts: &[&str]) -> MarkedItem {
        MarkedItem { ids: ids(id), texts: texts.iter().map(|text| (*text).to_owned()).collect() }
    }

    fn ids(id: &str) -> Ids {
        Ids::from([("addon".to_owned(), id.to_owned())])
    }

    fn whole(marked: Vec<MarkedItem>) -> WholeMarks {
        WholeMarks::new(Duration::ZERO, marked)
    }

    #[test]
    fn a_mark_names_one_resource_of_one_namespace_and_cluster() {
        let text = OWN.text();
        assert_eq!(text, "kubernetes:c1:n1:databases.example.com:shop:orders");
        assert_eq!(MarkedResource::read(&text), Some(OWN));
        assert_eq!(MarkedResource::read("kubernetes-name:orders"), None);
        assert_eq!(MarkedResource::read("kubernetes:c1:orders"), None);
        assert_eq!(MarkedResource::read("kubernetes:c1:n1:databases.example.com:shop:`rm -r`\n"), None);
        assert_eq!(MarkedResource::read(&format!("kubernetes:c1:n1:d:shop:{}", "a".repeat(300))), None);
        for (other, is_elsewhere) in [
            (MarkedResource { namespace_uid: "n2", ..OWN }, false),
            (MarkedResource { name: "users", ..OWN }, false),
            (MarkedResource { crd: "caches.example.com", ..OWN }, false),
            (MarkedResource { cluster: "c2", namespace_uid: "n3", ..OWN }, true),
        ] {
            let all =
                whole(vec![item("x1", &[&other.text()])]).reduced(("c1", None), Some(OWN), [&ids("x1")]);
            let [found] = all.as_slice() else { panic!("{other:?}: {all:?}") };
            assert!(!found.is_ours, "{other:?}");
            assert_eq!(found.others.first().map(|other| other.is_elsewhere), Some(is_elsewhere), "{other:?}");
        }
    }

    #[test]
    fn the_cluster_may_get_another_id_and_its_namespaces_do_not() {
        let found = |own: MarkedResource<'_>, there: MarkedResource<'_>| {
            let all =
                whole(vec![item("x1", &[&there.text()])]).reduced(("c1", None), Some(own), [&ids("x1")]);
            all.first().is_some_and(|one| one.is_ours)
        };
        assert!(found(OWN, MarkedResource { cluster: "before", ..OWN }));
        let cluster_scoped = MarkedResource { namespace_uid: "", namespace: "", ..OWN };
        assert!(found(cluster_scoped, cluster_scoped));
        assert!(!found(cluster_scoped, MarkedResource { cluster: "c2", ..cluster_scoped }));
    }

    #[test]
    fn what_concerns_another_resource_is_left_out_and_what_is_marked_for_this_one_is_not() {
        let own = OWN.text();
        let cache = "kubernetes:c1:n1:caches.example.com:shop:orders";
        let marks = whole(vec![item("x1", &[cache]), item("x2", &[&own, "kubernetes-name:orders"])]);
        let all = marks.reduced(("c1", None), Some(OWN), []);
        assert!(
            matches!(all.as_slice(), [one] if one.ids == ids("x2") && one.is_ours && one.others.is_empty()),
            "{all:?}"
        );
        let all = marks.reduced(("c1", Some("kubernetes-name:orders")), Some(OWN), [&ids("x2"), &ids("x1")]);
        let names: Vec<_> = all.iter().map(|one| (one.is_ours, one.has_name)).collect();
        assert_eq!(names, [(true, true), (false, false)], "each once: {all:?}");
        let unknown = marks.reduced(("c1", None), None, [&ids("x2")]);
        assert!(
            matches!(unknown.as_slice(), [one] if !one.is_ours),
            "without the uid of the namespace: {unknown:?}"
        );
    }

    #[test]
    fn a_name_is_asked_for_by_annotation() {
        let marks = whole(vec![item("x1", &["kubernetes-name:orders"])]);
        let found = |external: External| marks.requested(Some(&external)).count();
        assert_eq!(found(External::Name("orders".to_owned())), 1);
        assert_eq!(found(External::NameOrNew("orders".to_owned())), 1);
        assert_eq!(found(External::Id("orders".to_owned())), 0);
        assert_eq!(found(External::Name("order".to_owned())), 0);
        assert_eq!(marks.requested(None).count(), 0);
    }
}
