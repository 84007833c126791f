//! What must be asked of the cloud for a kind at all: what none of its fields needs is not asked.

use crate::catalog::{Addon, Expression, Field, Offer, OneOf};

/// Whether any field of this kind is judged by what the offer tells.
pub fn needs_offer(addon: &Addon, offer: &Offer) -> bool {
    let judged = |one_of: fn(&OneOf) -> bool| addon.fields.iter().any(|field| field.one_of.as_ref().is_some_and(one_of));
    let named = || {
        addon.fields.iter().any(
            |field| matches!(&field.fixed, Some(Expression::Select(from)) if from.names().first().is_some_and(|root| root == "offers")),
        )
    };
    let tells_versions = offer.versions.is_some() || offer.version_keys.is_some();
    (offer.plans.is_some() && judged(|one_of| matches!(one_of, OneOf::Plans)))
        || (offer.regions.is_some() && judged(|one_of| matches!(one_of, OneOf::Regions)))
        || (tells_versions && judged(|one_of| matches!(one_of, OneOf::Versions)))
        || (!tells_versions && named())
}

/// Whether the Secret, the status or readiness name outputs.
pub fn needs_outputs(addon: &Addon) -> bool {
    let own = addon.secret.keys.as_ref().map(|keys| keys.names());
    let named = own.is_none_or(|names| names.first().is_some_and(|root| root == "outputs"));
    addon.outputs.is_some() && (named || !addon.ready.outputs.is_empty() || addon.binding.is_some())
}

/// Whether something that can change is compared with what the list shows.
pub fn compares_listed(addon: &Addon) -> bool {
    addon.fields.iter().any(|field| field.changes.is_some() && seen_in(field).as_deref() == Some("listed"))
}

/// Whether the creation sends everything that is compared with a read, and nothing else makes one worth while.
pub fn sends_all_at_creation(addon: &Addon) -> bool {
    let is_read = |field: &&Field| seen_in(field).is_some_and(|root| addon.reads.contains_key(&root));
    !tells_a_read(addon) && addon.fields.iter().filter(is_read).all(|field| field.send.is_some() || field.shared.is_some())
}

/// Whether the status tells what only a read shows: it is read then, even where it can only be what was sent.
fn tells_a_read(addon: &Addon) -> bool {
    let is_read = |value: &Expression| match value {
        Expression::Select(selector) => selector.names().first().is_some_and(|root| addon.reads.contains_key(root)),
        Expression::Render(template) => template.names().iter().flat_map(|name| name.first()).any(|root| addon.reads.contains_key(root)),
        Expression::Literal(_) | Expression::List(_) | Expression::Object(_) | Expression::Each { .. } => false,
    };
    addon.status.iter().any(|field| is_read(&field.value))
}

/// What a field's value is seen in: `listed`, or a read by its name.
fn seen_in(field: &Field) -> Option<String> {
    field.observed.as_ref().and_then(|selector| selector.names().into_iter().next())
}
