//! Topics of a message broker. A broker that has topics cannot be deleted.

use serde_json::json;

use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{OperationOutput, OperationResult};
use crate::service::{ApiErrorKind, SuccessKind};

pub(crate) fn list(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(json!(live(cloud, request)?.topics)))
}

pub(crate) fn create(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let topic = request.param("topic").to_owned();
    let topics = &mut live_mut(cloud, request)?.topics;
    if !topics.contains(&topic) {
        topics.push(topic);
    }
    Ok(OperationOutput::changed(json!(topics)))
}

pub(crate) fn delete(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let topic = request.param("topic").to_owned();
    let topics = &mut live_mut(cloud, request)?.topics;
    if !topics.contains(&topic) {
        return Err(ApiErrorKind::TopicNotFound.into());
    }
    topics.retain(|known| *known != topic);
    Ok(OperationOutput::success(&cloud.service, SuccessKind::TopicDeleted))
}
