//! Operations that read, rename and delete add-ons.

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

/// Lists the add-ons of an organisation. New add-ons may be missing and deleted ones may still be listed, as
/// configured.
pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let views = cloud.views(request.now);
    Ok(OperationOutput::unchanged(
        listed(cloud, request, &request.owner()).map(|addon| views.addon(addon)).collect(),
    ))
}

/// Returns the add-ons of the user and of each organisation, with their tags, which no list shows. They appear
/// and disappear as in a list.
pub(crate) fn summary(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let account = request.account.ok_or(ApiErrorKind::NotConnected)?;
    let views = cloud.views(request.now);
    let owner = |id: &str, name: &str| {
        let addons: Vec<Value> = listed(cloud, request, id).map(|addon| views.summary_addon(addon)).collect();
        views.summary_owner(id, name, addons)
    };
    let organisations: Vec<Value> = account.organisations.iter().map(|id| owner(id, &account.name)).collect();
    let user = owner(&account.user.id, &account.user.name);
    Ok(OperationOutput::unchanged(views.summary(user, organisations)))
}

fn listed<'a>(
    cloud: &'a Cloud,
    request: &OperationRequest<'_>,
    owner: &str,
) -> impl Iterator<Item = &'a Addon> {
    let (now, settings) = (request.now, &cloud.settings);
    cloud.world.addons.iter().filter(move |addon| {
        let still = addon.is_live() || addon.is_deleting(now, settings.delete_lag);
        addon.owner == owner && still && addon.is_older_than(settings.list_lag, now)
    })
}

pub(crate) fn get(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).addon(live(cloud, request)?)))
}

/// Renames an add-on. Other fields of the body are ignored.
pub(crate) fn rename(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let RenameRequest { name } = request.parse_body()?;
    live_mut(cloud, request)?.name = name;
    Ok(OperationOutput::changed(cloud.views(request.now).addon(live(cloud, request)?)))
}

/// Deletes an add-on. A second deletion is rejected while the first is in progress, and returns `not-found`
/// afterwards.
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

/// Returns the detail of an add-on at its provider's own path, which also shows add-ons that are being
/// deleted.
pub(crate) fn detail(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).detail(live_or_deleting(cloud, request)?)))
}

pub(crate) fn instances(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).instances(live(cloud, request)?)))
}

pub(crate) fn backups(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(cloud.views(request.now).backups(live(cloud, request)?)))
}

/// Links an add-on to an application. A real id is rejected like an add-on of another owner.
pub(crate) fn link(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let id: Value = request.parse_body()?;
    let owner = request.owner();
    if !cloud.world.has_application(&owner, request.param("application")) {
        return Err(ApiErrorKind::ApplicationNotFound.into());
    }
    let known = id
        .as_str()
        .and_then(|id| cloud.world.by_id(id))
        .is_some_and(|addon| addon.is_live() && addon.owner == owner);
    if known { Ok(OperationOutput::done(204)) } else { Err(ApiErrorKind::NotYours.into()) }
}
