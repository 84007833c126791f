//! Creation of add-ons. It is not idempotent: repeating a request creates a second add-on with the same name.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cloud::Cloud;
use crate::offers::{AddonPlan, ProviderOffer};
use crate::operations::request::OperationRequest;
use crate::response::{ApiError, OperationOutput, OperationResult};
use crate::service::ApiErrorKind;
use crate::world::{CreationContext, NewAddon};

/// The body of a creation. Fields for payment and linking are accepted and ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateRequest {
    provider_id: String,
    plan: String,
    region: String,
    #[serde(default)]
    name: Option<String>,
    /// Options as strings; a boolean or a number is rejected.
    #[serde(default)]
    options: Option<BTreeMap<String, String>>,
    /// Requested version; `options.version` takes precedence.
    #[serde(default)]
    version: Option<String>,
}

pub(crate) fn create(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let new = validate(cloud, request.owner(), request.parse_body()?)?;
    let Cloud { service, offers, world, .. } = cloud;
    let id = world.create(CreationContext { service, offers }, new, request.now);
    let addon = cloud.world.by_id(&id).ok_or(ApiErrorKind::NotFound)?;
    Ok(OperationOutput::changed(cloud.views(request.now).addon(addon)))
}

/// Returns what a creation would cost, without creating anything.
pub(crate) fn preorder(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let new = validate(cloud, request.owner(), request.parse_body()?)?;
    Ok(OperationOutput::unchanged(cloud.views(request.now).preorder(&new.owner, &new.plan)))
}

fn validate(cloud: &Cloud, owner: String, body: CreateRequest) -> Result<NewAddon, ApiError> {
    let CreateRequest { provider_id: provider, plan, region, name, options, version } = body;
    let options = options.unwrap_or_default();
    let offer = cloud.offers.providers.get(&provider).ok_or(ApiErrorKind::ProviderNotFound)?;
    if !cloud.service.providers.contains_key(&provider) {
        return Err(ApiErrorKind::ProviderNotFound.into());
    }
    let plan = find_plan(offer, &owner, &plan, &region)?.clone();
    let asked = options.get("version").or(version.as_ref()).map(String::as_str);
    let version = offer.version(&plan, &region, asked).map_err(|kind| with_request(kind, &region, asked))?;
    Ok(NewAddon { owner, provider, name: name.unwrap_or_default(), plan, region, version, options })
}

/// Finds a plan by id (not by slug) if the owner can order it in the region.
pub(super) fn find_plan<'a>(
    offer: &'a ProviderOffer,
    owner: &str,
    plan_id: &str,
    region: &str,
) -> Result<&'a AddonPlan, ApiErrorKind> {
    let plan = offer.plans.iter().find(|plan| plan.id == plan_id).ok_or(ApiErrorKind::InvalidPlan)?;
    check_region(offer, owner, plan, region)?;
    Ok(plan)
}

/// Rejects a region in which the owner cannot order the plan.
pub(super) fn check_region(
    offer: &ProviderOffer,
    owner: &str,
    plan: &AddonPlan,
    region: &str,
) -> Result<(), ApiErrorKind> {
    let known = offer.regions_for(Some(owner)).iter().any(|known| known == region);
    if known && plan.is_offered_in(region) { Ok(()) } else { Err(ApiErrorKind::InvalidRegion) }
}

/// Adds the requested region and version to an error, for its message.
pub(super) fn with_request(kind: ApiErrorKind, region: &str, version: Option<&str>) -> ApiError {
    ApiError::from(kind).with("region", region).with("version", version.unwrap_or_default())
}
