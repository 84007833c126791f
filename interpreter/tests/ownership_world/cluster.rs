//! A cluster: its resources, the key of its operator, and what the operator's process remembers.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use interpreter::plan::{
    Adoption, Authenticity, Confirmed, DeletionPolicy, External, Ids, Management, ObservedRecord, OtherClaim,
    Record, Release, Resource,
};
use interpreter::reconcile::{KEY_LEN, Machine, RecordKeys, RecordOwner};

use super::cloud::{Addon, List, ids};

/// The place of a resource: the same after it was restored there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) cluster: usize,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// A resource, or the backup of one.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) uid: String,
    pub(crate) place: Place,
    pub(crate) deleting: bool,
    pub(crate) finalizer: bool,
    /// Another finalizer holds it.
    pub(crate) held: bool,
    pub(crate) record: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) confirm: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) policy: Option<DeletionPolicy>,
    pub(crate) management: Management,
    pub(crate) external: Option<External>,
    /// The generation of the spec.
    pub(crate) generation: i64,
    /// The add-on differs from the spec.
    pub(crate) differs: bool,
    /// The generation that was last observed, and not applied.
    pub(crate) observed: Option<i64>,
}

/// The memory of the process about one uid.
#[derive(Default)]
pub(crate) struct Job {
    pub(crate) machine: Machine,
    pub(crate) list: Option<List>,
    pub(crate) marks: Option<List>,
    pub(crate) outputs: Option<Ids>,
    pub(crate) secret: Option<Ids>,
}

/// A cluster.
pub(crate) struct Cluster {
    pub(crate) id: String,
    pub(crate) keys: RecordKeys,
    pub(crate) objects: Vec<Object>,
    pub(crate) jobs: BTreeMap<String, (Place, Job)>,
    pub(crate) process: u32,
    /// Add-ons that the configuration assigns to a place, and whether for good.
    pub(crate) assigned: Vec<(u32, Place, bool)>,
    /// The number of times that each namespace was deleted and created again.
    pub(crate) namespaces: BTreeMap<String, u32>,
}

impl Cluster {
    pub(crate) fn new(number: usize) -> Self {
        Self {
            id: format!("cluster-{number}"),
            keys: keys(u8::try_from(number).unwrap()),
            objects: Vec::new(),
            jobs: BTreeMap::new(),
            process: 0,
            assigned: Vec::new(),
            namespaces: BTreeMap::new(),
        }
    }

    pub(crate) fn namespace_uid(&self, namespace: &str) -> String {
        format!("{namespace}-{}", self.namespaces.get(namespace).copied().unwrap_or_default())
    }

    /// The rights that the configuration gives the resources of a place.
    pub(crate) fn adoption(&self, place: &Place) -> Adoption {
        let own = self.assigned.iter().filter(|(_, assigned, _)| assigned == place);
        let id = |(id, ..): &(u32, Place, bool)| format!("x{id}");
        Adoption {
            assigned: own.clone().map(id).collect(),
            transferred: own.filter(|(.., for_good)| *for_good).map(id).collect(),
            on_confirmation: place.namespace == "adopts",
        }
    }

