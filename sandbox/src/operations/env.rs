//! Environments: the one every add-on exposes, and the one a configuration provider lets its user write.

use serde_json::json;

use crate::addon::Variable;
use crate::answer::{Done, Outcome};
use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::Request;

pub(crate) fn outputs(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    let addon = live(cloud, request)?;
    Ok(Done::read(json!(cloud.lens(request.now).env(addon))))
}

pub(crate) fn read(cloud: &Cloud, request: &Request<'_>) -> Outcome {
    Ok(Done::read(json!(live(cloud, request)?.env)))
}

/// Replaces everything, and restarts whatever is linked even if nothing is different. A `null` value is refused.
pub(crate) fn replace(cloud: &mut Cloud, request: &Request<'_>) -> Outcome {
    let variables: Vec<Variable> = request.parse_body()?;
    let addon = live_mut(cloud, request)?;
    addon.env.clone_from(&variables);
    addon.restarts += 1;
    Ok(Done::written(json!(variables)))
}
