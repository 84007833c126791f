//! Other claims on an add-on: live resources of every kind, by their records, their status and the names of
//! their add-ons.

use std::sync::Arc;

use futures::FutureExt;
use interpreter::catalog::Addon;
use interpreter::exchange::Manifest;
use interpreter::plan::{Authenticity, Ids, Location, OtherClaim, RECORD, Record, Release};
use interpreter::reconcile::{RECORD_CODE, RecordKeys, RecordOwner};
use interpreter::resource;
use kube::api::DynamicObject;
use serde_json::Value;

use crate::cluster::Key;
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;

/// Live resource that claims an add-on.
struct Claimant {
    other: String,
    authentic: bool,
    former: bool,
}

impl Engine {
    /// Finds a live resource with another uid that names the add-on with these ids. Ids are compared within
    /// one API and endpoint; the account in a record proves nothing.
    pub(super) fn other_claim(&self, location: &Location, ids: &Ids, uid: &str) -> OtherClaim {
        // Read before the controllers: a kind that gets its controller meanwhile is seen twice, but not
        // missed.
        let unlisted = self.controllers.unlisted(&location.api);
        let controllers = self.of_api(&location.api);
        let keys = self.identity.keys();
        let claims = controllers.iter().flat_map(|controller| {
            controller.claims((location, ids), uid, keys.as_deref(), &self.identity.cluster)
        });
        // An authentic claim outweighs the others, and so does one that is not seen yet.
        let claim = claims.max_by_key(|claim| (claim.authentic, !claim.former));
        let unready = controllers.iter().find(|controller| controller.ready().now_or_never().is_none());
        let unknown = unready.map(|controller| controller.kind.kind.clone()).or(unlisted);
        match (claim, unknown) {
            (Some(Claimant { other, authentic: true, former }), _) => {
                OtherClaim::By { other, authentic: true, former }
            }
            (_, Some(kind)) => OtherClaim::Unknown(kind),
            (Some(Claimant { other, authentic, former }), None) => {
                OtherClaim::By { other, authentic, former }
            }
            (None, None) => OtherClaim::None,
        }
    }

    /// Returns the live resource, other than the one with this uid, whose add-on has this name at the API.
    pub(super) fn holder_by_name(&self, api: &str, name: &str, uid: &str) -> Option<String> {
        self.of_api(api).iter().find_map(|controller| controller.named(name, uid))
    }

    /// Returns the kind as an argument of `kubectl`: with its group, where another group has a kind of the
    /// same name.
    pub(crate) fn kubectl_kind(&self, controller: &Controller) -> String {
        let (singular, group) = (&controller.managed.addon.resource.singular, &controller.kind.group);
        let controllers = self.controllers.all();
        let taken = controllers
            .iter()
            .any(|other| other.managed.addon.resource.singular == *singular && other.kind.group != *group);
        if taken { format!("{singular}.{group}") } else { singular.clone() }
    }

    pub(crate) fn of_api(&self, api: &str) -> Vec<Arc<Controller>> {
        let controllers = self.controllers.all().into_iter();
        controllers.filter(|controller| controller.managed.addon.api.name == api).collect()
    }
}

impl Controller {
    /// Returns the live resources, other than the one with this uid, that name the add-on with these ids, and
    /// whether the record of each is authentic.
    fn claims(
        &self,
        (location, ids): (&Location, &Ids),
        uid: &str,
        keys: Option<&RecordKeys>,
        cluster: &str,
    ) -> Vec<Claimant> {
        let claim = |object: Arc<DynamicObject>| {
            let claim = claim(&object, location, ids)?;
            let authentic = self.is_authentic(&object, keys);
            let (counts, former) = match claim {
                Claim::Own => (true, false),
                Claim::Former { cluster: written } => (authentic && written == cluster, true),
            };
            counts.then(|| Claimant { other: self.shown(&object), authentic, former })
        };
        self.others(uid).filter_map(claim).collect()
    }

    /// Returns true when the operator itself wrote the record of the object.
    pub(super) fn is_authentic(&self, object: &DynamicObject, keys: Option<&RecordKeys>) -> bool {
        let annotation = |name: &str| object.metadata.annotations.as_ref()?.get(name).map(String::as_str);
        let key = Key::of(&object.metadata);
        let owner = RecordOwner {
            crd: &self.kind.to_string(),
            namespace: key.namespace.as_deref().unwrap_or_default(),
            name: &key.name,
        };
        let verified = keys
            .zip(annotation(RECORD))
            .map(|(keys, text)| keys.verify(owner, text, annotation(RECORD_CODE)));
        verified == Some(Authenticity::Authentic)
    }

    /// Returns the live resource, other than the one with this uid, whose add-on has this name.
    fn named(&self, name: &str, uid: &str) -> Option<String> {
        if !self.managed.addon.api.identity.adopts {
            return None;
        }
        // A name contains the uid, and most names are those of other resources: only possible matches are
        // rendered.
        let carried = |object: &Arc<DynamicObject>| {
            object.metadata.uid.as_ref().is_some_and(|uid| name.contains(uid.as_str()))
        };
        self.others(uid)
            .filter(carried)
            .find(|object| cloud_name(&self.managed.addon, object).as_deref() == Some(name))
            .map(|object| self.shown(&object))
    }

