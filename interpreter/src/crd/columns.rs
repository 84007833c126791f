//! Columns of `kubectl get`: readiness, the fields that distinguish resources, the first field of the own
//! status, and the age. Others need `-o wide`.

use serde_json::{Value, json};

use crate::catalog::{Addon, Field, FieldType, OneOf};
use crate::crd::status::is_count;

/// Shared fields whose columns come first, in this order. Their columns show the value that the cloud reports.
const REPORTED: [&str; 3] = ["plan", "region", "version"];

/// Returns the printer columns. They must fit a terminal: accounts are long and mostly equal, and ids are for
/// other programs.
pub(super) fn columns(addon: &Addon) -> Value {
    let ready = ".status.conditions[?(@.type==\"Ready\")]";
    let mut columns = vec![
        column("Ready", "string", &format!("{ready}.status"), 0),
        column("Reason", "string", &format!("{ready}.reason"), 0),
    ];
    let (accounts, mut fields): (Vec<_>, Vec<_>) =
        addon.fields.iter().partition(|field| is_of_account(addon, field));
    fields.sort_by_key(|field| rank(field));
    columns.extend(accounts.into_iter().filter_map(|field| of_field(field, 1)));
    columns.push(column("addon", "string", ".status.addon", 1));
    columns.extend(fields.into_iter().filter_map(|field| of_field(field, 0)));
    let own = addon.status.iter().filter(|field| field.path.len() == 1 || is_count(addon, &field.path));
    let own = own.enumerate().map(|(position, field)| {
        let kind = if is_count(addon, &field.path) { "integer" } else { "string" };
        let name = field.path.last().map_or("", String::as_str);
        column(name, kind, &format!(".status.{}", field.path.join(".")), i32::from(position > 0))
    });
    columns.extend(own);
    columns.push(column("Age", "date", ".metadata.creationTimestamp", 0));
    Value::Array(columns)
}

fn rank(field: &Field) -> usize {
    let shared = field.shared.as_deref();
    REPORTED.iter().position(|name| shared == Some(name)).unwrap_or(REPORTED.len())
}

fn is_of_account(addon: &Addon, field: &Field) -> bool {
    addon
        .api
        .account
        .iter()
        .flat_map(|account| account.names())
        .any(|name| name.first() == field.shared.as_ref())
}

fn of_field(field: &Field, priority: i32) -> Option<Value> {
    let name = &field.column.as_ref().filter(|_| !field.path.is_empty())?.name;
    if let Some(path) = in_status(field) {
        return Some(column(name, "string", path, priority));
    }
    let kind = match &field.kind {
        FieldType::Text(_) => "string",
        FieldType::Integer(_) => "integer",
        FieldType::Number(_) => "number",
        FieldType::Boolean => "boolean",
        FieldType::Map { .. } | FieldType::List { .. } | FieldType::Object(_) => return None,
    };
    Some(column(name, kind, &format!(".spec.{}", field.path.join(".")), priority))
}

/// Returns the path in the status of a field that the cloud reports. A field that no read observes has none: its
/// status would be empty for an add-on that this operator did not create.
fn in_status(field: &Field) -> Option<&'static str> {
    field.observed.as_ref()?;
    match (field.shared.as_deref()?, &field.one_of) {
        ("plan", Some(OneOf::Plans)) => Some(".status.plan.slug"),
        ("region", _) => Some(".status.region"),
        ("version", _) => Some(".status.version"),
        _ => None,
    }
}

fn column(name: &str, kind: &str, path: &str, priority: i32) -> Value {
    let mut column = json!({ "name": name, "type": kind, "jsonPath": path });
    if priority > 0 {
        column["priority"] = priority.into();
    }
    column
}
