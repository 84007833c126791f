//! Chooses how to authenticate: the first of an API's schemes that matches the configured credentials.
//! Sending them is done in `crate::cloud`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use interpreter::catalog::{Api, AuthScheme, Scheme};
use secrecy::SecretString;

use crate::config::known_keys::variable;
use crate::config::settings::ApiSettings;

/// Help for a token without its consumer, which the predecessor accepted.
const PUBLIC_CONSUMER: &str = "they belong to the application that the token was issued for; without them, clever-kubernetes-operator signed as a \
    shared public application, which this operator does not";

/// An authentication scheme with its credentials.
#[derive(Debug, Clone)]
pub struct Credentials<'a> {
    /// The scheme.
    pub(crate) scheme: &'a AuthScheme,
    /// All credentials that it needs, by name.
    pub values: BTreeMap<String, SecretString>,
}

/// No scheme matches the configured credentials: lists what each scheme missing, and what it would leave
/// unused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MissingCredentials {
    section: String,
    schemes: Vec<Mismatch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mismatch {
    scheme: &'static str,
    missing: Vec<String>,
    unused: Vec<String>,
    /// A token is configured without the consumer that it was issued for.
    lacks_consumer: bool,
    /// The place where a user gets the credentials, as the catalog says.
    place: Option<String>,
}

/// Returns the first scheme that needs exactly the configured credentials, for requests to `host`; the host
/// of an API with a single host is "".
///
/// A scheme that would leave a credential unused does not match: three parts of four are a mistake, and must
/// not become a request that shows one of them to another host.
pub fn credentials<'a>(
    settings: &ApiSettings,
    schemes: &'a [AuthScheme],
    host: &str,
) -> Result<Credentials<'a>, MissingCredentials> {
    let (candidates, others) = for_host(schemes, host);
    let elsewhere: BTreeSet<&str> = others.iter().flat_map(|scheme| scheme.needs()).collect();
    let mismatches: Vec<Mismatch> =
        candidates.iter().map(|scheme| mismatch(settings, scheme, &elsewhere)).collect();
    let fits = |mismatch: &Mismatch| mismatch.missing.is_empty() && mismatch.unused.is_empty();
    match candidates.iter().zip(&mismatches).find(|(_, mismatch)| fits(mismatch)) {
        Some((scheme, _)) => Ok(Credentials { scheme, values: values(settings, scheme) }),
        None => Err(MissingCredentials { section: settings.section.clone(), schemes: mismatches }),
    }
}

/// Returns the credentials missing for one of the API's hosts, unless each resource brings its own.
pub(crate) fn missing_credentials(settings: &ApiSettings, api: &Api) -> Option<MissingCredentials> {
    let mut hosts = api.endpoints.hosts.keys().filter(|_| api.credentials.is_none());
    hosts.find_map(|host| credentials(settings, &api.auth, host).err())
}

/// Returns the schemes for the host, else those for any host; and all others.
fn for_host<'a>(schemes: &'a [AuthScheme], host: &str) -> (Vec<&'a AuthScheme>, Vec<&'a AuthScheme>) {
    let names = |scheme: &&AuthScheme| scheme.hosts.iter().any(|named| named == host);
    if schemes.iter().any(|scheme| names(&scheme)) {
        schemes.iter().partition(names)
    } else {
        schemes.iter().partition(|scheme| scheme.hosts.is_empty())
    }
}

fn mismatch(settings: &ApiSettings, scheme: &AuthScheme, elsewhere: &BTreeSet<&str>) -> Mismatch {
    let needs: BTreeSet<&str> = scheme.needs().into_iter().collect();
    let configured: BTreeSet<&str> = settings.credentials.keys().map(String::as_str).collect();
    let unused = configured.difference(&needs).filter(|name| !elsewhere.contains(*name));
    Mismatch {
        scheme: scheme_name(&scheme.scheme),
        missing: needs.difference(&configured).map(|name| (*name).to_owned()).collect(),
        unused: unused.map(|name| (*name).to_owned()).collect(),
        lacks_consumer: lacks_consumer(&scheme.scheme, &configured),
        place: scheme.help.clone(),
    }
}

/// Returns whether both parts of a token are configured, and neither part of the consumer.
fn lacks_consumer(scheme: &Scheme, configured: &BTreeSet<&str>) -> bool {
    let Scheme::OAuth1 { token, secret, consumer_key, consumer_secret, .. } = scheme else { return false };
    let has = |name: &String| configured.contains(name.as_str());
    has(token) && has(secret) && !has(consumer_key) && !has(consumer_secret)
}

fn values(settings: &ApiSettings, scheme: &AuthScheme) -> BTreeMap<String, SecretString> {
    let needs = scheme.needs();
    settings
        .credentials
        .iter()
        .filter(|(name, _)| needs.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn scheme_name(scheme: &Scheme) -> &'static str {
    match scheme {
        Scheme::OAuth1 { .. } => "oauth1",
        Scheme::Bearer { .. } => "bearer",
        Scheme::Basic { .. } => "basic",
        Scheme::Header { .. } => "header",
        Scheme::Exchange { .. } => "exchange",
        Scheme::None => "none",
    }
}

impl Credentials<'_> {
    /// Returns the name of the scheme.
    pub fn scheme_name(&self) -> &'static str {
        scheme_name(&self.scheme.scheme)
    }
}

impl MissingCredentials {
    /// Lists what to write for each scheme, one line each. Variables are offered for the operator's
    /// configuration only, not for a namespace's.
    pub(super) fn help(&self, in_variables: bool) -> String {
        let mut lines = Vec::new();
        for (at, Mismatch { scheme, missing, unused, lacks_consumer, place }) in
            self.schemes.iter().enumerate()
        {
            lines.push(format!("{} `{scheme}`:", if at == 0 { "for" } else { "or for" }));
            lines.extend(missing.iter().map(|name| match in_variables {
                true => format!(
                    "  write `{name}` in `[{0}]`, or set {1}",
                    self.section,
                    variable(&format!("{}.{name}", self.section))
                ),
                false => format!("  write `{name}` in `[{}]`", self.section),
            }));
            if *lacks_consumer {
                lines.push(format!("  {PUBLIC_CONSUMER}"));
            }
            if !missing.is_empty() {
                lines.extend(place.iter().map(|place| format!("  {place}")));
            }
            lines.extend(
                unused.iter().map(|name| format!("  remove `{name}`, which this scheme does not use")),
            );
        }
        lines.join("\n")
    }
}

impl fmt::Display for MissingCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the credentials in `[{}]` match no authentication scheme\n{}",
            self.section,
            self.help(true)
        )
    }
}
