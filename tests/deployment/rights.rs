//! The rights that are granted are those that are used.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{PLANE, rights};

/// One thing that may be done: group, resource with its subresource, verb, and the name if it is bound to one.
type Right = (String, String, String, Option<String>);

/// Granted, and not used in the story that is played: each with the reason why it is needed.
const RARE: [(&str, &str, &str); 0] = [];

/// Fails with each right that the deployed roles grant, and that their user has not used.
pub(super) fn all_granted_are_used(manifest: &[Value]) {
    let used = used();
    let is_used = |(group, resource, verb, name): &Right| {
        used.iter().any(|right| (&right.0, &right.1, &right.2) == (group, resource, verb) && (name.is_none() || right.3 == *name))
    };
    let is_rare = |right: &Right| RARE.contains(&(&right.0, &right.1, &right.2));
    let unused: Vec<_> = granted(manifest).into_iter().filter(|right| !is_used(right) && !is_rare(right)).collect();
    assert!(unused.is_empty(), "granted and never used; take them away, or explain them in RARE: {unused:#?}");
}

fn granted(manifest: &[Value]) -> BTreeSet<Right> {
    let roles = manifest.iter().filter(|object| object["kind"] == "ClusterRole" || object["kind"] == "Role");
    roles.flat_map(|role| role["rules"].as_array().unwrap()).flat_map(rights_of).collect()
}

fn rights_of(rule: &Value) -> Vec<Right> {
    let texts =
        |field: &str| rule[field].as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut names: Vec<_> = texts("resourceNames").into_iter().map(Some).collect();
    if names.is_empty() {
        names.push(None);
    }
    let mut rights = Vec::new();
    for group in texts("apiGroups") {
        for resource in texts("resources") {
            for verb in texts("verbs") {
                rights.extend(names.iter().map(|name| (group.clone(), resource.clone(), verb.clone(), name.clone())));
            }
        }
    }
    rights
}

/// Who the deployed operator is, for the API server.
pub(super) fn user() -> String {
    format!("system:serviceaccount:{}:{}", rights::NAMESPACE, rights::ACCOUNT)
}

/// What the deployed operator was allowed to do, according to the audit log.
fn used() -> BTreeSet<Right> {
    let user = user();
    let events = PLANE.audit_events().unwrap();
    let done = events.iter().filter(|event| event["user"]["username"] == user && event["responseStatus"]["code"] != 403);
    done.filter_map(right).collect()
}

fn right(event: &Value) -> Option<Right> {
    let text = |field: &str| event["objectRef"][field].as_str().map(str::to_owned);
    let resource = match (text("resource")?, text("subresource")) {
        (resource, Some(part)) => format!("{resource}/{part}"),
        (resource, None) => resource,
    };
    Some((text("apiGroup").unwrap_or_default(), resource, event["verb"].as_str()?.to_owned(), text("name")))
}
