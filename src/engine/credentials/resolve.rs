//! Resolved credentials of a resource at one moment, or the reason why there are none. Sends no request.

use std::sync::Arc;

use interpreter::catalog::Api;
use interpreter::plan::{Location, Target};
use serde_json::Value;

use crate::config::{ApiSettings, Config};
use crate::engine::annotations;
use crate::engine::cloud_api::client::Access;
use crate::engine::credentials::connect::{Connector, CredentialOwner};
use crate::engine::credentials::namespace_secrets::NamespaceSecret;

/// Resolved credentials for one API in one namespace. They are resolved once for each step, so that no part
/// of a step uses other credentials than it was planned with.
pub(crate) struct ResolvedCredentials {
    /// Access to the cloud; the error says what is wrong and what to write.
    pub(crate) access: Result<Arc<Access>, String>,
    /// The Secret that holds the credentials; `None` for the operator's own.
    pub(crate) secret: Option<String>,
    /// True when the Secret is being deleted and only a finalizer keeps it.
    pub(crate) leaving: bool,
    /// Defaults for the spec from the configuration.
    pub(crate) defaults: Value,
}

/// Resolves the operator's own credentials.
pub(crate) fn of_operator(connector: &Connector, config: &Config, api: &Api) -> ResolvedCredentials {
    let access = match config.apis.get(&api.name) {
        Some(settings) => {
            connector.access(api, settings, CredentialOwner::Operators).map_err(|why| format!("{why:#}"))
        }
        None => Err("the configuration does not mention it".to_owned()),
    };
    let access = access.map_err(|why| {
        let alternative = format!(
            "or create a Secret `{}` in this namespace, with its own credentials",
            annotations::OVERRIDES[0]
        );
        format!("the operator has no credentials for the API `{}`: {why}\n{alternative}", api.name)
    });
    let defaults = config.apis.get(&api.name).map(ApiSettings::defaults).unwrap_or_default();
    ResolvedCredentials { access: access.map(Arc::new), secret: None, leaving: false, defaults }
}

impl ResolvedCredentials {
    pub(crate) fn broken(own: &NamespaceSecret, why: String) -> Self {
        Self {
            access: Err(why),
            secret: Some(own.secret.clone()),
            leaving: own.is_leaving(),
            defaults: Value::default(),
        }
    }

    /// Returns location and credentials of a new add-on.
    pub(crate) fn target(&self, api: &str, account: String) -> Target {
        let access = self.access.as_ref().ok();
        let location = Location {
            api: api.to_owned(),
            endpoint: access.map(|access| access.endpoint.clone()).unwrap_or_default(),
            account,
        };
        let credentials = access.map(|access| access.fingerprint.clone()).unwrap_or_default();
        Target { location, credentials, secret: self.secret.clone(), limited: false, access_denied: None }
    }
}

/// Merges two values: the first wins.
pub(crate) fn over(own: Value, general: Value) -> Value {
    match (own, general) {
        (Value::Object(own), Value::Object(mut general)) => {
            general.extend(own);
            Value::Object(general)
        }
        (own, _) => own,
    }
}

/// The message for an add-on at another endpoint: credentials are never sent to an endpoint they were not
/// configured for.
pub(crate) fn elsewhere(location: &Location) -> String {
    format!(
        "the add-on is at the endpoint `{}` of the API `{}`, for which no credentials are configured: configure that endpoint again, with its credentials",
        location.endpoint, location.api
    )
}
