//! Operations on the tags of an add-on.

use serde_json::json;

use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{OperationOutput, OperationResult};

pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(json!(live(cloud, request)?.tags)))
}

pub(crate) fn replace(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let tags: Vec<String> = request.parse_body()?;
    live_mut(cloud, request)?.tags.clone_from(&tags);
    Ok(OperationOutput::changed(json!(tags)))
}

pub(crate) fn add(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let tag = request.param("tag").to_owned();
    let tags = &mut live_mut(cloud, request)?.tags;
    if !tags.contains(&tag) {
        tags.push(tag);
    }
    Ok(OperationOutput::changed(json!(tags)))
}

pub(crate) fn remove(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let tag = request.param("tag").to_owned();
    let tags = &mut live_mut(cloud, request)?.tags;
    tags.retain(|known| *known != tag);
    Ok(OperationOutput::changed(json!(tags)))
}
