//! Reads that a kind needs: a read that none of its fields needs is not sent.

use crate::catalog::{Addon, Expression, Field, Offer, OneOf};

/// Returns true when any field of this kind is judged by this offer.
pub fn needs_offer(addon: &Addon, offer: &Offer) -> bool {
    let judged = |one_of: fn(&OneOf) -> bool| {
        addon.fields.iter().any(|field| field.one_of.as_ref().is_some_and(one_of))
    };
    let named = || {
        addon.fields.iter().any(
            |field| matches!(&field.fixed, Some(Expression::Select(from)) if from.names().first().is_some_and(|root| root == "offers")),
        )
    };
    let lists_versions = offer.versions.is_some() || offer.version_keys.is_some();
    (offer.plans.is_some() && judged(|one_of| matches!(one_of, OneOf::Plans)))
        || (offer.regions.is_some() && judged(|one_of| matches!(one_of, OneOf::Regions)))
        || (lists_versions && judged(|one_of| matches!(one_of, OneOf::Versions)))
        || (!lists_versions && named())
}

/// Returns true when the Secret, the status or readiness name outputs.
pub(crate) fn needs_outputs(addon: &Addon) -> bool {
    let own = addon.secret.keys.as_ref().map(|keys| keys.names());
    let named = own.is_none_or(|names| names.first().is_some_and(|root| root == "outputs"));
    addon.outputs.is_some() && (named || !addon.ready.outputs.is_empty() || addon.binding.is_some())
}

/// Returns true when a field is compared with an output.
pub fn observes_outputs(addon: &Addon) -> bool {
    addon.fields.iter().any(|field| seen_in(field).as_deref() == Some("outputs"))
}

/// Returns true when a field that can change is compared with the list.
pub fn compares_listed(addon: &Addon) -> bool {
    addon.fields.iter().any(|field| field.changes.is_some() && seen_in(field).as_deref() == Some("listed"))
}

/// Returns true when this change sets a field that is compared with the list.
pub fn changes_listed(addon: &Addon, change: &str) -> bool {
    let sets = |field: &&Field| field.changes.as_ref().is_some_and(|changes| changes.by == change);
    addon.fields.iter().filter(sets).any(|field| seen_in(field).as_deref() == Some("listed"))
}

/// The source of a field's observed value: `listed`, or the name of a read.
fn seen_in(field: &Field) -> Option<String> {
    field.observed.as_ref().and_then(|selector| selector.names().into_iter().next())
}
