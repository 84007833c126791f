//! How an API of the catalog is reached with what somebody has configured: its endpoint, the credentials, and their budget.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use interpreter::catalog::{Api, Scheme};
use secrecy::{ExposeSecret, SecretString};

use super::ask::Access;
use crate::cloud::oauth1::{Keys, SignatureMethod};
use crate::cloud::{Budgets, Client, Credentials, Limits};
use crate::config::{self, ApiSettings};
use crate::telemetry::Telemetry;

/// What every way to a cloud shares.
pub(super) struct Reach {
    /// Sends.
    pub(super) client: Client,
    /// By API and credentials: who shares the credentials shares the budget.
    pub(super) budgets: Budgets,
    /// Instead of what the catalog says.
    pub(super) request_timeout: Option<Duration>,
    /// Where it is told how requests end.
    pub(super) telemetry: Arc<Telemetry>,
}

/// Whose settings they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// The operator's own.
    Operators,
    /// A namespace's. Where they name no endpoint, this one of the operator's is used, if it has named one.
    Namespaces {
        /// As the operator's settings name it.
        endpoint: Option<&'a str>,
    },
}

impl Reach {
    /// The way to an API. The error says what these settings lack.
    pub(super) fn access(&self, api: &Api, settings: &ApiSettings, whose: Whose<'_>) -> anyhow::Result<Access> {
        let found = config::credentials(settings, &api.auth, "")?;
        let credentials = shown(&found)?;
        let inherited = match whose {
            Whose::Operators => None,
            Whose::Namespaces { endpoint } => endpoint.map(str::to_owned),
        };
        let hosts = || api.endpoints.host("").map(|host| host.source().to_owned());
        let written = settings.endpoint.clone().or(inherited).or_else(|| found.scheme.endpoint.clone()).or_else(hosts);
        Ok(Access {
            client: self.client.clone(),
            endpoint: normal(api, &written.unwrap_or_default())?,
            budget: self.budgets.of(&api.name, credentials.fingerprint(), limits(api)),
            fingerprint: credentials.fingerprint().to_string(),
            credentials,
            timeout: self.request_timeout.unwrap_or(api.timeouts.answer),
            telemetry: self.telemetry.clone(),
            operators: whose == Whose::Operators,
        })
    }
}

/// An endpoint in the one form in which records hold it.
fn normal(api: &Api, endpoint: &str) -> anyhow::Result<String> {
    if endpoint.is_empty() {
        return Ok(String::new());
    }
    let url = config::endpoint(endpoint, &api.endpoints.may_end_in).with_context(|| format!("the endpoint `{endpoint}`"))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn shown(found: &config::Credentials<'_>) -> anyhow::Result<Credentials> {
    let one = |at: usize| -> SecretString {
        let name = found.scheme.needs.get(at);
        name.and_then(|name| found.values.get(name)).cloned().unwrap_or_default()
    };
    Ok(match &found.scheme.scheme {
        Scheme::OAuth1 { signature } => Credentials::OAuth1(Keys {
            method: match signature.as_str() {
                "PLAINTEXT" => SignatureMethod::Plaintext,
                _ => SignatureMethod::HmacSha512,
            },
            // The order in which RFC 5849's parts are named: token and its secret, consumer key and its secret.
            token: one(0),
            token_secret: one(1),
            consumer_key: one(2),
            consumer_secret: one(3),
        }),
        Scheme::Bearer => Credentials::Bearer(one(0)),
        Scheme::Basic => Credentials::Basic { user: one(0).expose_secret().to_owned(), password: one(1) },
        Scheme::Header { name } => Credentials::Header { name: name.clone(), value: one(0) },
        Scheme::None => Credentials::None,
        Scheme::Exchange { .. } => bail!("the scheme `exchange` can be described in a catalog, but not be spoken yet"),
    })
}

fn limits(api: &Api) -> Limits {
    let one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let creating = usize::try_from(api.budget.creating_at_once).ok().and_then(NonZeroUsize::new);
    Limits { per_second: one(api.budget.per_second), burst: one(api.budget.burst), creating_at_once: creating.unwrap_or(NonZeroUsize::MIN) }
}
