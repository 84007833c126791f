//! The RBAC permission that a refused request lacked, as the rule that grants it. Does not know which
//! permissions the operator needs.

use std::fmt;

use kube::core::Status;

use crate::cluster::kind::Kind;

/// Resources that the operator accesses by fixed names, so that a rule can name them.
const BY_NAME: [&str; 3] = ["customresourcedefinitions", "leases", "configmaps"];

/// A permission on a resource, as a rule of RBAC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Permission {
    group: String,
    /// With the subresource, if any: `widgets/status`.
    resource: String,
    /// The one object that it covers; `None` for all of them.
    name: Option<String>,
    verb: String,
    /// `None` for all namespaces, or for a cluster-scoped resource.
    namespace: Option<String>,
}

impl Permission {
    /// Returns the permission that the refused request lacked. `None` if something else refused it, such as a
    /// quota or an admission policy.
    ///
    /// Only the message tells which permission it was: `… cannot VERB resource "R" in API group "G" in the
    /// namespace "N"`. It names what the authorizer was asked, which is not always what the request looks
    /// like.
    pub(crate) fn missing(status: &Status) -> Option<Self> {
        let (_, rest) = status.message.split_once("\" cannot ").filter(|_| status.code == 403)?;
        let (verb, rest) = rest.split_once(" resource \"")?;
        let (resource, rest) = rest.split_once("\" in API group \"")?;
        let (group, scope) = rest.split_once('"')?;
        let namespace = scope
            .strip_prefix(" in the namespace \"")
            .and_then(|named| named.split_once('"'))
            .map(|(name, _)| name.to_owned());
        let name = status.details.as_ref().map(|details| details.name.clone());
        Some(Self {
            name: name.filter(|name| !name.is_empty() && BY_NAME.contains(&resource)),
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            group: group.to_owned(),
            namespace,
        })
    }

    /// Returns the permission to watch a kind in a namespace, or in all of them; with `name`, only the object
    /// of this name.
    pub(super) fn to_watch(kind: &Kind, namespace: Option<&str>, name: Option<&str>) -> Self {
        Self {
            group: kind.group.clone(),
            resource: kind.plural.clone(),
            name: name.map(str::to_owned),
            verb: "watch".to_owned(),
            namespace: namespace.map(str::to_owned),
        }
    }
}

/// Shows the rule to add. List, get and watch are useless without each other, so they are granted together.
impl fmt::Display for Permission {
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

    fn rule_for(message: &str, name: &str) -> Option<String> {
        let status =
            json!({ "code": 403, "reason": "Forbidden", "message": message, "details": { "name": name } });
        Permission::missing(&serde_json::from_value(status).unwrap()).map(|permission| permission.to_string())
    }

    #[test]
    fn a_missing_permission_is_shown_as_the_rule_to_add() {
        let user = r#"is forbidden: User "system:serviceaccount:a:b" cannot"#;
        let cases = [
            (
                format!(
                    r#"secrets "x" {user} patch resource "secrets" in API group "" in the namespace "team-a""#
                ),
                r#"{apiGroups: [""], resources: ["secrets"], verbs: [patch]} in a Role in namespace team-a"#,
            ),
            (
                format!(
                    r#"widgets.example.com {user} list resource "widgets" in API group "example.com" at the cluster scope"#
                ),
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
            assert_eq!(rule_for(&message, "x").as_deref(), Some(rule), "{message}");
        }
    }

    #[test]
    fn other_refusals_are_not_blamed_on_missing_permissions() {
        assert_eq!(rule_for(r#"secrets "x" is forbidden: exceeded quota: secrets=1"#, "x"), None);
        assert_eq!(
            rule_for(
                "secrets is forbidden: unable to create new content in namespace a because it is being terminated",
                ""
            ),
            None
        );
    }
}
