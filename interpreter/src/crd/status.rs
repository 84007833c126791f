//! Schema of the status: the fields of every kind, and those of this one. Its default marks a resource as not
//! yet reconciled, so that tools can tell it from a ready one.

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, OneOf};
use crate::crd::condition::conditions;
use crate::crd::schema::{object, with_default};
use crate::resource::id_fields;

/// Returns the schema of `status`.
pub(super) fn status(addon: &Addon) -> Value {
    let mut fields = Map::new();
    for (field, id) in id_fields(&addon.api.identity) {
        let description = if field == "addon" {
            "Id of the add-on at the cloud.".to_owned()
        } else {
            format!("Id `{id}` of the add-on at the cloud.")
        };
        fields.insert(field, text(&description));
    }
    fields.insert("name".into(), text("Name of the add-on at the cloud."));
    if addon.fields.iter().any(|field| matches!(field.one_of, Some(OneOf::Plans))) {
        fields.insert("plan".into(), plan());
    }
    for (name, description) in [("region", "Region of the add-on."), ("version", "Version of the add-on.")] {
        if addon.fields.iter().any(|field| field.shared.as_deref() == Some(name)) {
            fields.insert(name.into(), text(description));
        }
    }
    if addon.has_secret() {
        fields.insert("connection".into(), connection(addon));
    }
    for field in &addon.status {
        put(&mut fields, &field.path, own(addon, &field.path));
    }
    if let Some((_, mirror)) = &addon.resource.scale {
        put(&mut fields, mirror, own(addon, mirror));
    }
    fields.insert("operation".into(), operation());
    let since = "Time since which the add-on was compared with its spec: the list, and the reads of its own. Written with another change, or once a day.";
    fields.insert(
        "observedAt".into(),
        json!({ "description": since, "type": "string", "format": "date-time", "maxLength": 64 }),
    );
    fields.insert(
        "lastHandledReconcileAt".into(),
        text("Value of the annotation `operator.clever-cloud.com/reconcile-requested-at` that was last handled."),
    );
    fields.insert("observedGeneration".into(), observed_generation());
    fields.insert("conditions".into(), conditions());
    with_default(object("State of the add-on, as the operator last observed it.", fields, &[]))
}

/// Returns true when a field of the status mirrors the number that `kubectl scale` changes.
pub(super) fn is_count(addon: &Addon, path: &[String]) -> bool {
    addon.resource.scale.as_ref().is_some_and(|(_, mirror)| mirror == path)
}

fn plan() -> Value {
    let fields =
        [("slug", "Slug of the plan, which users write."), ("id", "Id of the plan, which the cloud uses.")];
    object(
        "Plan of the add-on.",
        fields.into_iter().map(|(name, description)| (name.to_owned(), text(description))).collect(),
        &[],
    )
}

fn connection(addon: &Addon) -> Value {
    let bound =
        |entry: &str| addon.binding.as_ref().is_some_and(|binding| binding.entries.contains_key(entry));
    let mut fields = Map::new();
    for (field, entry, description) in [
        ("host", "host", "Host to connect to."),
        ("port", "port", "Port to connect to."),
        ("database", "database", "Database to use."),
        ("user", "username", "User to connect as."),
    ] {
        if bound(entry) {
            let port = json!({ "description": description, "type": "integer", "format": "int32", "minimum": 0, "maximum": 65535 });
            fields.insert(field.into(), if field == "port" { port } else { text(description) });
        }
    }
    fields.insert("secretName".into(), text("Name of the Secret with everything that is needed to connect."));
    object("Connection details; never a password.", fields, &[])
}

fn operation() -> Value {
    let names = json!({
        "description": "Fields of the spec that the change covers.",
        "type": "array",
        "maxItems": 64,
        "x-kubernetes-list-type": "atomic",
        "items": { "type": "string", "maxLength": 1024 },
    });
    let fields = [
        ("change".to_owned(), text("Name of the change.")),
        ("fields".to_owned(), names),
        ("failed".to_owned(), text("Reason for the failure.")),
    ];
    object("Change that is in progress or has failed.", Map::from_iter(fields), &[])
}

fn observed_generation() -> Value {
    json!({
        "description": "Generation of the spec that was last reconciled; -1 before the first reconciliation.",
        "type": "integer",
        "format": "int64",
        "minimum": -1,
        "default": -1,
    })
}

fn own(addon: &Addon, path: &[String]) -> Value {
    if is_count(addon, path) {
        return json!({ "description": "Observed number.", "type": "integer", "format": "int64" });
    }
    text(&format!(
        "The {} of {}, once it is known.",
        path.last().map_or("", String::as_str).replace('_', " "),
        addon.title
    ))
}

fn text(description: &str) -> Value {
    json!({ "description": description, "type": "string", "maxLength": 4096 })
}

/// Puts a schema at a path; creates missing objects, and keeps an existing schema.
fn put(fields: &mut Map<String, Value>, path: &[String], schema: Value) {
    match path {
        [] => {}
        [name] => {
            fields.entry(name.clone()).or_insert(schema);
        }
        [name, rest @ ..] => {
            let group = fields
                .entry(name.clone())
                .or_insert_with(|| object(&format!("Holds `{}`.", rest.join(".")), Map::new(), &[]));
            if let Some(Value::Object(inner)) = group.get_mut("properties") {
                put(inner, rest, schema);
            }
        }
    }
}
