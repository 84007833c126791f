//! Reading, renaming and deleting add-ons.

use serde::Deserialize;
use serde_json::Value;

use crate::addon::Addon;
use crate::answer::{Done, Outcome};
use crate::cloud::Cloud;
use crate::operations::lookup::{find, lingering, live, live_mut};
use crate::operations::request::Request;
use crate::service::{Accepted, Refusal};

#[derive(Debug, Deserialize)]
struct Renaming {
    name: String,
}

/// The whole organisation. What is too new may be missing, what is gone may still be there.
pub(crate) fn list(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let owner = request.owner();
    let shows = |addon: &&Addon| {
        let still = addon.is_live() || addon.is_going(request.now, cloud.settings.delete_lag);
        addon.owner == owner && still && addon.is_older_than(cloud.settings.list_lag, request.now)
    };
    let lens = cloud.lens(request.now);
    Ok(Done::read(cloud.world.addons.iter().filter(shows).map(|addon| lens.addon(addon)).collect()))
}

pub(crate) fn get(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(cloud.lens(request.now).addon(live(cloud, request)?)))
}

/// Only the name can be changed; whatever else the body says is ignored.
pub(crate) fn rename(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let Renaming { name } = request.parse_body()?;
    live_mut(cloud, request)?.name = name;
    Ok(Done::written(cloud.lens(request.now).addon(live(cloud, request)?)))
}

/// A second deletion is refused while the first is under way, and finds nothing afterwards.
pub(crate) fn delete(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let addon = find(cloud, request).ok_or(Refusal::NotFound)?;
    let minimum_age = cloud.settings.minimum_age.get(&addon.provider).copied().unwrap_or(0);
    match addon.is_live() {
        false if addon.is_going(request.now, cloud.settings.lingering) => {
            return Err(Refusal::AlreadyGoing.into());
        }
        false => return Err(Refusal::NotFound.into()),
        true if !addon.is_older_than(minimum_age, request.now) => {
            return Err(Refusal::TooYoungToDelete.into());
        }
        true if !addon.topics.is_empty() => return Err(Refusal::TopicsRemain.into()),
        true => {}
    }
    let id = addon.id.clone();
    cloud.world.delete(&id, request.now);
    Ok(Done::accepted(&cloud.service, Accepted::Deleted))
}

/// The add-on at its provider's own address, where it can be seen going.
pub(crate) fn detail(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(cloud.lens(request.now).detail(lingering(cloud, request)?)))
}

pub(crate) fn instances(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(cloud.lens(request.now).instances(live(cloud, request)?)))
}

pub(crate) fn backups(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(cloud.lens(request.now).backups(live(cloud, request)?)))
}

/// Links an add-on to an application. A real id is refused as if it were somebody else's.
pub(crate) fn link(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let id: Value = request.parse_body()?;
    let owner = request.owner();
    if !cloud.world.has_application(&owner, request.param("application")) {
        return Err(Refusal::ApplicationNotFound.into());
    }
    let known = id.as_str().and_then(|id| cloud.world.by_id(id)).is_some_and(|addon| addon.is_live() && addon.owner == owner);
    if known { Ok(Done::accepted(&cloud.service, Accepted::Linked)) } else { Err(Refusal::NotYours.into()) }
}
