//! The right that a refused request lacked, as the rule that would give it. Knows nothing of which rights are needed.

use std::fmt;

use kube::core::Status;

use super::Kind;

/// Asked for by the same names all the time, so that a rule can be as narrow as that.
const BY_NAME: [&str; 3] = ["customresourcedefinitions", "leases", "configmaps"];

/// What somebody may do with a resource, as a rule of RBAC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Right {
    group: String,
    /// With its subresource, if it has one: `widgets/status`.
    resource: String,
    /// The one object that it is about; none: all of them.
    name: Option<String>,
    verb: String,
    /// None: in all of them, or the resource belongs to none.
    namespace: Option<String>,
}

impl Right {
    /// The right for want of which a request was answered so. None where something else was in the way: a quota, an admission policy, and
    /// whatever else answers 403.
    ///
    /// Nothing but the message says which right it was: `… cannot VERB resource "R" in API group "G" in the namespace "N"`. It is what was asked of the
    /// authorizer, which is not always what the request looks like.
    pub fn missing(status: &Status) -> Option<Self> {
        let (_, asked) = status.message.split_once("\" cannot ").filter(|_| status.code == 403)?;
        let (verb, asked) = asked.split_once(" resource \"")?;
        let (resource, asked) = asked.split_once("\" in API group \"")?;
        let (group, place) = asked.split_once('"')?;
        let namespace = place.strip_prefix(" in the namespace \"").and_then(|named| named.split_once('"')).map(|(name, _)| name.to_owned());
        let name = status.details.as_ref().map(|details| details.name.clone());
        Some(Self {
            name: name.filter(|name| !name.is_empty() && BY_NAME.contains(&resource)),
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            group: group.to_owned(),
            namespace,
        })
    }

    /// To follow a kind in a namespace, or in all of them; `name`: only the object of this name.
    pub(super) fn to_follow(kind: &Kind, namespace: Option<&str>, name: Option<&str>) -> Self {
        Self {
            group: kind.group.clone(),
            resource: kind.plural.clone(),
            name: name.map(str::to_owned),
            verb: "watch".to_owned(),
            namespace: namespace.map(str::to_owned),
        }
    }
}

/// Who may list may as well read and follow: the one is of no use without the others.
impl fmt::Display for Right {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, resource, name, verb, namespace } = self;
        let names = name.iter().map(|name| format!(r#"resourceNames: ["{name}"], "#)).collect::<String>();
        let verbs = if ["list", "watch"].contains(&verb.as_str()) { "get, list, watch" } else { verb };
        write!(out, r#"{{apiGroups: ["{group}"], resources: ["{resource}"], {names}verbs: [{verbs}]}}"#)?;
        match namespace {
            Some(namespace) => write!(out, " in a Role in namespace {namespace}"),
            None => out.write_str(" in a ClusterRole"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn told(message: &str, name: &str) -> Option<String> {
        let status = json!({ "code": 403, "reason": "Forbidden", "message": message, "details": { "name": name } });
        Right::missing(&serde_json::from_value(status).unwrap()).map(|right| right.to_string())
    }

    #[test]
    fn what_is_missing_is_told_as_the_rule_to_add() {
        let user = r#"is forbidden: User "system:serviceaccount:a:b" cannot"#;
        let cases = [
            (
                format!(r#"secrets "x" {user} patch resource "secrets" in API group "" in the namespace "team-a""#),
                r#"{apiGroups: [""], resources: ["secrets"], verbs: [patch]} in a Role in namespace team-a"#,
            ),
            (
                format!(r#"widgets.example.com {user} list resource "widgets" in API group "example.com" at the cluster scope"#),
                r#"{apiGroups: ["example.com"], resources: ["widgets"], verbs: [get, list, watch]} in a ClusterRole"#,
            ),
            (
                format!(
                    r#"widgets.example.com "x" {user} patch resource "widgets/status" in API group "example.com" in the namespace "a": no"#
                ),
                r#"{apiGroups: ["example.com"], resources: ["widgets/status"], verbs: [patch]} in a Role in namespace a"#,
            ),
            (
                format!(
                    r#"leases.coordination.k8s.io "x" {user} get resource "leases" in API group "coordination.k8s.io" in the namespace "a""#
                ),
                r#"{apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["x"], verbs: [get]} in a Role in namespace a"#,
            ),
        ];
        for (message, rule) in cases {
            assert_eq!(told(&message, "x").as_deref(), Some(rule), "{message}");
        }
    }

    #[test]
    fn what_something_else_forbids_is_not_blamed_on_missing_rights() {
        assert_eq!(told(r#"secrets "x" is forbidden: exceeded quota: secrets=1"#, "x"), None);
        assert_eq!(told("secrets is forbidden: unable to create new content in namespace a because it is being terminated", ""), None);
    }
}
