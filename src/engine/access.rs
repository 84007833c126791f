//! How each API of the catalog is reached: its endpoint, the credentials that are configured for it, and their budget.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use anyhow::{Context, bail};
use interpreter::catalog::{Api, Catalog, Scheme};
use secrecy::{ExposeSecret, SecretString};

use super::ask::Access;
use crate::cloud::oauth1::{Keys, SignatureMethod};
use crate::cloud::{Budgets, Client, Credentials, Limits};
use crate::config::{self, Config};
use crate::telemetry::Telemetry;

/// Every API for which an add-on and credentials are there. What cannot be reached is said, and takes no other API down.
pub(super) fn access(catalog: &Catalog, config: &Config, client: &Client, telemetry: &Arc<Telemetry>) -> BTreeMap<String, Access> {
    let used = |api: &&Arc<Api>| catalog.addons.values().any(|addon| addon.api.name == api.name);
    let budgets = Budgets::default();
    let timeout = |api: &Api| config.operator.request_timeout.unwrap_or(api.timeouts.answer);
    let reached = |api: &Arc<Api>| match of(api, config) {
        Ok((endpoint, credentials)) => {
            let budget = budgets.of(&api.name, credentials.fingerprint(), limits(api));
            let (client, telemetry) = (client.clone(), telemetry.clone());
            Some((api.name.clone(), Access { client, endpoint, credentials, budget, timeout: timeout(api), telemetry }))
        }
        Err(why) => {
            tracing::error!(api = api.name, "its add-ons are not managed: {why:#}");
            None
        }
    };
    catalog.apis.values().filter(used).filter_map(reached).collect()
}

/// Where the API is, and what to show there.
fn of(api: &Api, config: &Config) -> anyhow::Result<(String, Credentials)> {
    let settings = config.apis.get(&api.name).with_context(|| format!("nothing is configured for the API `{}`", api.name))?;
    let found = config::credentials(settings, &api.auth, "")?;
    let credentials = shown(&found)?;
    let own = found.scheme.endpoint.clone();
    let hosts = || api.endpoints.host("").map(|host| host.source().to_owned());
    let endpoint = settings.endpoint.clone().or(own).or_else(hosts).unwrap_or_default();
    let endpoint = match endpoint.is_empty() {
        true => endpoint,
        false => {
            let url = config::endpoint(&endpoint, &api.endpoints.may_end_in).with_context(|| format!("the endpoint `{endpoint}`"))?;
            url.as_str().trim_end_matches('/').to_owned()
        }
    };
    Ok((endpoint, credentials))
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
