//! What is sold, and who asks.

use serde_json::Value;

use crate::answer::{Done, Outcome};
use crate::cloud::Cloud;
use crate::operations::request::Request;
use crate::service::Refusal;

pub(crate) fn who_am_i(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let account = request.account.ok_or(Refusal::NotConnected)?;
    Ok(Done::read(cloud.lens(request.now).account(account)))
}

pub(crate) fn providers(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let viewer = viewer(cloud, request)?;
    let offers = cloud.offers.providers.0.iter();
    Ok(Done::read(offers.map(|(slug, offer)| cloud.offers.with_plans(slug, offer, viewer)).collect()))
}

pub(crate) fn provider(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let viewer = viewer(cloud, request)?;
    let slug = request.param("provider");
    let offer = cloud.offers.providers.get(slug).ok_or(Refusal::ProviderNotFound)?;
    Ok(Done::read(cloud.offers.with_plans(slug, offer, viewer)))
}

/// Providers without versions have nothing at this address.
pub(crate) fn provider_versions(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let slug = request.param("provider");
    let offer = cloud.offers.providers.get(slug).ok_or(Refusal::ProviderNotFound)?;
    let versions: Value = cloud.lens(request.now).versions(slug, offer).ok_or(Refusal::ProviderNotFound)?;
    Ok(Done::read(versions))
}

/// The organisation through whose eyes to look; one's own, if it is named at all.
fn viewer<'a>(cloud: &Cloud, request: &'a Request<'_>) -> Result<Option<&'a str>, Refusal> {
    let Some((_, owner)) = request.query.iter().find(|(name, _)| name == "orgaId") else {
        return Ok(None);
    };
    let account = request.account.ok_or(Refusal::NotConnected)?;
    match account.may_use(owner) {
        true => Ok(Some(owner)),
        false if cloud.accounts.is_owner(owner) => Err(Refusal::Forbidden),
        false => Err(Refusal::OrganisationNotFound),
    }
}
