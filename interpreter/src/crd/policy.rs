//! Admission policy that refuses the deletion of protected resources and namespaces. The planner refuses it,
//! too: a policy may be missing, and some deletions pass no admission.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::catalog::Addon;

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
    let name = format!("{prefix}-deletion-protection");
    let mut groups = BTreeMap::<&str, BTreeSet<&str>>::new();
    for Addon { resource, .. } in addons {
        groups.entry(&resource.group).or_default().insert(&resource.plural);
    }
    let rule = |group: &str, resources: Value| {
        // The scope is its default, written so that applying the policy again changes nothing.
        json!({
            "apiGroups": [group],
            "apiVersions": ["*"],
            "operations": ["DELETE"],
            "resources": resources,
            "scope": "*",
        })
    };
    let mut rules = vec![rule("", json!(["namespaces"]))];
    rules.extend(groups.iter().map(|(group, plurals)| rule(group, json!(plurals))));
    let value = |object: &str| format!("{object}.metadata.?annotations[?'{annotation}'].orValue('false')");
    let validation = |expression: &str, whose: &str| {
        let message = format!(
            "the annotation {annotation} {whose} protects it from deletion; remove the annotation first"
        );
        json!({ "expression": expression, "message": message, "reason": "Forbidden" })
    };
    [
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": name },
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": { "resourceRules": rules },
                "validations": [
                    validation(&format!("{} == 'false'", value("oldObject")), "of this object"),
                    validation(
                        &format!("namespaceObject == null || {} == 'false'", value("namespaceObject")),
                        "of its namespace",
                    ),
                ],
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
