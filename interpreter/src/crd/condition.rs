//! Conditions of a status, with the standard schema and their values before the first reconciliation.

use serde_json::{Map, Value, json};

/// Schema of `status.conditions`, a list by type. Ready is Unknown until the first reconciliation.
pub(super) fn conditions() -> Value {
    json!({
        "description": "Conditions of the resource, by type: `Ready`, `Reconciling`, `Stalled`, `Available`.",
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "default": [{
            "type": "Ready",
            "status": "Unknown",
            "reason": "Queued",
            "message": "The operator has not reconciled this resource yet.",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }],
        "items": {
            "description": "One condition.",
            "type": "object",
            "required": ["type", "status", "lastTransitionTime", "reason", "message"],
            "properties": Map::from_iter(fields()),
        },
    })
}

/// Fields of a condition, as in `metav1.Condition`.
fn fields() -> [(String, Value); 6] {
    let named = |name: &str, schema: Value| (name.to_owned(), schema);
    let qualified = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";
    let reason = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";
    [
        named(
            "type",
            json!({ "description": "Type of the condition.", "type": "string", "maxLength": 316, "pattern": qualified }),
        ),
        named(
            "status",
            json!({ "description": "Status of the condition.", "type": "string", "enum": ["True", "False", "Unknown"] }),
        ),
        named(
            "observedGeneration",
            json!({ "description": "Generation of the spec that the condition refers to.", "type": "integer", "format": "int64", "minimum": 0 }),
        ),
        named(
            "lastTransitionTime",
            json!({ "description": "Time of the last change of `status`.", "type": "string", "format": "date-time", "maxLength": 64 }),
        ),
        named(
            "reason",
            json!({ "description": "Reason of the condition, in CamelCase.", "type": "string", "minLength": 1, "maxLength": 1024, "pattern": reason }),
        ),
        named(
            "message",
            json!({ "description": "Message for users: what happened and what to do.", "type": "string", "maxLength": 32768 }),
        ),
    ]
}
