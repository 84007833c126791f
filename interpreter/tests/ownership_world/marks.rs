//! Marks in the world: which texts add-ons have, who may set them, and what must follow from them.

use interpreter::plan::{
    External, Ids, MarkChange, MarkedAddon, Marking, Marks, OtherMark, Resource, StepOutcome,
};
use interpreter::reconcile::MarkedResource;

use super::cloud::{Addon, ids};
use super::cluster::{Cluster, Job, Place, name_of};
use super::run::World;

const NAME: &str = "kubernetes-name:";

/// The mark of the resources of this place, as long as its namespace lives.
pub(crate) fn text(cluster: &Cluster, place: &Place) -> String {
    let (namespace, name) = (place.namespace.as_str(), place.name.as_str());
    let namespace_uid = cluster.namespace_uid(namespace);
    let crd = "databases.example.com";
    MarkedResource { cluster: &cluster.id, namespace_uid: &namespace_uid, crd, namespace, name }.text()
}

/// Returns true when a mark of the add-on gives the name that an annotation asks for.
pub(crate) fn has_name(addon: &Addon, external: Option<&External>) -> bool {
    let name = external.and_then(External::name);
    name.is_some_and(|name| addon.marks.contains(&format!("{NAME}{name}")))
}

/// The input of the planner.
pub(crate) fn marking(cluster: &Cluster, place: &Place, resource: &Resource, job: &Job) -> Marking {
    let mark = text(cluster, place);
    let name = match &resource.external {
        Some(External::NameOrNew(name)) => Some(format!("{NAME}{name}")),
        Some(External::Id(_) | External::Name(_)) | None => None,
    };
    let other = |text: &String| {
        let named = MarkedResource::read(text)?;
        let is_elsewhere = named.cluster != cluster.id;
        Some(OtherMark { text: text.clone(), resource: text.clone(), is_elsewhere })
    };
    let marked = |addon: &Addon| MarkedAddon {
        ids: ids(addon.id),
        is_ours: addon.marks.contains(&mark),
        has_name: name.as_ref().is_some_and(|name| addon.marks.contains(name)),
        others: addon.marks.iter().filter(|text| **text != mark).filter_map(other).collect(),
    };
    let read = job.marks.as_ref().map(|list| Marks {
        sent: list.sent,
        addons: list.addons.iter().filter(|addon| !addon.marks.is_empty()).map(marked).collect(),
    });
    Marking { resource: Some(mark.clone()), name: name.clone(), read, marks_adopted: false }
}

impl World {
    /// Sets and removes marks. What moves from one cluster to another belongs to the new resource alone.
    pub(super) fn mark(&mut self, place: &Place, uid: &str, change: &MarkChange) -> StepOutcome {
        self.judge_use("marks", place, uid, Some(&change.ids));
        let is_transferred = self.clusters[place.cluster].adoption(place).transferred;
        let namespace_uid = self.clusters[place.cluster].namespace_uid(&place.namespace);
        let Some(addon) = self.cloud.get_mut(&change.ids).filter(|addon| !addon.deleted) else {
            return StepOutcome::NotFound;
        };
        let is_transferred = is_transferred.contains(&format!("x{}", addon.id));
        let cluster = &self.clusters[place.cluster].id;
        let is_elsewhere =
            |text: &String| MarkedResource::read(text).is_some_and(|one| one.cluster != cluster);
        let takes = change.remove.iter().any(is_elsewhere);
        addon.marked_in = namespace_uid;
        addon.marks.retain(|text| !change.remove.contains(text));
        addon.marks.extend(
            change.add.iter().filter(|text| !addon.marks.contains(text)).cloned().collect::<Vec<_>>(),
        );
        // A user may adopt what nothing shows as another's, and a transfer moves the rest.
        let moves = is_transferred || addon.name == "renamed";
        if moves && addon.creator.as_ref().is_some_and(|creator| creator.cluster != place.cluster) {
            addon.former.extend(addon.creator.replace(place.clone()));
        }
        self.count(if takes { "mark moved" } else { "marked" });
        if takes && !is_transferred {
            self.break_off(format!("{place:?} ({uid}) takes the mark of another cluster: {change:?}"));
        }
        StepOutcome::Done
    }

    /// Returns true when a mark gives the add-on to the resources of this place.
    pub(super) fn is_marked_for(&self, place: &Place, wanted: &Ids) -> bool {
        let mark = text(&self.clusters[place.cluster], place);
        self.cloud.get(wanted).is_some_and(|addon| addon.marks.contains(&mark))
    }

    /// A user hands out no add-on that has the mark of another resource alone. What a deletion records, it does not use.
    pub(super) fn judge_taken(&mut self, place: &Place, uid: &str, taken: &Ids) {
        let is_deleting = self.clusters[place.cluster].object(uid).is_some_and(|object| object.deleting);
        if is_deleting {
            return;
        }
        let is_others_name = |addon: &&Addon| addon.name != name_of(uid) && !addon.deleted;
        let Some(addon) = self.cloud.get(taken).filter(is_others_name) else {
            return;
        };
        let is_own = addon.creator.as_ref() == Some(place);
        let is_others = !is_own && addon.marks.iter().any(|text| MarkedResource::read(text).is_some());
        let is_assigned = self.assigned_once.contains(&(addon.id, place.clone()));
        if is_others && !is_assigned && !self.refused_marks && !self.is_marked_for(place, taken) {
            self.break_off(format!(
                "{place:?} ({uid}) takes {taken:?}, which has the mark of another resource"
            ));
        }
    }

    /// A namespace of the same name, made anew, does not get what the former one left.
    pub(super) fn judge_found(&mut self, place: &Place, uid: &str, found: &Ids) {
        let namespace_uid = self.clusters[place.cluster].namespace_uid(&place.namespace);
        let addon = self.cloud.get(found).filter(|addon| addon.name != name_of(uid));
        let marked_in = addon.map(|addon| addon.marked_in.clone());
        if marked_in.is_some_and(|marked_in| marked_in != namespace_uid) {
            self.break_off(format!("{place:?} ({uid}) finds {found:?}, which a former namespace left"));
        }
    }

    /// Nothing is created where a mark says that an add-on for it exists, as long as the cloud shows the marks.
    pub(super) fn judge_creation(&mut self, place: &Place, uid: &str) {
        if self.refused_marks {
            return;
        }
        let cluster = &self.clusters[place.cluster];
        let mark = text(cluster, place);
        let external = cluster.object(uid).and_then(|object| object.external.clone());
        let asks = external.filter(|external| matches!(external, External::NameOrNew(_)));
        let is_elsewhere =
            |text: &String| MarkedResource::read(text).is_some_and(|one| one.cluster != cluster.id);
        let is_taken_over = |addon: &Addon| addon.marks.iter().any(is_elsewhere);
        let is_free = |addon: &&Addon| cluster.named(uid, addon).is_none();
        let is_marked = |addon: &Addon| addon.marks.contains(&mark) && !is_taken_over(addon);
        let exists = |addon: &Addon| is_marked(addon) || has_name(addon, asks.as_ref());
        let beside = self.cloud.live().filter(is_free).find(|addon| exists(addon)).map(|addon| addon.id);
        if let Some(beside) = beside {
            self.break_off(format!(
                "{place:?} ({uid}) creates an add-on, although x{beside} is marked for it"
            ));
        }
    }
}
