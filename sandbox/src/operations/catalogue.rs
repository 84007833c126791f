//! Operations on the offers and on the current user.

use serde_json::Value;

use crate::cloud::Cloud;
use crate::operations::request::OperationRequest;
use crate::response::{OperationOutput, OperationResult};
use crate::service::ApiErrorKind;

pub(crate) fn current_user(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let account = request.account.ok_or(ApiErrorKind::NotConnected)?;
    Ok(OperationOutput::unchanged(cloud.views(request.now).account(account)))
}

pub(crate) fn providers(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let viewer = viewer(cloud, request)?;
    let offers = cloud.offers.providers.0.iter();
    Ok(OperationOutput::unchanged(
        offers.map(|(slug, offer)| cloud.offers.provider_with_plans(slug, offer, viewer)).collect(),
    ))
}

pub(crate) fn provider(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let viewer = viewer(cloud, request)?;
    let slug = request.param("provider");
    let offer = cloud.offers.providers.get(slug).ok_or(ApiErrorKind::ProviderNotFound)?;
    Ok(OperationOutput::unchanged(cloud.offers.provider_with_plans(slug, offer, viewer)))
}

/// Returns `provider-not-found` for a provider without versions.
pub(crate) fn provider_versions(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let slug = request.param("provider");
    let offer = cloud.offers.providers.get(slug).ok_or(ApiErrorKind::ProviderNotFound)?;
    let versions: Value =
        cloud.views(request.now).versions(slug, offer).ok_or(ApiErrorKind::ProviderNotFound)?;
    Ok(OperationOutput::unchanged(versions))
}

pub(crate) fn zones(cloud: &Cloud) -> OperationResult {
    Ok(OperationOutput::unchanged(Value::Array(cloud.offers.zones.clone())))
}

pub(crate) fn zone(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let named = cloud.offers.zones.iter().find(|zone| zone["name"] == request.param("zone"));
    Ok(OperationOutput::unchanged(named.ok_or(ApiErrorKind::ZoneNotFound)?.clone()))
}

/// Returns the price of every plan in the zone of the query.
pub(crate) fn prices(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let zone = request.query.iter().find(|(name, _)| name == "zone_id").map_or("par", |(_, zone)| zone);
    Ok(OperationOutput::unchanged(cloud.views(request.now).prices(zone)))
}

/// Returns the organisation given by `orgaId`, which the caller must have access to.
fn viewer<'a>(cloud: &Cloud, request: &'a OperationRequest<'_>) -> Result<Option<&'a str>, ApiErrorKind> {
    let Some((_, owner)) = request.query.iter().find(|(name, _)| name == "orgaId") else {
        return Ok(None);
    };
    let account = request.account.ok_or(ApiErrorKind::NotConnected)?;
    match account.may_use(owner) {
        true => Ok(Some(owner)),
        false if cloud.accounts.is_owner(owner) => Err(ApiErrorKind::Forbidden),
        false => Err(ApiErrorKind::OrganisationNotFound),
    }
}
