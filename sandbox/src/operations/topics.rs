//! Topics of a message broker. While there are any, the broker cannot be deleted.

use serde_json::json;

use crate::answer::{Done, Outcome};
use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::Request;
use crate::service::{Accepted, Refusal};

pub(crate) fn all(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(json!(live(cloud, request)?.topics)))
}

pub(crate) fn create(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let topic = request.param("topic").to_owned();
    let topics = &mut live_mut(cloud, request)?.topics;
    if !topics.contains(&topic) {
        topics.push(topic);
    }
    Ok(Done::written(json!(topics)))
}

pub(crate) fn delete(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let topic = request.param("topic").to_owned();
    let topics = &mut live_mut(cloud, request)?.topics;
    if !topics.contains(&topic) {
        return Err(Refusal::TopicNotFound.into());
    }
    topics.retain(|known| *known != topic);
    Ok(Done::accepted(&cloud.service, Accepted::TopicDeleted))
}
