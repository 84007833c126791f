//! Tags of an add-on.

use serde_json::json;

use crate::answer::{Done, Outcome};
use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::Request;

pub(crate) fn all(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(json!(live(cloud, request)?.tags)))
}

pub(crate) fn replace(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let tags: Vec<String> = request.parse_body()?;
    live_mut(cloud, request)?.tags.clone_from(&tags);
    Ok(Done::written(json!(tags)))
}

pub(crate) fn add(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let tag = request.param("tag").to_owned();
    let tags = &mut live_mut(cloud, request)?.tags;
    if !tags.contains(&tag) {
        tags.push(tag);
    }
    Ok(Done::written(json!(tags)))
}

pub(crate) fn remove(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let tag = request.param("tag").to_owned();
    let tags = &mut live_mut(cloud, request)?.tags;
    tags.retain(|known| *known != tag);
    Ok(Done::written(json!(tags)))
}
