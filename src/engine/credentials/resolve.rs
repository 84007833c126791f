//! Resolved credentials of a resource at one moment, or the reason why there are none. Sends no request.

use std::sync::Arc;

use interpreter::catalog::Api;
use interpreter::plan::{Location, Target};
use serde_json::Value;

use crate::config::{ApiSettings, Config, OBJECT_NAME};
use crate::engine::annotations;
use crate::engine::cloud_api::client::Access;
use crate::engine::credentials::allowed_endpoints;
use crate::engine::credentials::connect::Connector;
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

/// The settings that count for an API in a namespace.
enum Source<'a> {
    /// The settings of the operator, with those of the namespace, which have no credentials.
    Operator(Option<&'a ApiSettings>),
    /// The settings in the Secret of the namespace, completed from those of the operator.
    Namespace(&'a NamespaceSecret, &'a ApiSettings, Option<&'a ApiSettings>),
    /// None: the operator's own credentials never replace a Secret with this error.
    Broken(&'a NamespaceSecret, &'a str),
}

/// Decides which settings count for an API; `own` is the Secret in use.
fn source<'a>(config: &'a Config, api: &str, own: Option<&'a NamespaceSecret>) -> Source<'a> {
    let Some(own) = own else { return Source::Operator(None) };
    let says = match &own.says {
        Ok(says) => says,
        Err(why) => return Source::Broken(own, why),
    };
    match (says.unknown.get(api), says.apis.get(api)) {
        (Some(why), _) => Source::Broken(own, why),
        (None, Some(settings)) if !settings.credentials.is_empty() => {
            // At another endpoint, the operator's settings do not apply.
            let general = config.apis.get(api).filter(|_| settings.endpoint.is_none());
            Source::Namespace(own, settings, general)
        }
        (None, settings) => Source::Operator(settings),
    }
}

/// Resolves the credentials of an API; `own` is the Secret in use.
pub(super) fn resolve(
    connector: &Connector,
    config: &Config,
    api: &Api,
    own: Option<&NamespaceSecret>,
) -> ResolvedCredentials {
    let (own, access, defaults) = match source(config, &api.name, own) {
        Source::Operator(settings) => {
            let general = of_operator(connector, config, api);
            return ResolvedCredentials { defaults: over(settings, &general.defaults), ..general };
        }
        Source::Broken(own, why) => (own, Err(why.to_owned()), Value::Null),
        Source::Namespace(own, settings, general) => {
            let endpoint = general.and_then(|general| general.endpoint.as_deref());
            let access = allowed_endpoints::check(config, api, settings)
                .and_then(|()| connector.access(api, settings, endpoint))
                .map(Arc::new);
            let general = general.map(ApiSettings::defaults).unwrap_or_default();
            let access = access.map_err(|why| format!("Secret `{}`: {why:#}", own.secret));
            (own, access, over(Some(settings), &general))
        }
    };
    ResolvedCredentials { access, secret: Some(own.secret.clone()), leaving: own.is_leaving(), defaults }
}

/// Resolves the operator's own credentials.
pub(crate) fn of_operator(connector: &Connector, config: &Config, api: &Api) -> ResolvedCredentials {
    let settings = config.apis.get(&api.name);
    let access = match settings {
        Some(settings) => connector.access(api, settings, None).map_err(|why| format!("{why:#}")),
        None => Err("the configuration does not mention it".to_owned()),
    };
    let access = access.map(|access| Arc::new(Access { operators: true, ..access })).map_err(|why| {
        let place = match connector.own_namespace.as_str() {
            "" => String::new(),
            own => format!(
                "\nThe operator reads them from its variables and files, and from the ConfigMap or Secret `{OBJECT_NAME}` in the namespace `{own}`, key `config.toml`."
            ),
        };
        format!(
            "the operator has no credentials for the API `{}`: {why}{place}\nOr create a Secret `{}` in the namespace of the resource, with credentials of its own.",
            api.name, annotations::OVERRIDES[0]
        )
    });
    let defaults = settings.map(ApiSettings::defaults).unwrap_or_default();
    ResolvedCredentials { access, secret: None, leaving: false, defaults }
}

impl ResolvedCredentials {
    /// Returns location and credentials of a new add-on.
    pub(crate) fn target(&self, api: &str, account: String) -> Target {
        let access = self.access.as_ref().ok();
        let location = Location {
            api: api.to_owned(),
            endpoint: access.map(|access| access.endpoint.clone()).unwrap_or_default(),
            account,
        };
        let credentials = access.map(|access| access.fingerprint.clone()).unwrap_or_default();
        Target { location, credentials, secret: self.secret.clone(), ..Target::default() }
    }
}

/// Returns the defaults of settings, completed from general ones.
fn over(settings: Option<&ApiSettings>, general: &Value) -> Value {
    match (settings.map(ApiSettings::defaults), general) {
        (Some(Value::Object(first)), Value::Object(general)) => {
            general.clone().into_iter().chain(first).collect()
        }
        (first, general) => first.unwrap_or_else(|| general.clone()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::config::{NamespaceConfig, OperatorSettings};

    fn settings(endpoint: Option<&str>, organisation: Option<&str>, names: &[&str]) -> ApiSettings {
        ApiSettings {
            section: "api".into(),
            endpoint: endpoint.map(str::to_owned),
            organisation: organisation.map(str::to_owned),
            credentials: names.iter().map(|name| ((*name).to_owned(), "x".into())).collect(),
        }
    }

    fn secret(says: Result<NamespaceConfig, &str>) -> NamespaceSecret {
        let object = serde_json::from_value(json!({ "metadata": { "name": "clever-operator" } })).unwrap();
        let says = says.map(Arc::new).map_err(str::to_owned);
        NamespaceSecret { secret: "clever-operator".into(), says, object: Arc::new(object) }
    }

    fn with(api: &str, settings: ApiSettings) -> NamespaceSecret {
        let apis = BTreeMap::from([(api.to_owned(), settings)]);
        secret(Ok(NamespaceConfig { apis, ..NamespaceConfig::default() }))
    }

    fn shown(source: &Source<'_>) -> String {
        let endpoint = |settings: &ApiSettings| settings.endpoint.clone().unwrap_or_default();
        let organisation = |settings: &ApiSettings| settings.organisation.clone().unwrap_or_default();
        match source {
            Source::Operator(None) => "operator".into(),
            Source::Operator(Some(first)) => format!("operator, first {}", organisation(first)),
            Source::Namespace(_, _, None) => "namespace alone".into(),
            Source::Namespace(_, _, Some(general)) => format!("namespace, {}", endpoint(general)),
            Source::Broken(_, why) => format!("broken: {why}"),
        }
    }

    #[test]
    fn the_settings_that_count() {
        let apis = BTreeMap::from([("cloud".to_owned(), settings(Some("https://a.test"), None, &["token"]))]);
        let config = Config { apis, operator: OperatorSettings::default() };
        let own = settings(None, None, &["token"]);
        let unknown = BTreeMap::from([("cloud".to_owned(), "`apis.cloud.tokn` is not known".to_owned())]);
        let apis = BTreeMap::from([("cloud".to_owned(), own.clone())]);
        let unknown = NamespaceConfig { apis, unknown };
        for (name, own, expected) in [
            ("no Secret", None, "operator"),
            ("a Secret about another API", Some(with("other", own.clone())), "operator"),
            ("an error in the Secret", Some(secret(Err("line 1"))), "broken: line 1"),
            ("a key that is not known", Some(secret(Ok(unknown))), "broken: `apis.cloud.tokn` is not known"),
            ("an empty Secret", Some(secret(Ok(NamespaceConfig::default()))), "operator"),
            (
                "settings without credentials",
                Some(with("cloud", settings(None, Some("orga_a"), &[]))),
                "operator, first orga_a",
            ),
            ("credentials", Some(with("cloud", own)), "namespace, https://a.test"),
            (
                "credentials for another endpoint",
                Some(with("cloud", settings(Some("https://b.test"), None, &["token"]))),
                "namespace alone",
            ),
        ] {
            assert_eq!(shown(&source(&config, "cloud", own.as_ref())), expected, "{name}");
        }
    }

    #[test]
    fn the_first_defaults_win() {
        let settings = |organisation| settings(None, organisation, &[]);
        let orga_b = json!({ "organisation": "orga_b" });
        for (first, general, expected) in [
            (Some(settings(Some("orga_a"))), &orga_b, json!({ "organisation": "orga_a" })),
            (Some(settings(None)), &orga_b, orga_b.clone()),
            (None, &orga_b, orga_b.clone()),
            (Some(settings(Some("orga_a"))), &Value::Null, json!({ "organisation": "orga_a" })),
            (None, &Value::Null, Value::Null),
        ] {
            assert_eq!(over(first.as_ref(), general), expected);
        }
    }
}