    pub(crate) fn object(&self, uid: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.uid == uid)
    }

    pub(crate) fn object_mut(&mut self, uid: &str) -> Option<&mut Object> {
        self.objects.iter_mut().find(|object| object.uid == uid)
    }

    /// Removes the objects that no finalizer holds.
    pub(crate) fn collect(&mut self) {
        self.objects.retain(|object| !object.deleting || object.finalizer || object.held);
    }

    pub(crate) fn sign(&self, place: &Place, record: &str) -> String {
        self.keys.code(owner(place), record).unwrap()
    }

    pub(crate) fn authenticity(&self, object: &Object) -> Authenticity {
        let Some(record) = &object.record else { return Authenticity::Unsigned };
        self.keys.verify(owner(&object.place), record, object.code.as_deref())
    }

    /// The input of the planner for a uid.
    pub(crate) fn resource(&self, uid: &str, place: &Place) -> Resource {
        let gone = Resource {
            uid: uid.to_owned(),
            live: true,
            namespace: place.namespace.clone(),
            name: place.name.clone(),
            kind: "database".to_owned(),
            generation: 1,
            adoption: self.adoption(place),
            ..Resource::default()
        };
        let Some(object) = self.object(uid) else { return gone };
        let record = object.record.as_ref().map(|text| parsed(text));
        Resource {
            exists: true,
            deleting: object.deleting,
            finalizer: object.finalizer,
            record: match record {
                None => ObservedRecord::None,
                Some(Err(why)) => ObservedRecord::Unreadable(why),
                Some(Ok(record)) if record.uid == uid => ObservedRecord::Ours(record.as_ref().clone()),
                Some(Ok(record)) if record.released == Some(Release::Deleted) => ObservedRecord::None,
                Some(Ok(record)) => ObservedRecord::Foreign(record.as_ref().clone()),
            },
            authenticity: self.authenticity(object),
            status_id: object.status.clone(),
            deletion_policy: object.policy,
            generation: object.generation,
            management: object.management,
            external: object.external.clone(),
            confirmed: Confirmed { claim: object.confirm.clone(), ..Confirmed::default() },
            ..gone
        }
    }

    /// The other live resource that names these ids.
    pub(crate) fn claim(&self, uid: &str, wanted: &Ids) -> OtherClaim {
        let claims = self.objects.iter().filter(|object| object.uid != uid).filter(|object| {
            let record = object.record.as_ref().and_then(|text| parsed(text).ok());
            match record {
                Some(record) => {
                    let is_restored = || {
                        self.authenticity(object) == Authenticity::Authentic
                            && record.cluster == self.id
                            && !record.names_other
                            && record.released != Some(Release::Deleted)
                    };
                    let is_own = record.uid == object.uid && record.released.is_none();
                    record.ids.as_ref() == Some(wanted)
                        && (is_own || (record.uid != object.uid && is_restored()))
                }
                None => wanted.values().any(|id| object.status.as_ref() == Some(id)),
            }
        });
        let rated = claims.map(|object| {
            let record = object.record.as_ref().and_then(|text| parsed(text).ok());
            let former = record.is_some_and(|record| record.uid != object.uid);
            let authentic = self.authenticity(object) == Authenticity::Authentic;
            (authentic, former, format!("Database {}", object.uid))
        });
        rated.max_by_key(|(authentic, former, _)| (*authentic, !former)).map_or(
            OtherClaim::None,
            |(authentic, former, other)| OtherClaim::By { other, authentic, former },
        )
    }

    /// The other live resource whose add-on has this name.
    pub(crate) fn named(&self, uid: &str, addon: &Addon) -> Option<String> {
        let others = self.objects.iter().filter(|object| object.uid != uid);
        others.into_iter().find(|object| name_of(&object.uid) == addon.name).map(|object| object.uid.clone())
    }
}

/// Reads a record, and remembers it: a world reads the same texts again and again.
pub(crate) fn parsed(text: &str) -> Result<Rc<Record>, String> {
    thread_local!(static PARSED: RefCell<HashMap<String, Rc<Record>>> = RefCell::default());
    PARSED.with_borrow_mut(|known| {
        if let Some(record) = known.get(text) {
            return Ok(Rc::clone(record));
        }
        if known.len() > 1_000 {
            known.clear();
        }
        let record = Rc::new(Record::read(text)?);
        known.insert(text.to_owned(), Rc::clone(&record));
        Ok(record)
    })
}

/// The name that an operator gives an add-on.
pub(crate) fn name_of(uid: &str) -> String {
    format!("kubernetes::Database::{uid}")
}

pub(crate) fn keys(number: u8) -> RecordKeys {
    RecordKeys::parse(&RecordKeys::line(&[number; KEY_LEN])).unwrap()
}

/// Returns true when a record or a status of the object names this add-on.
pub(crate) fn names(object: &Object, id: u32) -> bool {
    let record = object.record.as_ref().and_then(|text| parsed(text).ok());
    record.is_some_and(|record| record.ids == Some(ids(id)))
}

fn owner(place: &Place) -> RecordOwner<'_> {
    RecordOwner { crd: "databases.example.com", namespace: &place.namespace, name: &place.name }
}
