//! Endpoints that the credentials of a namespace may name. A user who may write Secrets in a namespace must not make the
//! operator send requests to any address that it can reach.

use anyhow::bail;
use interpreter::catalog::Api;
use url::Url;

use crate::config::{ApiSettings, Config};
use crate::engine::credentials::connect::normal;

/// Returns an error if settings of a namespace name an endpoint that the configuration of the operator does not allow.
pub(super) fn check(config: &Config, api: &Api, settings: &ApiSettings) -> anyhow::Result<()> {
    let Some(written) = &settings.endpoint else { return Ok(()) };
    let endpoint = normal(api, written)?;
    let is_it = |allowed: String| normal(api, &allowed).is_ok_and(|allowed| allowed == endpoint);
    if allowed(config, api).into_iter().any(is_it) {
        return Ok(());
    }
    bail!(
        "`{}.endpoint` names the host `{}`, which is not allowed for namespaces: add the endpoint to `operator.endpoints` in the configuration of the operator, or remove it here to use the endpoint of the operator",
        settings.section,
        host(&endpoint)
    )
}

/// Returns the allowed endpoints. By default these are the endpoints of the API definition and of its authentication
/// schemes, and those that the operator itself is configured for.
fn allowed(config: &Config, api: &Api) -> Vec<String> {
    if let Some(endpoints) = &config.operator.endpoints {
        return endpoints.iter().cloned().collect();
    }
    let own = api.endpoints.hosts.values().map(|host| host.source().to_owned());
    let of_schemes = api.auth.iter().filter_map(|scheme| scheme.endpoint.clone());
    let configured = config.apis.values().filter_map(|settings| settings.endpoint.clone());
    own.chain(of_schemes).chain(configured).collect()
}

/// Returns host and port of an endpoint.
fn host(endpoint: &str) -> String {
    let url = Url::parse(endpoint).ok();
    let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use interpreter::catalog::{Severity, Source, load};

    use super::*;
    use crate::config::OperatorSettings;

    const API: &str = "
api: cloud
title: A cloud
endpoint: https://cloud.example.test
endpointMayEndIn: [/v2, /v2/]
auth: [{ scheme: bearer, needs: [token], endpoint: 'https://bridge.example.test' }]
identity: { name: '{{metadata.uid}}', chosenBy: cloud, ids: { addon: $.id }, named: $.name }
operations:
  list: { request: GET /things, items: '$[*]' }
  create: { request: POST /things, body: { name: '{{name}}' } }
  delete: { request: 'DELETE /things/{{id.addon}}' }
";

    fn settings(endpoint: Option<&str>) -> ApiSettings {
        let (section, endpoint) = ("api".to_owned(), endpoint.map(str::to_owned));
        ApiSettings { section, endpoint, organisation: None, credentials: BTreeMap::new() }
    }

    #[test]
    fn an_endpoint_of_a_namespace_is_one_of_the_allowed_ones() {
        let mut loaded = load(&[Source { path: "api.yaml".into(), text: API.into() }]);
        assert!(loaded.problems.iter().all(|problem| problem.severity != Severity::Error));
        let api = loaded.catalog.apis.remove("cloud").unwrap();
        let listed = Some(vec!["https://a.test/v2", "https://b.test:8443/below", "http://127.0.0.1:99"]);
        for (list, endpoint, is_allowed) in [
            (None, "https://cloud.example.test", true),
            (None, "HTTPS://CLOUD.example.test:443/v2/", true),
            (None, "https://bridge.example.test/", true),
            (None, "https://own.example.test", true),
            (None, "https://a.test", false),
            (None, "https://cloud.example.test.", false),
            (None, "https://cloud.example.test:8443", false),
            (None, "https://cloud.example.test/elsewhere", false),
            (None, "https://cloud.example.test@a.test", false),
            (None, "https://user@cloud.example.test", false),
            (None, "https://cloud.example.test?x", false),
            (None, "https://cloud.example.test#x", false),
            (None, "http://cloud.example.test", false),
            (None, "http://127.0.0.1:99", false),
            (listed.clone(), "https://a.test", true),
            (listed.clone(), "https://A.test/v2/", true),
            (listed.clone(), "https://b.test:8443/below/v2", true),
            (listed.clone(), "https://b.test:8443", false),
            (listed.clone(), "http://127.1:99/", true),
            (listed.clone(), "https://127.0.0.1:99", false),
            (listed.clone(), "http://127.0.0.2:99", false),
            (listed.clone(), "https://cloud.example.test", false),
            (Some(vec![]), "https://cloud.example.test", false),
        ] {
            let listed = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
            let operator = OperatorSettings { endpoints: list.map(listed), ..OperatorSettings::default() };
            let apis = BTreeMap::from([("cloud".to_owned(), settings(Some("https://own.example.test/v2")))]);
            let config = Config { apis, operator };
            let result = check(&config, &api, &settings(Some(endpoint)));
            assert_eq!(result.is_ok(), is_allowed, "{endpoint}: {result:?}");
            assert!(check(&config, &api, &settings(None)).is_ok());
        }
    }

    #[test]
    fn a_refusal_names_the_host_and_the_key() {
        let mut loaded = load(&[Source { path: "api.yaml".into(), text: API.into() }]);
        let api = loaded.catalog.apis.remove("cloud").unwrap();
        let config = Config { apis: BTreeMap::new(), operator: OperatorSettings::default() };
        let message =
            check(&config, &api, &settings(Some("https://10.0.0.1:8443/secret"))).unwrap_err().to_string();
        assert!(message.contains("`10.0.0.1:8443`") && message.contains("`operator.endpoints`"), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}
