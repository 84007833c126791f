//! Versions of operator products: what could be installed, and installing it.

use serde::Deserialize;

use crate::answer::{Done, Outcome, Refused};
use crate::cloud::Cloud;
use crate::offers::Version;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::Request;
use crate::service::Refusal;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    target_version: String,
}

pub(crate) fn check(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(cloud.lens(request.now).version_check(live(cloud, request)?)))
}

/// Goes to a version on offer, never back. Answers the whole detail.
pub(crate) fn update(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let Update { target_version: target } = request.parse_body()?;
    let addon = live(cloud, request)?;
    let offered = cloud.offers.providers.get(&addon.provider).map(|offer| offer.product_versions.clone()).unwrap_or_default();
    let place = |version: &str| offered.iter().position(|known| known == version);
    let place_of_target = place(&target).ok_or_else(|| Refused::from(Refusal::InvalidVersion).with("version", target.clone()))?;
    if addon.version.asked.as_deref().and_then(place).is_some_and(|installed| place_of_target < installed) {
        return Err(Refusal::VersionDowngrade.into());
    }
    live_mut(cloud, request)?.version = Version { exact: Some(target.clone()), asked: Some(target) };
    Ok(Done::written(cloud.lens(request.now).detail(live(cloud, request)?)))
}
