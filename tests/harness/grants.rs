//! Rights that roles grant, and those that a user has used, from the audit log.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::PLANE;

/// One thing that may be done, or was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    pub(crate) group: String,
    /// With its subresource.
    pub(crate) resource: String,
    pub(crate) verb: String,
    /// If it is bound to one.
    pub(crate) name: Option<String>,
    /// If it is bound to one.
    pub(crate) namespace: Option<String>,
}

/// What the roles among these objects grant, and this user has never used.
pub(crate) fn unused(objects: &[Value], user: &str) -> Vec<Right> {
    let used = used(user);
    granted(objects).into_iter().filter(|right| !used.iter().any(|used| right.covers(used))).collect()
}

/// What the roles among these objects grant.
pub(crate) fn granted(objects: &[Value]) -> BTreeSet<Right> {
    let roles = objects.iter().filter(|object| object["kind"] == "ClusterRole" || object["kind"] == "Role");
    let rules = roles.flat_map(|role| role["rules"].as_array().into_iter().flatten().map(move |rule| (role, rule)));
    rules.flat_map(|(role, rule)| rights_of(rule, role["metadata"]["namespace"].as_str())).collect()
}

fn rights_of(rule: &Value, namespace: Option<&str>) -> Vec<Right> {
    let texts = |field: &str| rule[field].as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned());
    let mut names: Vec<_> = texts("resourceNames").map(Some).collect();
    if names.is_empty() {
        names.push(None);
    }
    let mut rights = Vec::new();
    for group in texts("apiGroups") {
        for resource in texts("resources") {
            for verb in texts("verbs") {
                let (group, resource, namespace) = (group.clone(), resource.clone(), namespace.map(str::to_owned));
                rights.extend(names.iter().map(|name| Right {
                    group: group.clone(),
                    resource: resource.clone(),
                    verb: verb.clone(),
                    name: name.clone(),
                    namespace: namespace.clone(),
                }));
            }
        }
    }
    rights
}

/// What this user was allowed to do, and did.
fn used(user: &str) -> BTreeSet<Right> {
    let events = PLANE.audit_events_with(&[&format!("\"{user}\"")]).unwrap();
    let done = events.iter().filter(|event| event["user"]["username"] == user && event["responseStatus"]["code"] != 403);
    done.filter_map(right).collect()
}

fn right(event: &Value) -> Option<Right> {
    let text = |field: &str| event["objectRef"][field].as_str().map(str::to_owned);
    let resource = match (text("resource")?, text("subresource")) {
        (resource, Some(part)) => format!("{resource}/{part}"),
        (resource, None) => resource,
    };
    let (group, verb) = (text("apiGroup").unwrap_or_default(), event["verb"].as_str()?.to_owned());
    Some(Right { group, resource, verb, name: text("name"), namespace: text("namespace") })
}

impl Right {
    /// Whether it is what was needed for that.
    fn covers(&self, used: &Self) -> bool {
        let within = |bound: &Option<String>, used: &Option<String>| bound.is_none() || bound == used;
        (&self.group, &self.resource, &self.verb) == (&used.group, &used.resource, &used.verb)
            && within(&self.name, &used.name)
            && within(&self.namespace, &used.namespace)
    }
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
