//! Observed values as a user would write them in a spec: the reverse of the translation into what is sent.

use serde_json::{Map, Number, Value};

use crate::catalog::{Compare, Field, FieldType, OneOf};
use crate::exchange::{OfferedPlan, Offers, text};
use crate::resource::difference::{is_same, numbers};

/// Returns the value of a field for which the spec fulfils what is observed; `None` if no value of the field's
/// type does.
pub(super) fn as_written(field: &Field, observed: &Value, offers: Option<&Offers>) -> Option<Value> {
    if let Some(OneOf::Plans) = field.one_of {
        return plan(observed, offers.and_then(|offers| offers.plans.as_deref()).unwrap_or_default());
    }
    if let Some((code, _)) = field.values.iter().find(|(_, sent)| is_same(field.compare, sent, observed)) {
        return typed(field, &field.kind, &code.as_str().into());
    }
    match (&field.kind, field.compare) {
        (FieldType::Integer(_), Compare::Major) => numbers(observed)?.first().copied().map(Value::from),
        _ => typed(field, &field.kind, &offered_version(field, observed, offers)),
    }
}

/// Returns the slug of a plan, or its id if the slug means another plan, or the plan is no longer offered.
fn plan(observed: &Value, plans: &[OfferedPlan]) -> Option<Value> {
    let id = text(observed)?;
    let called = |name: &str| plans.iter().find(|plan| plan.called.iter().any(|own| own == name));
    let slug = plans.iter().find(|plan| plan.id == id || plan.slug == id).map(|plan| plan.slug.as_str());
    let slug = slug.filter(|slug| called(slug).is_some_and(|plan| plan.id == id || plan.slug == id));
    Some(slug.unwrap_or(&id).into())
}

/// Returns the offered version that the observed one belongs to, such as "18" for "18.4"; the observed one if
/// there is none.
fn offered_version(field: &Field, observed: &Value, offers: Option<&Offers>) -> Value {
    let versions = offers.and_then(|offers| offers.versions.as_deref()).unwrap_or_default();
    let is_it = |version: &&String| is_same(field.compare, &version.as_str().into(), observed);
    match field.one_of {
        Some(OneOf::Versions) => {
            versions.iter().find(is_it).map_or(observed.clone(), |it| it.as_str().into())
        }
        Some(OneOf::Values(_) | OneOf::Regions | OneOf::Plans) | None => observed.clone(),
    }
}

/// Converts a value to a type. Many clouds show everything as text.
fn typed(field: &Field, kind: &FieldType, value: &Value) -> Option<Value> {
    match kind {
        FieldType::Text(_) => scalar(value).map(Value::from),
        FieldType::Integer(_) => scalar(value)?.parse::<i64>().ok().map(Value::from),
        FieldType::Number(_) => Number::from_f64(scalar(value)?.parse().ok()?).map(Value::Number),
        FieldType::Boolean => scalar(value)?.parse::<bool>().ok().map(Value::from),
        FieldType::Map { of, .. } => {
            let entry = |(key, value): (&String, &Value)| Some((key.clone(), typed(field, of, value)?));
            value.as_object()?.iter().map(entry).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        FieldType::List { of, .. } => {
            elements(field, value)?.iter().map(|element| typed(field, of, element)).collect()
        }
        FieldType::Object(members) => object(members, value),
    }
}

fn scalar(value: &Value) -> Option<String> {
    text(value).filter(|_| !value.is_object() && !value.is_array())
}

/// Returns the elements of a list, which the cloud may show as the text that was sent.
fn elements(field: &Field, value: &Value) -> Option<Vec<Value>> {
    match (value, &field.join) {
        (Value::Array(elements), _) => Some(elements.clone()),
        (Value::String(joined), Some(between)) => {
            let parts = joined.split(between.as_str()).map(str::trim).filter(|part| !part.is_empty());
            Some(parts.map(Value::from).collect())
        }
        _ => None,
    }
}

/// Returns the members that the value shows; `None` if a required one is missing.
fn object(members: &[Field], value: &Value) -> Option<Value> {
    let shown = value.as_object()?;
    let mut written = Map::new();
    for member in members {
        let name = member.path.last()?;
        let own = shown.get(name).filter(|value| !value.is_null());
        match own.and_then(|value| as_written(member, value, None)) {
            Some(value) => drop(written.insert(name.clone(), value)),
            None if member.optional || member.default.is_some() => {}
            None => return None,
        }
    }
    Some(Value::Object(written))
}
