//! Creating an add-on. Never idempotent: the same request twice makes two, with the same name.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::answer::{Done, Outcome, Refused};
use crate::cloud::Cloud;
use crate::offers::{Offer, Plan};
use crate::operations::request::Request;
use crate::service::Refusal;
use crate::world::{Order, Terms};

/// The body. Fields of payment and linking are taken and ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    provider_id: String,
    plan: String,
    region: String,
    #[serde(default)]
    name: Option<String>,
    /// From text to text: a boolean or a number is refused.
    #[serde(default)]
    options: BTreeMap<String, String>,
    /// `options.version` goes before it.
    #[serde(default)]
    version: Option<String>,
}

pub(crate) fn create(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let order = order(cloud, request.owner(), request.parse_body()?)?;
    let Cloud { service, offers, world, .. } = cloud;
    let id = world.create(Terms { service, offers }, order, request.now);
    let addon = cloud.world.by_id(&id).ok_or(Refusal::NotFound)?;
    Ok(Done::written(cloud.lens(request.now).addon(addon)))
}

fn order(cloud: &Cloud, owner: String, wanted: Wanted) -> Result<Order, Refused> {
    let Wanted { provider_id: provider, plan, region, name, options, version } = wanted;
    let offer = cloud.offers.providers.get(&provider).ok_or(Refusal::ProviderNotFound)?;
    if !cloud.service.providers.contains_key(&provider) {
        return Err(Refusal::ProviderNotFound.into());
    }
    let plan = sold(offer, &owner, &plan, &region)?.clone();
    let asked = options.get("version").or(version.as_ref()).map(String::as_str);
    let version = offer.version(&plan, &region, asked).map_err(|refusal| explained(refusal, &region, asked))?;
    Ok(Order { owner, provider, name: name.unwrap_or_default(), plan, region, version, options })
}

/// The plan of this id (a slug will not do), if it is sold to this owner in this region.
pub(super) fn sold<'a>(offer: &'a Offer, owner: &str, plan_id: &str, region: &str) -> Result<&'a Plan, Refusal> {
    let plan = offer.plans.iter().find(|plan| plan.id == plan_id).ok_or(Refusal::InvalidPlan)?;
    sold_in(offer, owner, plan, region)?;
    Ok(plan)
}

/// Refuses a region that this owner cannot have this plan in.
pub(super) fn sold_in(offer: &Offer, owner: &str, plan: &Plan, region: &str) -> Result<(), Refusal> {
    let known = offer.regions_for(Some(owner)).iter().any(|known| known == region);
    if known && plan.sold_in(region) { Ok(()) } else { Err(Refusal::InvalidRegion) }
}

/// The refusal of a version, with what its message mentions.
pub(super) fn explained(refusal: Refusal, region: &str, version: Option<&str>) -> Refused {
    Refused::from(refusal).with("region", region).with("version", version.unwrap_or_default())
}
