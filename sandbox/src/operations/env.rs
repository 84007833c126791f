//! Environments: the outputs of an add-on, and the writable environment of a configuration provider.

use serde_json::json;

use crate::addon::EnvVariable;
use crate::cloud::Cloud;
use crate::operations::lookup::{live, live_mut};
use crate::operations::request::OperationRequest;
use crate::response::{OperationOutput, OperationResult};

pub(crate) fn outputs(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let addon = live(cloud, request)?;
    Ok(OperationOutput::unchanged(json!(cloud.views(request.now).env(addon))))
}

pub(crate) fn read(cloud: &Cloud, request: &OperationRequest<'_>) -> OperationResult {
    Ok(OperationOutput::unchanged(json!(live(cloud, request)?.env)))
}

/// Replaces all variables and restarts linked applications, even if nothing changed. A `null` value is
/// rejected.
pub(crate) fn replace(cloud: &mut Cloud, request: &OperationRequest<'_>) -> OperationResult {
    let variables: Vec<EnvVariable> = request.parse_body()?;
    let addon = live_mut(cloud, request)?;
    addon.env.clone_from(&variables);
    addon.restarts += 1;
    Ok(OperationOutput::changed(json!(variables)))
}
