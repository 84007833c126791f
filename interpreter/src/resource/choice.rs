//! Translation of a field's written value into the value that is sent, or the refusal of it.

use serde_json::{Value, json};

use crate::catalog::{Addon, Field, FieldType, OneOf, OptionValues};
use crate::exchange::{OfferedPlan, Offers, text};
use crate::resource::refusal::{Refused, mistyped, not_allowed, not_offered};

/// The value that is sent for a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// The value that expressions see under the field's shared name.
    pub(super) value: Value,
    /// The value of the option, which is also compared.
    pub(super) wire: Value,
    /// Other spellings of the same value, as a cloud may show it.
    pub(super) aliases: Vec<Value>,
}

/// Returns true when a field can be judged only by the current offers.
pub(super) fn needs_offers(addon: &Addon, field: &Field) -> bool {
    let offered = |lists: fn(&crate::catalog::Offer) -> bool| addon.offers.iter().any(lists);
    match field.one_of {
        Some(OneOf::Regions) => offered(|offer| offer.regions.is_some()),
        Some(OneOf::Plans) => offered(|offer| offer.plans.is_some()),
        Some(OneOf::Versions) => offered(|offer| offer.versions.is_some() || offer.version_keys.is_some()),
        Some(OneOf::Values(_)) | None => false,
    }
}

/// Returns the value for a field that nothing judges: as written, or as the values table translates it.
pub(super) fn unjudged(addon: &Addon, field: &Field, written: &Value) -> Choice {
    let wire = typed(addon, field, &translated(field, written));
    let value = match field.one_of {
        Some(OneOf::Plans) => json!({ "id": wire, "slug": wire }),
        Some(OneOf::Values(_) | OneOf::Regions | OneOf::Versions) | None => wire.clone(),
    };
    // The cloud shows a list as a list, even if it was sent as text, and may show a value as users write it.
    let may_be_shown =
        written.is_array() || text(written).is_some_and(|name| field.values.contains_key(&name));
    Choice { value, wire, aliases: may_be_shown.then(|| written.clone()).into_iter().collect() }
}

/// Returns the value for a field, judged by the permitted values and the offers.
pub(super) fn choose(
    addon: &Addon,
    field: &Field,
    written: &Value,
    offers: &Offers,
) -> Result<Choice, Refused> {
    if is_scalar(&field.kind) && (written.is_object() || written.is_array()) {
        return Err(mistyped(field));
    }
    match &field.one_of {
        None => Ok(unjudged(addon, field, written)),
        Some(OneOf::Values(allowed)) if allowed.iter().any(|value| text(value) == text(written)) => {
            Ok(unjudged(addon, field, written))
        }
        Some(OneOf::Values(allowed)) => Err(not_allowed(field, written, allowed)),
        Some(OneOf::Regions) => listed(addon, field, written, offers.regions.as_deref(), "region"),
        Some(OneOf::Versions) => listed(addon, field, written, offers.versions.as_deref(), "version"),
        Some(OneOf::Plans) => match &offers.plans {
            Some(plans) => plan(field, written, plans),
            None => Ok(unjudged(addon, field, written)),
        },
    }
}

fn listed(
    addon: &Addon,
    field: &Field,
    written: &Value,
    offered: Option<&[String]>,
    what: &str,
) -> Result<Choice, Refused> {
    let choice = unjudged(addon, field, written);
    let Some(offered) = offered else { return Ok(choice) };
    let wanted = text(&choice.wire);
    match offered.iter().find(|name| Some(*name) == wanted.as_ref()) {
        // The offered text is sent: a version is a text there, though the spec may have a number.
        Some(name) => Ok(Choice { value: name.as_str().into(), wire: name.as_str().into(), ..choice }),
        None => Err(not_offered(field, written, what, &offered_as_written(field, written, offered))),
    }
}

fn plan(field: &Field, written: &Value, plans: &[OfferedPlan]) -> Result<Choice, Refused> {
    let wanted = text(written).unwrap_or_default();
    let exactly = |plan: &&OfferedPlan| plan.called.contains(&wanted);
    let loosely =
        |plan: &&OfferedPlan| plan.called.iter().any(|name| name.to_lowercase() == wanted.to_lowercase());
    match plans.iter().find(exactly).or_else(|| plans.iter().find(loosely)) {
        Some(plan) => Ok(Choice {
            value: plan.value(),
            wire: plan.id.as_str().into(),
            aliases: vec![plan.slug.as_str().into()],
        }),
        None => Err(not_offered(
            field,
            written,
            "plan",
            &plans.iter().map(|plan| plan.slug.clone()).collect::<Vec<_>>(),
        )),
    }
}

/// Translates the written value by the values table.
fn translated(field: &Field, written: &Value) -> Value {
    text(written).and_then(|name| field.values.get(&name)).unwrap_or(written).clone()
}

/// Returns the offers as a user may write them: offers use the cloud's values, messages the user's. Codes are
/// shown only to a user who wrote one.
fn offered_as_written(field: &Field, written: &Value, offered: &[String]) -> Vec<String> {
    let number = matches!(field.kind, FieldType::Integer(_));
    let coded = number || text(written).is_some_and(|written| field.values.contains_key(&written));
    let code = |wire: &String| {
        field
            .values
            .iter()
            .find(|(_, value)| text(value).as_ref() == Some(wire))
            .map(|(code, _)| code.clone())
    };
    let said = |wire: &String| code(wire).filter(|_| coded).unwrap_or_else(|| wire.clone());
    let said: Vec<_> = offered.iter().map(said).collect();
    let numbers: Vec<_> = said.iter().filter(|name| name.parse::<i64>().is_ok()).cloned().collect();
    // A number cannot name an offer without a code.
    if number && !numbers.is_empty() { numbers } else { said }
}

fn typed(addon: &Addon, field: &Field, value: &Value) -> Value {
    if let (Some(between), Some(elements)) = (&field.join, value.as_array()) {
        return elements.iter().filter_map(text).collect::<Vec<_>>().join(between).into();
    }
    match addon.option_values {
        OptionValues::Text if field.send.is_some() => text(value).map_or(Value::Null, Value::from),
        OptionValues::Text | OptionValues::Typed => value.clone(),
    }
}

fn is_scalar(kind: &FieldType) -> bool {
    match kind {
        FieldType::Text(_) | FieldType::Integer(_) | FieldType::Number(_) | FieldType::Boolean => true,
        FieldType::Map { .. } | FieldType::List { .. } | FieldType::Object(_) => false,
    }
}
