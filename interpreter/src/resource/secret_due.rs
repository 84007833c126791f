//! The desired Secret of an add-on: known, not known yet, or refused.

use crate::catalog::Addon;
use crate::exchange::Context;
use crate::resource::needs::needs_outputs;
use crate::resource::refusal::Refused;
use crate::resource::secret::{Secret, secret};
use crate::resource::secret_shape::SecretShape;

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
        Ok(secret) => shape.applied(secret, addon, context).map_or_else(SecretDue::Refused, SecretDue::Known),
        Err(why) => SecretDue::Incomplete(why.to_string()),
    }
}
