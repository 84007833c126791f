//! Admission policies: the API server refuses to delete what is protected, and refuses the record to users. The
//! planner is safe without either: a policy may be missing, and some requests pass no admission.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::catalog::{Addon, Scope};

/// The group, the resource and the verb of the permission to set records. The API server serves no such
/// resource: the policy asks its authorizer, so RBAC grants the permission like any other.
const RECORDS: [&str; 3] = ["operator.clever-cloud.com", "records", "write"];

/// Clients that may set records, and the namespaces in which no others may.
#[derive(Clone, Copy, Debug)]
pub struct RecordWriters<'a> {
    /// Namespace and name of the operator's service account.
    pub operator: [&'a str; 2],
    /// Namespaces that the operator is limited to; none: it works in all.
    pub namespaces: &'a [String],
}

/// Builds the ValidatingAdmissionPolicy `<prefix>-deletion-protection` for the kinds of these add-ons, and its
/// binding.
///
/// A deletion is refused while this annotation of the object or of its namespace has any value but `false`. A
/// namespace can be protected, too.
pub fn deletion_policy<'a>(
    prefix: &str,
    annotation: &str,
    addons: impl IntoIterator<Item = &'a Addon>,
) -> [Value; 2] {
    let mut rules = vec![rule("", json!(["namespaces"]), &["DELETE"])];
    rules.extend(rules_of(addons, &["DELETE"]));
    let value = |object: &str| format!("{object}.metadata.?annotations[?'{annotation}'].orValue('false')");
    let validation = |expression: &str, whose: &str| {
        let message = format!(
            "the annotation {annotation} {whose} protects it from deletion; remove the annotation first"
        );
        json!({ "expression": expression, "message": message, "reason": "Forbidden" })
    };
    let validations = json!([
        validation(&format!("{} == 'false'", value("oldObject")), "of this object"),
        validation(
            &format!("namespaceObject == null || {} == 'false'", value("namespaceObject")),
            "of its namespace",
        ),
    ]);
    policy(&format!("{prefix}-deletion-protection"), json!({ "resourceRules": rules }), validations)
}

/// Builds the ValidatingAdmissionPolicy `<prefix>-record-protection` for the kinds of these add-ons, and its
/// binding; then the ClusterRole `<prefix>-record-writer`, which grants the permission to set records, and its
/// binding to the operator.
///
/// A request is refused that sets one of these annotations, or changes it. Users may remove them: that proves
/// nothing, and is their way out of a record that is wrong.
pub fn record_policy<'a>(
    prefix: &str,
    annotations: [&str; 2],
    writers: RecordWriters<'_>,
    addons: impl IntoIterator<Item = &'a Addon>,
) -> [Value; 4] {
    let [namespace, name] = writers.operator;
    let [group, resource, verb] = RECORDS;
    let [record, code] = annotations;
    let is_limited = !writers.namespaces.is_empty();
    // An operator that is limited to namespaces manages no cluster-scoped kinds.
    let addons = addons.into_iter().filter(|addon| !is_limited || addon.resource.scope == Scope::Namespaced);
    let mut constraints = json!({ "resourceRules": rules_of(addons, &["CREATE", "UPDATE"]) });
    if is_limited {
        constraints["namespaceSelector"] = json!({ "matchExpressions": [{
            "key": "kubernetes.io/metadata.name", "operator": "In", "values": writers.namespaces,
        }] });
    }
    // The authorizer comes last, because it costs most: few requests change a record. It is asked about the
    // whole cluster, since a tenant may have all permissions in its namespace.
    let expression = format!(
        "['{record}', '{code}'].all(name, !object.metadata.?annotations[?name].hasValue() || (oldObject != null && \
         object.metadata.?annotations[?name] == oldObject.metadata.?annotations[?name])) || \
         request.userInfo.username == 'system:serviceaccount:{namespace}:{name}' || \
         authorizer.group('{group}').resource('{resource}').check('{verb}').allowed()"
    );
    let message = format!(
        "only the operator sets the annotations {record} and {code}. Remove both from the manifest to create a resource \
         with an add-on of its own. To restore a resource with its add-on, apply the manifest as a cluster administrator, \
         or with an account that may {verb} {resource}.{group} (docs/ownership.md)"
    );
    let validations = json!([{ "expression": expression, "message": message, "reason": "Forbidden" }]);
    let [policy, binding] = policy(&format!("{prefix}-record-protection"), constraints, validations);
    let role = format!("{prefix}-record-writer");
    [
        policy,
        binding,
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": { "name": role },
            "rules": [{ "apiGroups": [group], "resources": [resource], "verbs": [verb] }],
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": { "name": role },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": namespace }],
        }),
    ]
}

fn policy(name: &str, constraints: Value, validations: Value) -> [Value; 2] {
    [
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": name },
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": constraints,
                "validations": validations,
            },
        }),
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": name },
            "spec": { "policyName": name, "validationActions": ["Deny"] },
        }),
    ]
}

/// Returns one rule for each group of these add-ons' kinds.
fn rules_of<'a>(addons: impl IntoIterator<Item = &'a Addon>, operations: &[&str]) -> Vec<Value> {
    let mut groups = BTreeMap::<&str, BTreeSet<&str>>::new();
    for Addon { resource, .. } in addons {
        groups.entry(&resource.group).or_default().insert(&resource.plural);
    }
    groups.iter().map(|(group, plurals)| rule(group, json!(plurals), operations)).collect()
}

/// The scope is its default, written so that applying the policy again changes nothing.
fn rule(group: &str, resources: Value, operations: &[&str]) -> Value {
    json!({
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": operations,
        "resources": resources,
        "scope": "*",
    })
}
