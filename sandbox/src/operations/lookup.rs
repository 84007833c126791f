//! Finds the add-on that a request's path refers to.

use crate::addon::Addon;
use crate::cloud::Cloud;
use crate::operations::request::OperationRequest;
use crate::response::ApiError;
use crate::service::ApiErrorKind;

/// The live add-on the address means.
pub(super) fn live<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> Result<&'a Addon, ApiError> {
    find(cloud, request).filter(|addon| addon.is_live()).ok_or_else(|| ApiErrorKind::NotFound.into())
}

/// The live add-on the address means, to be changed.
pub(super) fn live_mut<'a>(cloud: &'a mut Cloud, request: &OperationRequest<'_>) -> Result<&'a mut Addon, ApiError> {
    let id = live(cloud, request)?.id.clone();
    cloud.world.by_id_mut(&id).ok_or_else(|| ApiErrorKind::NotFound.into())
}

/// The add-on the address means, be it on its way out.
pub(super) fn live_or_deleting<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> Result<&'a Addon, ApiError> {
    let lingers = |addon: &&Addon| addon.is_live() || addon.is_deleting(request.now, cloud.settings.lingering);
    find(cloud, request).filter(lingers).ok_or_else(|| ApiErrorKind::NotFound.into())
}

/// The add-on the address means, even a deleted one. `{id}` takes the add-on's id and `{real}` the real one, never the other way round.
pub(super) fn find<'a>(cloud: &'a Cloud, request: &OperationRequest<'_>) -> Option<&'a Addon> {
    let named = |addon: &&Addon| match (request.params.get("id"), request.params.get("real")) {
        (Some(id), _) => addon.id == *id || (cloud.settings.lenient_ids && addon.real_id == *id),
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
