//! Protection of the Secret with the credentials of a namespace, by a finalizer.

use crate::plan::Record;

/// Update of the finalizer on a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalizerUpdate {
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
pub fn finalizer_update(in_use: bool, needed: bool, protected: bool, leaving: bool) -> FinalizerUpdate {
    match (in_use && needed, protected) {
        // The API server takes no new finalizer on an object that is being deleted.
        (true, false) if !leaving => FinalizerUpdate::Add,
        (false, true) if in_use => FinalizerUpdate::RemoveIfUnused,
        (false, true) => FinalizerUpdate::Remove,
        (true | false, _) => FinalizerUpdate::Keep,
    }
}

/// Returns true when an add-on was or may have been created for a resource with the credentials of its
/// namespace. A finalizer without a readable record counts as such, because nothing is known.
pub(super) fn is_made_with(record: Option<&Record>, has_finalizer: bool) -> bool {
    record.map_or(has_finalizer, |record| record.credentials.is_some() && !record.is_vacant())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::plan::{Ids, RECORD};
    use crate::reconcile::ObjectParts;
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
            let annotations = record.map(|text| BTreeMap::from([(RECORD.to_owned(), text)]));
            let finalizers: Vec<String> = finalizers.into_iter().map(str::to_owned).collect();
            let object = ObjectParts {
                generation: 1,
                deleting: false,
                finalizers: &finalizers,
                annotations: annotations.as_ref(),
                spec: &Value::Null,
                status: &Value::Null,
            };
            assert_eq!(object.needs_namespace_credentials("f"), expected, "{name}");
        }
    }
}
