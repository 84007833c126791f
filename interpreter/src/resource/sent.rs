//! Values of the spec that the operator remembers: those that the cloud does not show, and those of fields that
//! may be removed from the spec.

use serde_json::Value;

use crate::catalog::{Addon, Expression, Field, FieldType, OneOf};
use crate::exchange::text;
use crate::plan::{Sent, SentValue};
use crate::resource::desire::{Desired, Wanted};
use crate::resource::refusal::place;

/// Maximum length of a value that the record contains as it is.
const MAX_PLAIN_LEN: usize = 64;

/// Digests of values that may be secret.
pub trait Digests {
    /// Returns the digest of a field's value; `None` if there is no key.
    fn digest(&self, field: &str, value: &str) -> Option<String>;
    /// Returns true when the digest was made of this value; `None` if its key is unknown.
    fn matches(&self, field: &str, value: &str, digest: &str) -> Option<bool>;
}

/// No digests, where nothing is remembered.
pub(super) struct NoDigests;

impl Digests for NoDigests {
    fn digest(&self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn matches(&self, _: &str, _: &str, _: &str) -> Option<bool> {
        None
    }
}

/// Comparison of the desired value of a field with the one in the record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Recall {
    /// The value is the one that was sent last.
    Same,
    /// Another value was sent last, or none.
    Other(Option<Value>),
    /// The value that the add-on has was never sent, or the key of its digest is unknown.
    Unknown,
}

/// Returns true when the record remembers the value of the field: nothing else shows it, it may be removed from the
/// spec, or another client may change it.
pub(super) fn is_remembered(addon: &Addon, field: &Field) -> bool {
    let is_account = || {
        let names = addon.api.account.iter().flat_map(|template| template.names());
        field.shared.as_ref().is_some_and(|shared| names.into_iter().any(|name| name.first() == Some(shared)))
    };
    let is_collection =
        || field.changes.as_ref().is_some_and(|changes| addon.collections.contains_key(&changes.by));
    let may_differ = field.observed.is_none() || field.optional || field.changes.is_some();
    may_differ && !field.path.is_empty() && !field.free && !is_account() && !is_collection()
}

/// Returns the values of the spec that are remembered; `None` if the kind has no such field.
pub(super) fn current(addon: &Addon, desired: &Desired, digests: &dyn Digests) -> Option<Sent> {
    let mut remembered = addon.fields.iter().filter(|field| is_remembered(addon, field)).peekable();
    remembered.peek()?;
    let value = |field: &Field| {
        let wanted = desired.wanted.iter().find(|wanted| wanted.path == field.path)?;
        Some((place(field), sent(addon, field, wanted, digests)))
    };
    Some(remembered.filter_map(value).collect())
}

/// Returns those of these values that a creation sends. Others are set by a change afterwards.
pub(super) fn created(addon: &Addon, current: &Sent) -> Sent {
    let mut names = Vec::new();
    let bodies = addon.create.0.body.iter().chain(addon.options.values());
    bodies.for_each(|body| collect_names(body, &mut names));
    let is_sent = |field: &Field| field.send.is_some() || names.iter().any(|name| field.is_meant_by(name));
    let sent = addon.fields.iter().filter(|field| is_sent(field)).map(place);
    sent.filter_map(|place| current.get(&place).map(|value| (place, value.clone()))).collect()
}

fn collect_names(expression: &Expression, names: &mut Vec<Vec<String>>) {
    match expression {
        Expression::Literal(_) => {}
        Expression::Select(selector) => names.push(selector.names()),
        Expression::Render(template) => names.extend(template.names().iter().cloned()),
        Expression::List(elements) => elements.iter().for_each(|element| collect_names(element, names)),
        Expression::Object(members) => members.iter().for_each(|(_, member)| collect_names(member, names)),
        Expression::Each { each, shape } => {
            names.push(each.names());
            collect_names(shape, names);
        }
    }
}

/// Returns the value of a field as the record remembers it.
pub(super) fn sent(addon: &Addon, field: &Field, wanted: &Wanted, digests: &dyn Digests) -> SentValue {
    let text = text(&wanted.wire);
    let is_plain = is_public(addon, field) && text.as_ref().is_some_and(|text| text.len() <= MAX_PLAIN_LEN);
    if is_plain {
        return SentValue { value: Some(wanted.wire.clone()), ..SentValue::default() };
    }
    SentValue { digest: digests.digest(&place(field), &canonical(&wanted.wire)), ..SentValue::default() }
}

/// Compares the desired value with the remembered one. `None` means that nothing was remembered of the add-on yet.
pub(super) fn recall(
    field: &Field,
    wanted: &Wanted,
    recorded: Option<&Sent>,
    digests: &dyn Digests,
) -> Option<Recall> {
    let Some(before) = recorded?.get(&place(field)) else { return Some(Recall::Other(None)) };
    let is_same = match (&before.value, &before.digest) {
        (Some(value), _) => Some(text(value) == text(&wanted.wire)),
        (None, Some(digest)) => digests.matches(&place(field), &canonical(&wanted.wire), digest),
        (None, None) => None,
    };
    Some(match is_same {
        Some(true) if !before.assumed => Recall::Same,
        Some(true) | None => Recall::Unknown,
        Some(false) => Recall::Other(Some(before.value.clone().unwrap_or(Value::Null))),
    })
}

/// Returns the paths below `spec` of the fields whose values the Secret contains or a confidential answer shows.
pub fn confidential_paths(addon: &Addon) -> impl Iterator<Item = &[String]> {
    let fields = addon.fields.iter().filter(|field| !field.path.is_empty());
    fields
        .filter(|field| addon.is_field_confidential(field) || addon.is_copied_to_secret(field))
        .map(|field| field.path.as_slice())
}

/// Returns true when record and messages may show the value. Any text that only the operator knows may be a
/// password.
pub(super) fn is_public(addon: &Addon, field: &Field) -> bool {
    if field.observed.is_some() {
        return !addon.is_field_confidential(field) && !addon.is_copied_to_secret(field);
    }
    match &field.kind {
        FieldType::Boolean | FieldType::Integer(_) | FieldType::Number(_) => true,
        FieldType::Text(_) => field.one_of.as_ref().is_some_and(|one_of| match one_of {
            OneOf::Values(_) | OneOf::Regions | OneOf::Plans | OneOf::Versions => true,
        }),
        FieldType::Map { .. } | FieldType::List { .. } | FieldType::Object(_) => false,
    }
}

/// Returns the text that a digest is made of: the same for equal values, whatever the order of their members.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text(value).map_or_else(|| value.to_string(), |text| Value::from(text).to_string())
        }
    }
}
