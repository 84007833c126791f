//! Schema of `spec.connectionSecret`: the shape of the Secret, which is the same for every kind that has one.
//!
//! The rules refuse what would give users the operator's rights. The interpreter checks the same, and what a rule
//! would be too expensive for: the form of keys, and templates.

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Scope};
use crate::crd::schema::object;
use crate::resource::{
    MANAGED_BY, MAX_ANNOTATION_LEN, MAX_KEYS, MAX_METADATA, MAX_TEMPLATE_LEN, MAX_TEMPLATES, RESERVED_NAMES,
    TYPE_PATTERN,
};

/// Maximum length of a name in Kubernetes, and of a key of a Secret.
const MAX_NAME_LEN: usize = 253;
/// Maximum length of the text before each key.
const MAX_PREFIX_LEN: usize = 63;
/// The form of a name in Kubernetes (RFC 1123 subdomain).
const NAME_PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// The form of a label's value.
const LABEL_PATTERN: &str = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";

/// Returns the schema; `None` for a kind without a Secret in a namespace.
pub(super) fn connection_secret(addon: &Addon) -> Option<Value> {
    if addon.resource.scope == Scope::Cluster || !addon.has_secret() {
        return None;
    }
    let mut schema = object(
        "Shape of the Secret with the connection data. Without it, the Secret has the name and the keys of the kind.",
        properties(),
        &[],
    );
    schema["x-kubernetes-validations"] = rules();
    Some(schema)
}

fn properties() -> Map<String, Value> {
    let text = |description: &str, pattern: &str, longest: usize| json!({ "description": description, "type": "string", "maxLength": longest, "pattern": pattern });
    let texts = |description: &str, most: usize, value: Value| json!({ "description": description, "type": "object", "maxProperties": most, "additionalProperties": value });
    let plain = |longest: usize| json!({ "type": "string", "maxLength": longest });
    let label = json!({ "type": "string", "maxLength": 63, "pattern": LABEL_PATTERN });
    let kind = json!({
        "description": "Type of the Secret: `Opaque` (default), `kubernetes.io/basic-auth`, `kubernetes.io/tls`, `kubernetes.io/dockerconfigjson` or `servicebinding.io/NAME`. A new type deletes the Secret and creates it again.",
        "type": "string",
        "maxLength": 128,
        "pattern": TYPE_PATTERN,
    });
    [
        ("name", text("Name of the Secret. A new name moves the Secret: the operator writes the new one, then deletes the old one.", NAME_PATTERN, MAX_NAME_LEN)),
        ("keyPrefix", text("Text before each key of the kind.", "^[-A-Za-z0-9_.]*$", MAX_PREFIX_LEN)),
        ("keys", texts("Keys to write, each with the key of the kind whose value it gets. Only these keys and those of `template` appear.", MAX_KEYS, plain(MAX_NAME_LEN))),
        ("template", texts("Keys to write, each with a handlebars template over `outputs` (the keys of the kind) and `connection` (`host`, `port`, `database`, `user`, `password`, `uri`).", MAX_TEMPLATES, plain(MAX_TEMPLATE_LEN))),
        ("labels", texts("Labels of the Secret.", MAX_METADATA, label)),
        ("annotations", texts("Annotations of the Secret.", MAX_METADATA, plain(MAX_ANNOTATION_LEN))),
        ("type", kind),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn rules() -> Value {
    let names = RESERVED_NAMES.map(|name| format!("'{name}'")).join(", ");
    let mut rules = vec![
        rule(
            format!("!has(self.name) || ![{names}].exists(reserved, self.name.startsWith(reserved))"),
            &format!(
                "name cannot begin with {}: the operator reads credentials and configuration from such Secrets.",
                RESERVED_NAMES.join(", ")
            ),
        ),
        rule(
            "!has(self.keys) || !has(self.keyPrefix) || self.keyPrefix.size() == 0".to_owned(),
            "keys gives each key its whole name: remove keyPrefix, and write it into keys.",
        ),
        rule(
            "!has(self.keys) || !has(self.template) || self.template.all(key, !(key in self.keys))"
                .to_owned(),
            "keys and template cannot have the same key: remove it from one of them.",
        ),
    ];
    for field in ["labels", "annotations"] {
        rules.extend(metadata_rules(field));
    }
    Value::Array(rules)
}

/// Returns one rule for each domain, because the cost of a rule is limited.
fn metadata_rules(field: &str) -> [Value; 3] {
    let all = |condition: &str| format!("!has(self.{field}) || self.{field}.all(key, {condition})");
    let reserved = format!(
        "{field} cannot have keys of the domains kubernetes.io and k8s.io, except app.kubernetes.io."
    );
    [
        rule(all("key.startsWith('app.kubernetes.io/') || !key.contains('kubernetes.io/')"), &reserved),
        rule(all("!key.contains('k8s.io/')"), &reserved),
        rule(
            all(&format!("key != '{MANAGED_BY}' && !key.contains('operator.clever-cloud.com/')")),
            &format!(
                "{field} cannot have keys of the operator: {MANAGED_BY}, and the domain operator.clever-cloud.com."
            ),
        ),
    ]
}

fn rule(expression: String, message: &str) -> Value {
    json!({ "rule": expression, "message": message })
}
