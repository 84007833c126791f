//! Connector: resolves the settings of an API into endpoint, credentials and budget, and returns the access
//! to it.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use interpreter::catalog::{self, Api, Catalog, Scheme};
use interpreter::exchange::Redactor;
use parking_lot::Mutex;
use secrecy::ExposeSecret;

use crate::cloud::oauth1::{Keys, SignatureMethod};
use crate::cloud::{Budgets, Client, Credentials, Fingerprint, Limits, Settings};
use crate::config::{self, ApiSettings};
use crate::engine::cloud_api::client::{Access, Redactors};
use crate::telemetry::Telemetry;

/// Maximum number of redactors that are kept.
const MAX_REDACTORS: usize = 500;

/// Shared parts of every access to a cloud.
pub(crate) struct Connector {
    client: Client,
    /// Budgets by API and credentials: resources with the same credentials share one.
    budgets: Budgets,
    /// Redactors by credentials.
    redactors: Mutex<HashMap<Fingerprint, Arc<Redactors>>>,
    /// The configured request timeout, instead of the catalog's.
    request_timeout: Option<Duration>,
    /// Receives the result of each request.
    telemetry: Arc<Telemetry>,
    /// The namespace in which the operator looks for its configuration; empty for a command.
    pub(crate) own_namespace: String,
}

impl Connector {
    /// Creates the connector for all APIs of the catalog.
    pub(crate) fn new(
        catalog: &Catalog,
        request_timeout: Option<Duration>,
        telemetry: Arc<Telemetry>,
    ) -> anyhow::Result<Self> {
        let connect_timeout =
            catalog.apis.values().map(|api| api.timeouts.connect).max().unwrap_or(Duration::from_secs(5));
        let user_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned();
        let client = Client::new(&Settings { user_agent, connect_timeout })
            .context("cannot create the HTTP client")?;
        Ok(Self {
            client,
            budgets: Budgets::default(),
            redactors: Mutex::default(),
            request_timeout,
            telemetry,
            own_namespace: String::new(),
        })
    }

    /// Returns the access to an API with settings of a namespace, which apply at the `general` endpoint of the
    /// operator's settings unless they have their own. The error says what the settings lack.
    pub(crate) fn access(
        &self,
        api: &Api,
        settings: &ApiSettings,
        general: Option<&str>,
    ) -> anyhow::Result<Access> {
        let ResolvedSettings { endpoint, credentials, .. } = resolved_settings(api, settings, general)?;
        Ok(Access {
            client: self.client.clone(),
            endpoint,
            budget: self.budgets.of(&api.name, credentials.fingerprint(), limits(api)),
            redactors: self.redactors(&credentials),
            fingerprint: credentials.fingerprint().to_string(),
            credentials,
            timeout: self.request_timeout.unwrap_or(api.timeouts.answer),
            telemetry: self.telemetry.clone(),
            operators: false,
        })
    }

    /// Returns the redactors of credentials. They are made once: an access is resolved for each step.
    fn redactors(&self, credentials: &Credentials) -> Arc<Redactors> {
        let mut known = self.redactors.lock();
        if known.len() >= MAX_REDACTORS {
            known.clear();
        }
        known.entry(credentials.fingerprint()).or_insert_with(|| Arc::new(redactors(credentials))).clone()
    }
}

/// Endpoint and credentials that settings lead to.
pub(crate) struct ResolvedSettings {
    /// The name of the authentication scheme.
    pub(crate) scheme: &'static str,
    /// The endpoint; empty for an API with several hosts.
    pub(crate) endpoint: String,
    credentials: Credentials,
}

/// Resolves settings for an API, as for [`Connector::access`]. The error says what the settings lack, or what
/// this version does not support.
pub(crate) fn resolved_settings(
    api: &Api,
    settings: &ApiSettings,
    general: Option<&str>,
) -> anyhow::Result<ResolvedSettings> {
    let found = config::credentials(settings, &api.auth, "")?;
    let credentials = shown(&found)?;
    credentials.validate()?;
    let hosts = || api.endpoints.host("").map(|host| host.source().to_owned());
    let written = settings.endpoint.clone().or_else(|| general.map(str::to_owned));
    let written = written.or_else(|| found.scheme.endpoint.clone()).or_else(hosts);
    let endpoint = normal(api, &written.unwrap_or_default())?;
    Ok(ResolvedSettings { scheme: found.scheme_name(), endpoint, credentials })
}

