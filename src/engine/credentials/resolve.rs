//! Whose credentials are in force for a resource at one moment, and why it may be that none are. Decides who may ask, and asks nothing.

use std::sync::Arc;

use interpreter::catalog::Api;
use interpreter::plan::{Home, Place};
use serde_json::Value;

use crate::config::{ApiSettings, Config};
use crate::engine::annotations;
use crate::engine::cloud_api::client::Access;
use crate::engine::credentials::connect::{Reach, Whose};
use crate::engine::credentials::namespace_secrets::Override;

/// What is in force for the resources of one API in one namespace. Taken once for each step, so that nothing in a step is done with other
/// credentials than it was planned with.
pub(crate) struct Grant {
    /// How to reach the cloud; else what is wrong, and what to write.
    pub(crate) access: Result<Arc<Access>, String>,
    /// The Secret of the namespace that the credentials stand in; none: they are the operator's own.
    pub(crate) secret: Option<String>,
    /// The Secret is being deleted, and only held.
    pub(crate) leaving: bool,
    /// What a spec may take from the configuration.
    pub(crate) defaults: Value,
}

/// What the operator itself is told.
pub(crate) fn of_operator(reach: &Reach, config: &Config, api: &Api) -> Grant {
    let access = match config.apis.get(&api.name) {
        Some(settings) => reach.access(api, settings, Whose::Operators).map_err(|why| format!("{why:#}")),
        None => Err("nothing is written about it".to_owned()),
    };
    let access = access.map_err(|why| {
        let alternative = format!("or a Secret `{}` in this namespace, with credentials of its own", annotations::OVERRIDES[0]);
        format!("the operator has no credentials for the API `{}`: {why}\n{alternative}", api.name)
    });
    let defaults = config.apis.get(&api.name).map(ApiSettings::defaults).unwrap_or_default();
    Grant { access: access.map(Arc::new), secret: None, leaving: false, defaults }
}

impl Grant {
    pub(crate) fn broken(own: &Override, why: String) -> Self {
        Self { access: Err(why), secret: Some(own.secret.clone()), leaving: own.is_leaving(), defaults: Value::default() }
    }

    /// Where a new add-on would be made, and with what.
    pub(crate) fn home(&self, api: &str, account: String) -> Home {
        let access = self.access.as_ref().ok();
        let place = Place { api: api.to_owned(), endpoint: access.map(|access| access.endpoint.clone()).unwrap_or_default(), account };
        let credentials = access.map(|access| access.fingerprint.clone()).unwrap_or_default();
        Home { place, credentials, secret: self.secret.clone(), limited: false, barred: None }
    }
}

/// The one, and of the other what it lacks.
pub(crate) fn over(own: Value, general: Value) -> Value {
    match (own, general) {
        (Value::Object(own), Value::Object(mut general)) => {
            general.extend(own);
            Value::Object(general)
        }
        (own, _) => own,
    }
}

/// The credentials are those of one endpoint, and are shown to no other.
pub(crate) fn elsewhere(place: &Place) -> String {
    format!(
        "the add-on is at `{}` ({}), for which no credentials are configured: configure that endpoint again, with its credentials",
        place.endpoint, place.api
    )
}