    fn others<'a>(&self, uid: &'a str) -> impl Iterator<Item = Arc<DynamicObject>> + use<'a> {
        self.all()
            .into_iter()
            .filter(move |object| object.metadata.uid.as_deref().is_some_and(|other| other != uid))
    }

    fn shown(&self, object: &DynamicObject) -> String {
        format!("{} {}", self.kind.kind, Key::of(&object.metadata))
    }
}

/// Returns the name at the cloud of the object's add-on.
pub(crate) fn cloud_name(addon: &Addon, object: &DynamicObject) -> Option<String> {
    let metadata = &object.metadata;
    let manifest = Manifest {
        name: metadata.name.as_deref(),
        namespace: metadata.namespace.as_deref(),
        uid: metadata.uid.as_deref(),
        spec: object.data.get("spec"),
    };
    let known = resource::known(addon, manifest, &Value::Null);
    known.get(&["name".to_owned()]).and_then(Value::as_str).map(str::to_owned)
}

/// Claim of an object on an add-on.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    /// By its own record; or without one by its status, as the previous operator left it.
    Own,
    /// By the record of a former object: it counts once it is authentic, as after a restored backup, though the
    /// operator has not renewed it yet.
    Former {
        /// The id of the cluster that it was written in.
        cluster: String,
    },
}

/// True when the object claims the add-on by its own record, or without one by its status.
pub(crate) fn claims(object: &DynamicObject, location: &Location, ids: &Ids) -> bool {
    claim(object, location, ids) == Some(Claim::Own)
}

fn claim(object: &DynamicObject, location: &Location, ids: &Ids) -> Option<Claim> {
    let Some(text) = object.metadata.annotations.as_ref().and_then(|annotations| annotations.get(RECORD))
    else {
        let status = object.data.pointer("/status/addon").and_then(Value::as_str);
        return status.filter(|status| ids.values().any(|id| id == status)).map(|_| Claim::Own);
    };
    let names = |id: &String| ids.values().any(|own| own == id);
    // Parsing a record costs much more than searching its text for an id.
    if !ids.values().any(|id| text.contains(id.as_str())) {
        return None;
    }
    let record = Record::read(text).ok()?;
    let is_claim = record.api == location.api
        && record.endpoint == location.endpoint
        && record.ids.is_some_and(|held| held.values().any(names));
    match object.metadata.uid.as_deref() == Some(&record.uid) {
        true => (is_claim && record.released.is_none()).then_some(Claim::Own),
        // A retained add-on is taken up again by a resource that was restored after its deletion.
        false => (is_claim && record.released != Some(Release::Deleted) && !record.names_other)
            .then_some(Claim::Former { cluster: record.cluster }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(uid: &str, record: Option<Value>, status: Option<&str>) -> DynamicObject {
        let annotations = record.map(|record| json!({ RECORD: record.to_string() })).unwrap_or(json!({}));
        let object = json!({
            "apiVersion": "g/v1", "kind": "Database", "status": { "addon": status },
            "metadata": { "uid": uid, "name": "orders", "annotations": annotations },
        });
        serde_json::from_value(object).unwrap_or_else(|error| panic!("{error}"))
    }

    fn location(endpoint: &str) -> Location {
        Location { api: "cloud".into(), endpoint: endpoint.into(), account: "mine".into() }
    }

    fn record(uid: &str, id: &str) -> Value {
        json!({ "uid": uid, "api": "cloud", "endpoint": "https://cloud", "account": "another", "ids": { "addon": id, "real": "r1" } })
    }

    #[test]
    fn a_record_with_the_objects_own_uid_or_a_status_alone_is_a_claim() {
        let ids = Ids::from([("addon".to_owned(), "x1".to_owned())]);
        let here = location("https://cloud");
        let cases = [
            ("its own record", object("u", Some(record("u", "x1")), None), &here, true),
            ("a copied record", object("u", Some(record("other", "x1")), None), &here, false),
            ("a record of another add-on", object("u", Some(record("u", "x10")), None), &here, false),
            (
                "a record at another endpoint",
                object("u", Some(record("u", "x1")), None),
                &location("https://elsewhere"),
                false,
            ),
            ("a status without a record", object("u", None, Some("x1")), &here, true),
            (
                "a status beside a record of another add-on",
                object("u", Some(record("u", "x2")), Some("x1")),
                &here,
                false,
            ),
            ("neither", object("u", None, None), &here, false),
        ];
        let former = claim(&object("u", Some(record("other", "x1")), None), &here, &ids);
        assert_eq!(former, Some(Claim::Former { cluster: String::new() }), "it counts if it is authentic");
        for (what, object, location, expected) in cases {
            assert_eq!(claims(&object, location, &ids), expected, "{what}");
        }
    }
}
