//! Observed marks of one resource: which add-ons have its marks, and which texts those are.

use crate::plan::{Ids, Marking, Marks, Target, same};
use crate::reconcile::Subject;
use crate::reconcile::marked_resource::MarkedResource;
use crate::reconcile::marking_policy::MarkingPolicy;
use crate::reconcile::marks;
use crate::reconcile::observations::{Lookup, Observations, given, location};
use crate::resource::Desired;

impl Observations {
    /// Takes the newest cached marks of the resource's location.
    pub(super) fn take_newest_marks(
        &mut self,
        subject: &Subject,
        target: &Target,
        desired: Option<&Desired>,
        lookup: &dyn Lookup,
    ) {
        if !has_marks(subject, lookup) {
            self.marks = None;
            return;
        }
        let location = location(&subject.resource, target);
        let context = self.request_context(lookup.kind(), given(subject, desired), &location, None);
        self.marks = lookup.newest_marks(&location, &context);
    }

    /// Returns the marks, as far as they concern the resource; `None` without marks at the cloud.
    pub(super) fn marking(&self, subject: &Subject, lookup: &dyn Lookup) -> Option<Marking> {
        if !has_marks(subject, lookup) {
            return None;
        }
        let resource = self.marked_resource(subject, lookup);
        let name = marks::new_name(subject.resource.external.as_ref());
        let recorded = subject.any_record().and_then(|record| record.ids.as_ref()).or(self.recorded.as_ref());
        let listed = self.listing.iter().flat_map(|listing| &listing.entries);
        let known = listed.map(|entry| &entry.ids).chain(recorded);
        let (cluster, policy) = lookup.marking();
        let read = self.marks.as_ref().map(|whole| Marks {
            sent: whole.sent,
            addons: whole.reduced((cluster, name.as_deref()), resource, known),
        });
        let resource = resource.map(|resource| resource.text());
        Some(Marking { resource, name, read, marks_adopted: policy == MarkingPolicy::All })
    }

    /// Returns the ids of the add-ons whose marks name the resource.
    pub(super) fn marked(&self, subject: &Subject, lookup: &dyn Lookup) -> Vec<&Ids> {
        let Some(resource) = self.marked_resource(subject, lookup) else { return Vec::new() };
        self.marks.iter().flat_map(|whole| whole.of_resource(resource)).map(|item| &item.ids).collect()
    }

    /// Returns the ids of the add-ons whose marks have the name in the annotations of the resource.
    pub(super) fn marked_as_requested(&self, subject: &Subject) -> Vec<&Ids> {
        let external = subject.resource.external.as_ref();
        self.marks.iter().flat_map(|whole| whole.requested(external)).map(|item| &item.ids).collect()
    }

    /// Returns the ids of the add-on that a former resource of the same name has left, as the list shows them.
    pub(super) fn former(&self, subject: &Subject, lookup: &dyn Lookup) -> Option<Ids> {
        let marked = self.marked(subject, lookup);
        let replaced = subject.record().and_then(|record| record.replaced.as_ref());
        let is_marked = |ids: &Ids| marked.iter().any(|one| same(one, ids)) && replaced != Some(ids);
        let entries = self.listing.iter().flat_map(|listing| &listing.entries);
        let mut free = entries.filter(|entry| entry.same_provider && entry.held_by.is_none());
        free.find(|entry| is_marked(&entry.ids)).map(|entry| entry.ids.clone())
    }

    /// Returns the uid of the namespace, as read or as an authentic record has it.
    pub(super) fn namespace_uid<'a>(&'a self, subject: &'a Subject) -> Option<&'a str> {
        self.namespace_uid.as_deref().or_else(|| subject.namespace_uid())
    }

    /// Returns the resource as marks name it; `None` while the uid of its namespace is not known.
    fn marked_resource<'a>(
        &'a self,
        subject: &'a Subject,
        lookup: &'a dyn Lookup,
    ) -> Option<MarkedResource<'a>> {
        let resource = &subject.resource;
        let namespace_uid = match resource.namespace.as_str() {
            "" => "",
            _ => self.namespace_uid(subject)?,
        };
        let (cluster, crd) = (lookup.marking().0, subject.crd.as_str());
        Some(MarkedResource {
            cluster,
            namespace_uid,
            crd,
            namespace: &resource.namespace,
            name: &resource.name,
        })
    }
}

fn has_marks(subject: &Subject, lookup: &dyn Lookup) -> bool {
    let (cluster, policy) = lookup.marking();
    subject.has_marks && policy != MarkingPolicy::None && !cluster.is_empty()
}
