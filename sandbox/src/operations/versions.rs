//! Operations on the versions of operator products: listing and installing them.

use serde::Deserialize;

use crate::cloud::Cloud;
use crate::offers::{AddonVersion, ProviderOffer};
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{ApiError, OperationOutput, OperationResult};
use crate::service::ApiErrorKind;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersionUpdateRequest {
    target_version: String,
}

pub(crate) fn check(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).version_check(live(cloud, request)?)))
}

/// Updates to an offered version and returns the detail. Downgrades are rejected.
pub(crate) fn update(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let VersionUpdateRequest { target_version: target } = request.parse_body()?;
    let addon = live(cloud, request)?;
    let offered =
        cloud.offers.providers.get(&addon.provider).map(ProviderOffer::version_names).unwrap_or_default();
    let position_of = |version: &str| offered.iter().position(|known| known == version);
    let target_position = position_of(&target)
        .ok_or_else(|| ApiError::from(ApiErrorKind::InvalidVersion).with("version", target.clone()))?;
    if addon
        .version
        .asked
        .as_deref()
        .and_then(position_of)
        .is_some_and(|installed| target_position < installed)
    {
        return Err(ApiErrorKind::VersionDowngrade.into());
    }
    live_mut(cloud, request)?.version = AddonVersion { exact: Some(target.clone()), asked: Some(target) };
    Ok(OperationOutput::changed(cloud.views(request.now).detail(live(cloud, request)?)))
}