/// Normalizes an endpoint to the form in which records store it.
pub(super) fn normal(api: &Api, endpoint: &str) -> anyhow::Result<String> {
    if endpoint.is_empty() {
        return Ok(String::new());
    }
    let url = config::endpoint(endpoint, &api.endpoints.may_end_in)
        .with_context(|| format!("the endpoint `{endpoint}`"))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn shown(found: &config::Credentials<'_>) -> anyhow::Result<Credentials> {
    let one = |name: &String| found.values.get(name).cloned().unwrap_or_default();
    Ok(match &found.scheme.scheme {
        Scheme::OAuth1 { signature, token, secret, consumer_key, consumer_secret } => {
            Credentials::OAuth1(Keys {
                method: match signature {
                    catalog::SignatureMethod::HmacSha512 => SignatureMethod::HmacSha512,
                    catalog::SignatureMethod::HmacSha1 => SignatureMethod::HmacSha1,
                    catalog::SignatureMethod::Plaintext => SignatureMethod::Plaintext,
                },
                token: one(token),
                token_secret: one(secret),
                consumer_key: one(consumer_key),
                consumer_secret: one(consumer_secret),
            })
        }
        Scheme::Bearer { token } => Credentials::Bearer(one(token)),
        Scheme::Basic { user, password } => {
            let user_id = user.as_ref().map(one).unwrap_or_default().expose_secret().to_owned();
            if let Some(name) = user.as_ref().filter(|_| user_id.contains(':')) {
                // The text behind the colon would be read as part of the password (RFC 7617 §2).
                bail!(
                    "the credential `{name}` is a user name with a colon, which the scheme `basic` cannot send: remove the colon"
                );
            }
            Credentials::Basic { user: user_id, password: password.as_ref().map(one).unwrap_or_default() }
        }
        Scheme::Header { name, value } => Credentials::Header { name: name.clone(), value: one(value) },
        Scheme::None => Credentials::None,
        Scheme::Exchange { .. } => {
            bail!("this version does not support the authentication scheme `exchange` yet")
        }
    })
}

fn redactors(credentials: &Credentials) -> Redactors {
    let secrets = credentials.secrets();
    let texts = || secrets.iter().map(ExposeSecret::expose_secret);
    // A user may be an ordinary word, such as the name of the product.
    let proofs =
        texts().filter(|text| !matches!(credentials, Credentials::Basic { user, .. } if user == text));
    Redactors {
        quotes: Redactor::default().with_credentials(texts()),
        own_words: Redactor::default().with_outputs(proofs).unwrap_or_default(),
    }
}

fn limits(api: &Api) -> Limits {
    let one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let creating = usize::try_from(api.budget.creating_at_once).ok().and_then(NonZeroUsize::new);
    Limits {
        per_second: one(api.budget.per_second),
        burst: one(api.budget.burst),
        creating_at_once: creating.unwrap_or(NonZeroUsize::MIN),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use interpreter::catalog::{Severity, Source, load, show};

    use super::*;
    use crate::cloud::{Method, Url};

    const REST: &str = "
api: cloud
title: A cloud
endpoint: https://cloud.example.test
identity: { name: '{{metadata.uid}}', chosenBy: cloud, ids: { addon: $.id }, named: $.name }
operations:
  list: { request: GET /things, items: '$[*]' }
  create: { request: POST /things, body: { name: '{{name}}' } }
  delete: { request: 'DELETE /things/{{id.addon}}' }
";

    /// Returns the header of a request; the configuration has a credential `x-<name>` under each of these
    /// names.
    fn header(scheme: &str, names: &[&str]) -> anyhow::Result<String> {
        let values: Vec<_> = names.iter().map(|name| (*name, format!("x-{name}"))).collect();
        header_of(scheme, &values)
    }

    fn header_of(scheme: &str, values: &[(&str, String)]) -> anyhow::Result<String> {
        let sources = [Source { path: "api.yaml".into(), text: format!("{REST}auth: [{{ {scheme} }}]\n") }];
        let mut loaded = load(&sources);
        loaded.problems.retain(|problem| problem.severity == Severity::Error);
        assert!(loaded.problems.is_empty(), "{}", show(&loaded.problems, &sources));
        let api = loaded.catalog.apis.remove("cloud").unwrap();
        let credentials: BTreeMap<_, _> =
            values.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        let settings = ApiSettings { section: "api".into(), endpoint: None, organisation: None, credentials };
        let shown = shown(&config::credentials(&settings, &api.auth, "")?)?;
        let (name, value) =
            shown.header(&Method::GET, &Url::parse("https://cloud.example.test/things")?).unwrap().unwrap();
        Ok(format!("{name}: {}", value.to_str()?))
    }

    #[test]
    fn basic_shows_each_credential_in_the_part_that_the_entry_names() {
        // Base64 by `printf x-user:x-password | base64`.
        for (scheme, names, right) in [
            ("scheme: basic, needs: [user, password]", &["user", "password"][..], "eC11c2VyOngtcGFzc3dvcmQ="),
            ("scheme: basic, needs: [password, user]", &["user", "password"], "eC11c2VyOngtcGFzc3dvcmQ="),
            ("scheme: basic, needs: [password]", &["password"], "OngtcGFzc3dvcmQ="),
            ("scheme: basic, needs: [user]", &["user"], "eC11c2VyOg=="),
            ("scheme: basic, needs: [token], parts: { password: token }", &["token"], "OngtdG9rZW4="),
            ("scheme: basic, needs: [token], parts: { user: token }", &["token"], "eC10b2tlbjo="),
            (
                "scheme: basic, needs: [user, password], parts: { user: password, password: user }",
                &["user", "password"],
                "eC1wYXNzd29yZDp4LXVzZXI=",
            ),
        ] {
            assert_eq!(header(scheme, names).unwrap(), format!("authorization: Basic {right}"), "{scheme}");
        }
    }

    #[test]
    fn a_user_that_would_reach_into_the_password_is_not_sent() {
        let value = |name: &str| if name == "user" { "a:b".to_owned() } else { "c".to_owned() };
        let values = ["user", "password"].map(|name| (name, value(name)));
        let why = header_of("scheme: basic, needs: [user, password]", &values).unwrap_err().to_string();
        assert!(why.contains("`user`") && !why.contains("a:b"), "{why}");
    }

    #[test]
    fn oauth1_takes_its_parts_by_name_in_any_order() {
        let names = ["token", "secret", "consumerKey", "consumerSecret"];
        let right = header(
            "scheme: oauth1, signature: PLAINTEXT, needs: [token, secret, consumerKey, consumerSecret]",
            &names,
        )
        .unwrap();
        for part in [
            "oauth_consumer_key=\"x-consumerKey\"",
            "oauth_token=\"x-token\"",
            "oauth_signature=\"x-consumerSecret%26x-secret\"",
        ] {
            assert!(right.contains(part), "{part} is missing in {right}");
        }
        let others = [
            ("needs: [consumerSecret, consumerKey, secret, token]", &names),
            ("needs: [secret, token, consumerSecret, consumerKey]", &names),
        ];
        for (needs, names) in others {
            let header = header(&format!("scheme: oauth1, signature: PLAINTEXT, {needs}"), names).unwrap();
            assert_eq!(without_stamp(&header), without_stamp(&right), "{needs}");
        }
        let renamed = "needs: [id, proof, token, secret], parts: { consumerKey: token, consumerSecret: secret, token: id, secret: proof }";
        let header = header(
            &format!("scheme: oauth1, signature: PLAINTEXT, {renamed}"),
            &["id", "proof", "token", "secret"],
        )
        .unwrap();
        for part in [
            "oauth_consumer_key=\"x-token\"",
            "oauth_token=\"x-id\"",
            "oauth_signature=\"x-secret%26x-proof\"",
        ] {
            assert!(header.contains(part), "{part} is missing in {header}");
        }
    }

    #[test]
    fn requests_are_signed_by_the_method_that_the_entry_names() {
        let names = ["token", "secret", "consumerKey", "consumerSecret"];
        // A signature's length is that of its hash, in base64 and percent-encoded: 20 and 64 bytes.
        for (method, length) in [("HMAC-SHA1", 28), ("HMAC-SHA512", 88)] {
            let needs = "needs: [token, secret, consumerKey, consumerSecret]";
            let header = header(&format!("scheme: oauth1, signature: {method}, {needs}"), &names).unwrap();
            assert!(header.contains(&format!("oauth_signature_method=\"{method}\"")), "{header}");
            let signature =
                header.split("oauth_signature=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let decoded = percent_encoding::percent_decode_str(signature).decode_utf8().unwrap();
            assert_eq!(decoded.len(), length, "{method}: {decoded}");
        }
    }

    #[test]
    fn bearer_and_header_show_their_one_credential_whatever_it_is_called() {
        assert_eq!(header("scheme: bearer, needs: [key]", &["key"]).unwrap(), "authorization: Bearer x-key");
        assert_eq!(
            header("scheme: header, header: X-Api-Key, needs: [user]", &["user"]).unwrap(),
            "x-api-key: x-user"
        );
    }

    /// Returns the parts of the header that do not differ between two requests.
    fn without_stamp(header: &str) -> Vec<&str> {
        let differs = |part: &&str| part.contains("oauth_nonce") || part.contains("oauth_timestamp");
        header.split(',').filter(|part| !differs(part)).collect()
    }
}
