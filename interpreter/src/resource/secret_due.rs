//! The desired Secret of an add-on: known, not known yet, or refused.

use crate::catalog::Addon;
use crate::exchange::Context;
use crate::resource::needs::needs_outputs;
use crate::resource::refusal::Refused;
use crate::resource::secret::{Secret, is_key, secret};
use crate::resource::secret_shape::SecretShape;

/// Message for a Secret that Kubernetes would reject.
const WRONG_KEY: &str = "the operator cannot write the Secret: one of its keys has other characters than letters, digits, `-`, `_` and `.`, or is longer \
    than 253 characters";

/// Desired Secret, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretDue {
    /// The complete Secret.
    Known(Secret),
    /// The outputs must be read first.
    Unread,
    /// A value is missing in the outputs.
    Incomplete(String),
    /// The spec asks for a Secret that the operator cannot or does not write.
    Refused(Refused),
}

/// Returns the desired Secret of an add-on in this shape, in a context with all reads.
pub fn secret_due(addon: &Addon, context: &Context, shape: &Result<SecretShape, Refused>) -> SecretDue {
    let shape = match shape {
        Ok(shape) => shape,
        Err(refused) => return SecretDue::Refused(refused.clone()),
    };
    let outputs = context.value().get("outputs");
    if outputs.is_none() && needs_outputs(addon) {
        return SecretDue::Unread;
    }
    let given = |name: &&String| {
        outputs.and_then(|outputs| outputs.get(*name)).is_some_and(|value| !value.is_null() && value != "")
    };
    if let Some(missing) = addon.ready.outputs.iter().find(|name| !given(name)) {
        return SecretDue::Incomplete(format!("the cloud does not return `{missing}` yet"));
    }
    match secret(addon, context) {
        // The API server would reject the Secret, and quote the key, which may come from the outputs.
        Ok(secret) if !secret.keys.keys().all(|key| is_key(key)) => SecretDue::Incomplete(WRONG_KEY.into()),
        Ok(secret) => shape.applied(secret, addon, context).map_or_else(SecretDue::Refused, SecretDue::Known),
        Err(why) => SecretDue::Incomplete(why.to_string()),
    }
}
