//! Reading, renaming and deleting add-ons.

use serde::Deserialize;
use serde_json::Value;

use crate::addon::Addon;
use crate::cloud::Cloud;
use crate::operations::lookup::{find, live, live_mut, live_or_deleting};
use crate::operations::request::OperationRequest;
use crate::response::{OperationOutput, OperationResult};
use crate::service::{ApiErrorKind, SuccessKind};

#[derive(Debug, Deserialize)]
struct RenameRequest {
    name: String,
}

/// The whole organisation. What is too new may be missing, what is gone may still be there.
pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let owner = request.owner();
    let shows = |addon: &&Addon| {
        let still = addon.is_live() || addon.is_deleting(request.now, cloud.settings.delete_lag);
        addon.owner == owner && still && addon.is_older_than(cloud.settings.list_lag, request.now)
    };
    let views = cloud.views(request.now);
    Ok(OperationOutput::unchanged(cloud.world.addons.iter().filter(shows).map(|addon| views.addon(addon)).collect()))
}

pub(crate) fn get(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).addon(live(cloud, request)?)))
}

/// Only the name can be changed; whatever else the body says is ignored.
pub(crate) fn rename(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let RenameRequest { name } = request.parse_body()?;
    live_mut(cloud, request)?.name = name;
    Ok(OperationOutput::changed(cloud.views(request.now).addon(live(cloud, request)?)))
}

/// A second deletion is refused while the first is under way, and finds nothing afterwards.
pub(crate) fn delete(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let addon = find(cloud, request).ok_or(ApiErrorKind::NotFound)?;
    let minimum_age = cloud.settings.minimum_age.get(&addon.provider).copied().unwrap_or(0);
    match addon.is_live() {
        false if addon.is_deleting(request.now, cloud.settings.lingering) => {
            return Err(ApiErrorKind::AlreadyDeleting.into());
        }
        false => return Err(ApiErrorKind::NotFound.into()),
        true if !addon.is_older_than(minimum_age, request.now) => {
            return Err(ApiErrorKind::TooYoungToDelete.into());
        }
        true if !addon.topics.is_empty() => return Err(ApiErrorKind::TopicsRemain.into()),
        true => {}
    }
    let id = addon.id.clone();
    cloud.world.delete(&id, request.now);
    Ok(OperationOutput::success(&cloud.service, SuccessKind::Deleted))
}

/// The add-on at its provider's own address, where it can be seen going.
pub(crate) fn detail(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).detail(live_or_deleting(cloud, request)?)))
}

pub(crate) fn instances(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).instances(live(cloud, request)?)))
}

pub(crate) fn backups(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).backups(live(cloud, request)?)))
}

/// Links an add-on to an application. A real id is refused as if it were somebody else's.
pub(crate) fn link(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let id: Value = request.parse_body()?;
    let owner = request.owner();
    if !cloud.world.has_application(&owner, request.param("application")) {
        return Err(ApiErrorKind::ApplicationNotFound.into());
    }
    let known = id.as_str().and_then(|id| cloud.world.by_id(id)).is_some_and(|addon| addon.is_live() && addon.owner == owner);
    if known { Ok(OperationOutput::success(&cloud.service, SuccessKind::Linked)) } else { Err(ApiErrorKind::NotYours.into()) }
}
