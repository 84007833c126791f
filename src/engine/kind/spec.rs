//! Specification of a controller: its catalog entry, its kind and its timing.

use std::sync::Arc;

use interpreter::catalog::{Addon, Scope as KindScope};
use interpreter::plan::Timing;

use crate::cluster::Kind;
use crate::config::OperatorSettings;

/// Specification of a controller.
#[derive(Clone)]
pub(crate) struct ControllerSpec {
    pub(crate) addon: Arc<Addon>,
    /// True when the catalog has no entry for the kind any more, so that it is delete-only.
    pub(crate) kind_removed: bool,
    /// True when the entry is part of this build.
    pub(crate) built_in: bool,
}

/// Returns the timing of a kind: the operator's settings, with the values of its API as defaults.
pub(crate) fn timing(addon: &Addon, settings: &OperatorSettings) -> Timing {
    Timing {
        creation_window: settings.creation_window,
        request: settings.request_timeout.unwrap_or(addon.api.timeouts.answer),
        list_lag: settings.list_lag.unwrap_or(addon.api.identity.list_lag),
        absence_time: settings.absence_time,
        poll_interval: settings.poll_interval,
        ..Timing::default()
    }
}

/// Returns the kind as the API server serves it.
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
