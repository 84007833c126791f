//! Specification of a controller: its catalog entry, its kind and its waits.

use std::sync::Arc;

use interpreter::catalog::{Addon, Scope as KindScope};
use interpreter::plan::Timing;

use crate::cluster::Kind;
use crate::config::OperatorSettings;

/// What a controller is given to interpret.
#[derive(Clone)]
pub(crate) struct Charge {
    pub(crate) addon: Arc<Addon>,
    /// Of all that it was read from: the same text means the same.
    pub(crate) digest: String,
    /// The catalog has no entry for it any more: it is only deleted.
    pub(crate) retired: bool,
    /// It is part of this build.
    pub(crate) built_in: bool,
}

/// The timing of one kind: the operator's, with what its API says.
pub(crate) fn timing(addon: &Addon, settings: &OperatorSettings) -> Timing {
    Timing {
        fence: settings.fence,
        request: settings.request_timeout.unwrap_or(addon.api.timeouts.answer),
        settle: settings.settle.unwrap_or(addon.api.identity.settle),
        check: settings.check,
        ..Timing::default()
    }
}

/// The kind as the API server serves it.
pub(crate) fn kind_of(addon: &Addon) -> Kind {
    let resource = &addon.resource;
    Kind {
        group: resource.group.clone(),
        version: resource.versions.first().cloned().unwrap_or_default(),
        kind: resource.kind.clone(),
        plural: resource.plural.clone(),
        namespaced: resource.scope == KindScope::Namespaced,
    }
}
