//! Decisions about the finalizer that protects the Secret of a namespace: pure functions.

use interpreter::plan::Record;
use kube::api::DynamicObject;

use crate::engine::annotations;

/// Update of the finalizer on a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinalizerUpdate {
    /// The finalizer is right as it is.
    Keep,
    /// A resource needs the Secret.
    Add,
    /// The Secret is not in use.
    Remove,
    /// No cache shows a resource that needs the Secret; live lists have to show none, either.
    RemoveIfUnused,
}

/// Returns the update of the finalizer. Only the Secret in use is protected: no credentials of the others are
/// needed.
pub(super) fn finalizer_update(
    in_use: bool,
    needed: bool,
    protected: bool,
    leaving: bool,
) -> FinalizerUpdate {
    match (in_use && needed, protected) {
        // The API server takes no new finalizer on an object that is being deleted.
        (true, false) if !leaving => FinalizerUpdate::Add,
        (false, true) if in_use => FinalizerUpdate::RemoveIfUnused,
        (false, true) => FinalizerUpdate::Remove,
        (true | false, _) => FinalizerUpdate::Keep,
    }
}

/// True when an add-on was or may have been created for the object with the credentials of its namespace. A
/// finalizer without a record counts as such, because nothing is known.
pub(crate) fn is_made_with(object: &DynamicObject, finalizer: &str) -> bool {
    let record =
        object.metadata.annotations.as_ref().and_then(|annotations| annotations.get(annotations::RECORD));
    match record.map(|text| Record::read(text)) {
        Some(Ok(record)) => record.credentials.is_some() && !record.is_vacant(),
        Some(Err(_)) | None => object.metadata.finalizers.iter().flatten().any(|own| own == finalizer),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use interpreter::plan::Ids;
    use serde_json::json;

    use super::*;
    use FinalizerUpdate::{Add, Keep, Remove, RemoveIfUnused};

    #[test]
    fn the_finalizer_follows_the_need() {
        for (name, [in_use, needed, protected, leaving], expected) in [
            ("needed", [true, true, false, false], Add),
            ("needed and there", [true, true, true, false], Keep),
            ("needed, there and being deleted", [true, true, true, true], Keep),
            ("needed, but being deleted without it", [true, true, false, true], Keep),
            ("not needed", [true, false, false, false], Keep),
            ("not needed any more", [true, false, true, false], RemoveIfUnused),
            ("not needed any more and being deleted", [true, false, true, true], RemoveIfUnused),
            ("not in use", [false, true, false, false], Keep),
            ("not in use any more", [false, true, true, false], Remove),
            ("neither in use nor needed", [false, false, true, true], Remove),
        ] {
            assert_eq!(finalizer_update(in_use, needed, protected, leaving), expected, "{name}");
        }
    }

    #[test]
    fn a_resource_needs_the_secret_while_its_add_on_may_exist() {
        let made =
            Record { uid: "u".into(), credentials: Some("clever-operator".into()), ..Record::default() };
        let ids = Some(Ids::from([("addon".to_owned(), "addon_1".to_owned())]));
        let recorded = Record { ids: ids.clone(), ..made.clone() };
        let by_operator = Record { credentials: None, ids, ..made.clone() };
        for (name, record, finalizers, expected) in [
            ("new", None, vec![], false),
            ("a finalizer without a record", None, vec!["f"], true),
            ("the finalizer of another", None, vec!["other"], false),
            ("a record that cannot be read, with the finalizer", Some("{".to_owned()), vec!["f"], true),
            ("a record that cannot be read", Some("{".to_owned()), vec![], false),
            ("an add-on", Some(recorded.text()), vec![], true),
            ("an add-on of the operator's credentials", Some(by_operator.text()), vec!["f"], false),
            ("a vacant record", Some(made.text()), vec!["f"], false),
        ] {
            let annotations = record.map(|text| json!({ annotations::RECORD: text }));
            let metadata = json!({ "name": "a", "annotations": annotations, "finalizers": finalizers });
            let object = serde_json::from_value(json!({ "metadata": metadata })).unwrap();
            assert_eq!(is_made_with(&object, "f"), expected, "{name}");
        }
    }
}
