//! The API server: one custom resource at a time, compare-and-swap on its version, and its Secret.

use interpreter::plan::{Authenticity, Confirmed, ObservedRecord, Record, Resource};

/// The cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) object: Option<Object>,
    pub(crate) version: u64,
    pub(crate) secret: Option<Secret>,
    pub(crate) last_uid: u32,
    /// The operators' catalog has no entry for the kind any more.
    pub(crate) kind_removed: bool,
}

/// The custom resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    pub(crate) uid: u32,
    pub(crate) generation: i64,
    pub(crate) size: i64,
    pub(crate) broken: bool,
    pub(crate) deleting: bool,
    pub(crate) finalizer: bool,
    pub(crate) record: Option<Record>,
    /// The record has the authentication code of the operators.
    pub(crate) signed: bool,
    pub(crate) status: Option<String>,
    pub(crate) recreate: Option<String>,
}

/// The Secret of a resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Secret {
    pub(crate) uid: u32,
    /// The add-on whose credentials it has; none: somebody edited it.
    pub(crate) addon: Option<u32>,
}

/// What somebody knows of the resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) object: Option<Object>,
    pub(crate) version: u64,
    pub(crate) live: bool,
}

impl Cluster {
    pub(crate) fn view(&self, live: bool) -> View {
        View { object: self.object.clone(), version: self.version, live }
    }

    /// A new object of the same name.
    pub(crate) fn apply(&mut self) {
        self.last_uid += 1;
        self.object = Some(Object { uid: self.last_uid, generation: 1, size: 1, ..Object::default() });
        self.version += 1;
    }

    /// Somebody changes the object.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Object)) {
        if let Some(object) = &mut self.object {
            edit(object);
            self.version += 1;
        }
        self.collect();
    }

    /// Changes the object if it is still the one of this version.
    pub(crate) fn swap(
        &mut self,
        uid: u32,
        version: u64,
        edit: impl FnOnce(&mut Object),
    ) -> Result<(), bool> {
        match &self.object {
            Some(object) if object.uid == uid && self.version == version => self.edit(edit),
            Some(object) if object.uid == uid => return Err(true),
            Some(_) | None => return Err(false),
        }
        Ok(())
    }

    /// What nothing holds any more goes, and its Secret with it.
    fn collect(&mut self) {
        if self.object.as_ref().is_some_and(|object| object.deleting && !object.finalizer) {
            self.object = None;
        }
        let uid = self.object.as_ref().map(|object| object.uid);
        self.secret = self.secret.filter(|secret| Some(secret.uid) == uid);
    }
}

impl View {
    /// What the planner is shown of it, for this uid.
    pub(crate) fn resource(&self, uid: u32) -> Resource {
        let gone = Resource {
            uid: uid.to_string(),
            live: self.live,
            namespace: "n".into(),
            name: "r".into(),
            kind: "database".into(),
            ..Resource::default()
        };
        let Some(object) = self.object.as_ref().filter(|object| object.uid == uid) else {
            return gone;
        };
        Resource {
            exists: true,
            generation: object.generation,
            deleting: object.deleting,
            finalizer: object.finalizer,
            record: match &object.record {
                None => ObservedRecord::None,
                Some(record) if record.uid == gone.uid => ObservedRecord::Ours(record.clone()),
                Some(record) => ObservedRecord::Foreign(record.clone()),
            },
            authenticity: if object.signed { Authenticity::Authentic } else { Authenticity::Unsigned },
            status_id: object.status.clone(),
            confirmed: Confirmed { recreate: object.recreate.clone(), ..Confirmed::default() },
            ..gone
        }
    }
}
