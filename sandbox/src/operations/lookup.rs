//! Finds the add-on that a request's path refers to.

use crate::addon::Addon;
use crate::cloud::Cloud;
use crate::operations::request::OperationRequest;
use crate::response::ApiError;
use crate::service::{ApiErrorKind, ApiOperation};
use crate::settings::RealIdRule;

/// Finds the live add-on that the path refers to.
pub(super) fn live<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> Result<&'a Addon, ApiError> {
    find(cloud, request).filter(|addon| addon.is_live()).ok_or_else(|| ApiErrorKind::NotFound.into())
}

/// Like [`live`], for changes.
pub(super) fn live_mut<'a>(
    cloud: &'a mut Cloud,
    request: &OperationRequest<'_>,
) -> Result<&'a mut Addon, ApiError> {
    let id = live(cloud, request)?.id.clone();
    cloud.world.by_id_mut(&id).ok_or_else(|| ApiErrorKind::NotFound.into())
}

/// Finds the add-on that the path refers to, including one that is being deleted.
pub(super) fn live_or_deleting<'a>(
    cloud: &'a Cloud,
    request: &OperationRequest<'_>,
) -> Result<&'a Addon, ApiError> {
    let visible =
        |addon: &&Addon| addon.is_live() || addon.is_deleting(request.now, cloud.settings.lingering);
    find(cloud, request).filter(visible).ok_or_else(|| ApiErrorKind::NotFound.into())
}

/// Finds the add-on that the path refers to, including a deleted one. `{id}` matches the add-on's id, and
/// `{real}` its real id.
pub(super) fn find<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> Option<&'a Addon> {
    let takes_real_id = match cloud.settings.real_ids {
        RealIdRule::Refused => false,
        RealIdRule::Outputs => request.operation == ApiOperation::Env,
        RealIdRule::Accepted => true,
    };
    let named = |addon: &&Addon| match (request.params.get("id"), request.params.get("real")) {
        (Some(id), _) => addon.id == *id || (takes_real_id && addon.real_id == *id),
        (None, Some(id)) => addon.real_id == *id,
        (None, None) => false,
    };
    let own = |addon: &&Addon| match request.params.get("owner") {
        Some(owner) => addon.owner == *owner,
        None => request.account.is_some_and(|account| account.may_use(&addon.owner)),
    };
    let provided = |addon: &&Addon| request.provider.is_none_or(|provider| addon.provider == provider);
    cloud.world.addons.iter().find(|addon| named(addon) && own(addon) && provided(addon))
}
