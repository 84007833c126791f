//! Chooses how to authenticate: the first of an API's schemes that what is written fits. What a scheme does with it is told elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use interpreter::catalog::{Api, AuthScheme, Catalog, Scheme};
use secrecy::SecretString;

use super::key::variable;
use super::{ApiSettings, Config, endpoint};

/// What to know where a token comes without its consumer: that was enough for the operator of before.
const PUBLIC_CONSUMER: &str = "these are of the application that the token was made for; where they were missing, clever-kubernetes-operator \
    signed as a public application that everybody shares, and this operator does not";

/// A scheme, and all that it needs.
#[derive(Debug, Clone)]
pub struct Credentials<'a> {
    /// How to authenticate.
    pub scheme: &'a AuthScheme,
    /// What it needs, by name; complete.
    pub values: BTreeMap<String, SecretString>,
}

/// That no scheme fits: what each lacks, and what it would leave unused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MissingCredentials {
    section: String,
    schemes: Vec<Misfit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Misfit {
    scheme: &'static str,
    lacks: Vec<String>,
    unused: Vec<String>,
    /// A token is there, and not the consumer that it was made for.
    lacks_consumer: bool,
}

/// For requests to a host, the first scheme that needs exactly what is written; the host of an API that has only one is "".
///
/// A scheme that would leave something unused does not fit: three parts of four are a slip of the pen, and must not end up as a request
/// that shows one of them to another host.
pub fn credentials<'a>(settings: &ApiSettings, schemes: &'a [AuthScheme], host: &str) -> Result<Credentials<'a>, MissingCredentials> {
    let (candidates, others) = for_host(schemes, host);
    let elsewhere: BTreeSet<&str> = others.iter().flat_map(|scheme| scheme.needs()).collect();
    let misfits: Vec<Misfit> = candidates.iter().map(|scheme| misfit(settings, scheme, &elsewhere)).collect();
    let fits = |misfit: &Misfit| misfit.lacks.is_empty() && misfit.unused.is_empty();
    match candidates.iter().zip(&misfits).find(|(_, misfit)| fits(misfit)) {
        Some((scheme, _)) => Ok(Credentials { scheme, values: values(settings, scheme) }),
        None => Err(MissingCredentials { section: settings.section.clone(), schemes: misfits }),
    }
}

/// What is missing for one of the API's hosts, where credentials are not handed over with each resource.
pub fn missing(settings: &ApiSettings, api: &Api) -> Option<MissingCredentials> {
    let mut hosts = api.endpoints.hosts.keys().filter(|_| api.credentials.is_none());
    hosts.find_map(|host| credentials(settings, &api.auth, host).err())
}

/// The APIs of the catalog's add-ons that cannot be used for want of credentials, by name.
pub fn unusable(config: &Config, catalog: &Catalog) -> BTreeMap<String, MissingCredentials> {
    let used = catalog.apis.values().filter(|api| catalog.addons.values().any(|addon| addon.api.name == api.name));
    used.filter_map(|api| Some((api.name.clone(), missing(config.apis.get(&api.name)?, api)?))).collect()
}

/// The schemes that name the host, else those that name none; and all others.
fn for_host<'a>(schemes: &'a [AuthScheme], host: &str) -> (Vec<&'a AuthScheme>, Vec<&'a AuthScheme>) {
    let names = |scheme: &&AuthScheme| scheme.hosts.iter().any(|named| named == host);
    if schemes.iter().any(|scheme| names(&scheme)) {
        schemes.iter().partition(names)
    } else {
        schemes.iter().partition(|scheme| scheme.hosts.is_empty())
    }
}

fn misfit(settings: &ApiSettings, scheme: &AuthScheme, elsewhere: &BTreeSet<&str>) -> Misfit {
    let needs: BTreeSet<&str> = scheme.needs().into_iter().collect();
    let written: BTreeSet<&str> = settings.credentials.keys().map(String::as_str).collect();
    let unused = written.difference(&needs).filter(|name| !elsewhere.contains(*name));
    Misfit {
        scheme: called(&scheme.scheme),
        lacks: needs.difference(&written).map(|name| (*name).to_owned()).collect(),
        unused: unused.map(|name| (*name).to_owned()).collect(),
        lacks_consumer: lacks_consumer(&scheme.scheme, &written),
    }
}

/// Whether both parts of a token are there, and neither of the consumer.
fn lacks_consumer(scheme: &Scheme, written: &BTreeSet<&str>) -> bool {
    let Scheme::OAuth1 { token, secret, consumer_key, consumer_secret, .. } = scheme else { return false };
    let has = |name: &String| written.contains(name.as_str());
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

fn called(scheme: &Scheme) -> &'static str {
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
    /// The name of the scheme.
    pub fn called(&self) -> &'static str {
        called(&self.scheme.scheme)
    }

    /// Where the API is for these: what is written, else the scheme's own place, else the API's. None for one that has many hosts.
    pub fn endpoint(&self, settings: &ApiSettings, api: &Api) -> Option<String> {
        let usual = || api.endpoints.host("").map(|host| host.source().to_owned());
        let written = settings.endpoint.clone().or_else(|| self.scheme.endpoint.clone()).or_else(usual)?;
        endpoint(&written, &api.endpoints.may_end_in).ok().map(|url| url.as_str().trim_end_matches('/').to_owned())
    }
}

impl MissingCredentials {
    /// What to write for each scheme, a line each. The configuration of the operator may stand in variables, too; that of a namespace not.
    pub(super) fn remedy(&self, in_variables: bool) -> String {
        let mut lines = Vec::new();
        for (at, Misfit { scheme, lacks, unused, lacks_consumer }) in self.schemes.iter().enumerate() {
            lines.push(format!("{} `{scheme}`:", if at == 0 { "for" } else { "or for" }));
            lines.extend(lacks.iter().map(|name| match in_variables {
                true => format!("  write `{name}` below `[{0}]`, or set {1}", self.section, variable(&format!("{}.{name}", self.section))),
                false => format!("  write `{name}` below `[{}]`", self.section),
            }));
            lines.extend((*lacks_consumer && in_variables).then(|| format!("  {PUBLIC_CONSUMER}")));
            lines.extend(unused.iter().map(|name| format!("  remove `{name}`, which it does not use")));
        }
        lines.join("\n")
    }
}

impl fmt::Display for MissingCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the credentials below `[{}]` fit none of the ways to authenticate\n{}", self.section, self.remedy(true))
    }
}
