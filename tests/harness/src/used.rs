//! Which of the rights that were given to somebody were used, according to the audit log.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::PLANE;

/// One thing that may be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    pub group: String,
    /// With its subresource.
    pub resource: String,
    pub verb: String,
    /// None: to all of them.
    pub name: Option<String>,
    /// None: anywhere.
    pub namespace: Option<String>,
}

/// The rights that the roles among these objects give to a user by a binding among them, and that the user
/// has not used.
pub fn unused(user: &str, objects: &[Value]) -> Vec<Right> {
    let used = used(user);
    // The API server itself asks for the permission to write records, which is in no log.
    let is_of_a_policy = |right: &Right| right.group == "operator.clever-cloud.com";
    granted(&bound(objects))
        .into_iter()
        .filter(|right| !is_of_a_policy(right))
        .filter(|right| !used.iter().any(|used| covers(right, used)))
        .collect()
}

fn covers(granted: &Right, used: &Right) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| one.is_none() || one == other;
    (&granted.group, &granted.resource, &granted.verb) == (&used.group, &used.resource, &used.verb)
        && same(&granted.name, &used.name)
        && same(&granted.namespace, &used.namespace)
}

/// The roles among these objects that a binding among them names. It leaves out the roles for users of a
/// namespace: no binding names those.
pub fn bound(objects: &[Value]) -> Vec<Value> {
    let names = |object: &Value| (object["kind"].clone(), object["metadata"]["name"].clone());
    let bindings =
        objects.iter().filter(|object| object["kind"].as_str().is_some_and(|kind| kind.ends_with("Binding")));
    let bound: Vec<_> = bindings
        .map(|binding| (binding["roleRef"]["kind"].clone(), binding["roleRef"]["name"].clone()))
        .collect();
    objects.iter().filter(|object| bound.contains(&names(object))).cloned().collect()
}

/// What the roles among these objects give.
pub fn granted(objects: &[Value]) -> BTreeSet<Right> {
    let roles = objects.iter().filter(|object| object["kind"] == "ClusterRole" || object["kind"] == "Role");
    let rules =
        roles.flat_map(|role| role["rules"].as_array().into_iter().flatten().map(move |rule| (role, rule)));
    rules.flat_map(|(role, rule)| rights_of(rule, role["metadata"]["namespace"].as_str())).collect()
}

fn rights_of(rule: &Value, namespace: Option<&str>) -> Vec<Right> {
    let texts = |field: &str| {
        rule[field]
            .as_array()
            .into_iter()
            .flatten()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut names: Vec<_> = texts("resourceNames").into_iter().map(Some).collect();
    if names.is_empty() {
        names.push(None);
    }
    let mut rights = Vec::new();
    for group in texts("apiGroups") {
        for resource in texts("resources") {
            for verb in texts("verbs") {
                rights.extend(names.iter().map(|name| Right {
                    group: group.clone(),
                    resource: resource.clone(),
                    verb: verb.clone(),
                    name: name.clone(),
                    namespace: namespace.map(str::to_owned),
                }));
            }
        }
    }
    rights
}

/// What the user was allowed to do.
fn used(user: &str) -> BTreeSet<Right> {
    let events = PLANE.audit_events_with(&[&format!("\"{user}\"")]).unwrap();
    let done = events
        .iter()
        .filter(|event| event["user"]["username"] == user && event["responseStatus"]["code"] != 403);
    let (mut used, mut made) = (BTreeSet::new(), BTreeSet::new());
    for event in done {
        let Some(right) = right(event) else { continue };
        // A server-side apply that creates is a patch to the log, and needs both rights.
        if right.verb == "patch" && event["responseStatus"]["code"] == 201 {
            made.insert(Right { verb: "create".into(), ..right.clone() });
        }
        used.insert(right);
    }
    used.extend(made);
    used
}

fn right(event: &Value) -> Option<Right> {
    let text = |field: &str| event["objectRef"][field].as_str().map(str::to_owned);
    let resource = match (text("resource")?, text("subresource")) {
        (resource, Some(part)) => format!("{resource}/{part}"),
        (resource, None) => resource,
    };
    let verb = event["verb"].as_str()?.to_owned();
    Some(Right {
        group: text("apiGroup").unwrap_or_default(),
        resource,
        verb,
        name: text("name"),
        namespace: text("namespace"),
    })
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, resource, verb, name, namespace } = self;
        let dot = if group.is_empty() { "" } else { "." };
        write!(f, "{verb} {resource}{dot}{group}")?;
        name.iter().try_for_each(|name| write!(f, " {name}"))?;
        namespace.iter().try_for_each(|namespace| write!(f, " in {namespace}"))
    }
}
