//! Buckets of an object storage. Their names are unique among all add-ons of the provider.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::addon::{Addon, Bucket};
use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{OperationOutput, OperationResult};
use crate::service::ApiErrorKind;

const MAX_NAME_LENGTH: usize = 64;

#[derive(Debug, Deserialize)]
struct BucketRequest {
    name: String,
    #[serde(default)]
    versioning: bool,
}

pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let views = cloud.views(request.now);
    let buckets: Vec<Value> =
        live(cloud, request)?.buckets.iter().map(|bucket| views.bucket(bucket)).collect();
    Ok(OperationOutput::unchanged(json!({"total": buckets.len(), "buckets": buckets})))
}

pub(crate) fn create(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let BucketRequest { name, versioning } = request.parse_body()?;
    live(cloud, request)?;
    if !is_valid(&name) {
        return Err(ApiErrorKind::InvalidBucketName.into());
    }
    let has_it = |addon: &Addon| addon.is_live() && addon.buckets.iter().any(|known| known.name == name);
    if cloud.world.addons.iter().any(has_it) {
        return Err(ApiErrorKind::BucketExists.into());
    }
    let bucket = Bucket { name, versioning, created_at: request.now };
    let view = cloud.views(request.now).bucket(&bucket);
    live_mut(cloud, request)?.buckets.push(bucket);
    Ok(OperationOutput::changed(view))
}

pub(crate) fn get(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let named = live(cloud, request)?.buckets.iter().find(|bucket| bucket.name == request.param("bucket"));
    Ok(OperationOutput::unchanged(
        cloud.views(request.now).bucket(named.ok_or(ApiErrorKind::BucketNotFound)?),
    ))
}

pub(crate) fn delete(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let buckets = &mut live_mut(cloud, request)?.buckets;
    let before = buckets.len();
    buckets.retain(|bucket| bucket.name != request.param("bucket"));
    if buckets.len() == before {
        return Err(ApiErrorKind::BucketNotFound.into());
    }
    Ok(OperationOutput::done(204))
}

fn is_valid(name: &str) -> bool {
    let allowed =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.".contains(letter);
    !name.is_empty() && name.len() <= MAX_NAME_LENGTH && name.chars().all(allowed)
}
