//! Spec of an add-on that exists: the observed values, written as a user would write them.

use serde_json::{Map, Value, json};

use crate::catalog::{self, Addon, Field, FieldType};
use crate::exchange::{Manifest, Offers, quotable, text, walk};
use crate::plan::Difference;
use crate::resource::account::{account_fields, known};
use crate::resource::as_written::as_written;
use crate::resource::comparison::differences;
use crate::resource::desire::{Desire, Desired, Stage, desire};
use crate::resource::difference::seen;

/// Spec that an add-on fulfils, as far as the cloud shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedSpec {
    /// The spec, in the catalog's order.
    pub spec: Value,
    /// The fields without a value in it, other than those that do not apply.
    pub unknown: Vec<UnknownField>,
    /// The remaining differences between this spec and the add-on.
    pub differences: Vec<Difference>,
    /// The reason why the spec cannot be judged, if there is one.
    pub refused: Option<String>,
    /// The fields with a value that the Secret copies, as paths below `spec`.
    pub confidential: Vec<String>,
}

/// Field whose value the cloud does not show, or shows in a form that the field does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// The path below `spec`.
    pub path: Vec<String>,
    /// True when a manifest needs the field.
    pub required: bool,
    /// The description of the field, in the catalog's words.
    pub description: String,
    /// The observed value, if there is one that the field does not accept.
    pub observed: Option<String>,
}

/// Returns the spec of the add-on in an account, as `root` shows it: a context with `listed`, the reads and the
/// outputs.
pub fn observed_spec(addon: &Addon, account: &str, root: &Value, offers: Option<&Offers>) -> ObservedSpec {
    let account = account_fields(&addon.api, account);
    let mut spec = json!({});
    let mut unknown = Vec::new();
    for field in addon.fields.iter().filter(|field| !field.path.is_empty() && has_choice(field)) {
        let shared = field.shared.as_ref().and_then(|name| account.get(name)).cloned();
        let observed = shared.clone().or_else(|| seen(field, root).value());
        let written = shared.or_else(|| as_written(field, observed.as_ref()?, offers));
        match written.filter(|value| is_accepted(addon, field, value)) {
            Some(value) if field.optional && is_empty(&value) => {}
            Some(value) => put(&mut spec, &field.path, value),
            None => unknown.push(unknown_field(addon, field, observed.as_ref())),
        }
    }
    let is_account = |field: &Field| field.shared.as_ref().is_some_and(|name| account.contains_key(name));
    let written = |field: &&Field| !field.path.is_empty() && walk(&spec, &field.path).is_some();
    let copied = addon.fields.iter().filter(|field| addon.is_copied_to_secret(field) && !is_account(field));
    let confidential = copied.filter(written).map(|field| field.path.join(".")).collect();
    ObservedSpec { confidential, ..complete(addon, spec, unknown, root, offers) }
}

/// Leaves out the fields that do not apply, and compares the rest with the add-on.
fn complete(
    addon: &Addon,
    mut spec: Value,
    mut unknown: Vec<UnknownField>,
    root: &Value,
    offers: Option<&Offers>,
) -> ObservedSpec {
    let (mut judged, mut refused) = judge(addon, &spec, offers);
    if let Some(ignored) = judged.as_ref().map(|desired| &desired.ignored).filter(|all| !all.is_empty()) {
        ignored.iter().for_each(|field| remove(&mut spec, &field.path));
        (judged, refused) = judge(addon, &spec, offers);
    }
    if let Some(desired) = &judged {
        let root = desired.context.value();
        let applies = |field: &&Field| !field.unless.as_ref().is_some_and(|test| test.holds(root));
        let applying: Vec<_> = addon.fields.iter().filter(applies).map(|field| &field.path).collect();
        unknown.retain(|field| applying.contains(&&field.path));
    }
    ObservedSpec {
        differences: judged.map(|desired| differences(addon, &desired, root)).unwrap_or_default(),
        confidential: Vec::new(),
        spec,
        unknown,
        refused,
    }
}

fn judge(addon: &Addon, spec: &Value, offers: Option<&Offers>) -> (Option<Box<Desired>>, Option<String>) {
    let manifest = Manifest { spec: Some(spec), ..Manifest::default() };
    match desire(addon, &known(addon, manifest, &Value::Null), offers, Stage::Existing) {
        Desire::Clear(desired) => (Some(desired), None),
        Desire::Refused(refused) => (None, Some(refused.message)),
        Desire::NeedsOffers => (None, Some("The offers of the cloud are not known.".to_owned())),
    }
}

/// Returns false for an object without members, which manifests may have for compatibility.
fn has_choice(field: &Field) -> bool {
    !matches!(&field.kind, FieldType::Object(members) if members.is_empty())
}

/// Returns true when the CRD accepts the value.
fn is_accepted(addon: &Addon, field: &Field, value: &Value) -> bool {
    let mut spec = json!({});
    put(&mut spec, &field.path, value.clone());
    let place =
        ["spec"].into_iter().chain(field.path.iter().map(String::as_str)).collect::<Vec<_>>().join(".");
    let below = format!("{place}.");
    !catalog::misfits(addon, &spec).iter().any(|(at, _)| *at == place || at.starts_with(&below))
}

fn unknown_field(addon: &Addon, field: &Field, observed: Option<&Value>) -> UnknownField {
    let shown = observed.filter(|_| !addon.is_field_confidential(field));
    UnknownField {
        path: field.path.clone(),
        required: !field.optional && field.default.is_none(),
        description: field.description.clone(),
        observed: shown.and_then(text).map(|text| quotable(&text)),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn put(target: &mut Value, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    if let Value::Object(members) = target {
        put(members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new())), rest, value);
    }
}

/// Removes a value, and the objects that are empty without it.
fn remove(target: &mut Value, path: &[String]) {
    let (Some((name, rest)), Value::Object(members)) = (path.split_first(), target) else { return };
    if let Some(below) = members.get_mut(name) {
        remove(below, rest);
        if rest.is_empty() || is_empty(below) {
            members.shift_remove(name);
        }
    }
}
