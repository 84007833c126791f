//! Chooses how to authenticate: the first of an API's schemes that what is written fits. What a scheme does with it is told elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use interpreter::catalog::{Api, AuthScheme, Scheme};
use secrecy::SecretString;

use super::ApiSettings;
use super::key::variable;

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
}

/// For requests to a host, the first scheme that needs exactly what is written; the host of an API that has only one is "".
///
/// A scheme that would leave something unused does not fit: three parts of four are a slip of the pen, and must not end up as a request
/// that shows one of them to another host.
pub fn credentials<'a>(settings: &ApiSettings, schemes: &'a [AuthScheme], host: &str) -> Result<Credentials<'a>, MissingCredentials> {
    let (candidates, others) = for_host(schemes, host);
    let elsewhere: BTreeSet<&String> = others.iter().flat_map(|scheme| &scheme.needs).collect();
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

/// The schemes that name the host, else those that name none; and all others.
fn for_host<'a>(schemes: &'a [AuthScheme], host: &str) -> (Vec<&'a AuthScheme>, Vec<&'a AuthScheme>) {
    let names = |scheme: &&AuthScheme| scheme.hosts.iter().any(|named| named == host);
    if schemes.iter().any(|scheme| names(&scheme)) {
        schemes.iter().partition(names)
    } else {
        schemes.iter().partition(|scheme| scheme.hosts.is_empty())
    }
}

fn misfit(settings: &ApiSettings, scheme: &AuthScheme, elsewhere: &BTreeSet<&String>) -> Misfit {
    let needs: BTreeSet<&String> = scheme.needs.iter().collect();
    let written: BTreeSet<&String> = settings.credentials.keys().collect();
    let unused = written.difference(&needs).filter(|name| !elsewhere.contains(*name));
    Misfit {
        scheme: called(&scheme.scheme),
        lacks: needs.difference(&written).map(|name| (*name).clone()).collect(),
        unused: unused.map(|name| (*name).clone()).collect(),
    }
}

fn values(settings: &ApiSettings, scheme: &AuthScheme) -> BTreeMap<String, SecretString> {
    settings.credentials.iter().filter(|(name, _)| scheme.needs.contains(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn called(scheme: &Scheme) -> &'static str {
    match scheme {
        Scheme::OAuth1 { .. } => "oauth1",
        Scheme::Bearer => "bearer",
        Scheme::Basic => "basic",
        Scheme::Header { .. } => "header",
        Scheme::Exchange { .. } => "exchange",
        Scheme::None => "none",
    }
}

impl MissingCredentials {
    /// What to write for each scheme, a line each. The configuration of the operator may stand in variables, too; that of a namespace not.
    pub(super) fn remedy(&self, in_variables: bool) -> String {
        let mut lines = Vec::new();
        for (at, Misfit { scheme, lacks, unused }) in self.schemes.iter().enumerate() {
            lines.push(format!("{} `{scheme}`:", if at == 0 { "for" } else { "or for" }));
            lines.extend(lacks.iter().map(|name| match in_variables {
                true => format!("  write `{name}` below `[{0}]`, or set {1}", self.section, variable(&format!("{}.{name}", self.section))),
                false => format!("  write `{name}` below `[{}]`", self.section),
            }));
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
