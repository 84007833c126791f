//! How to talk to one cloud: hosts, credentials, identity, what its refusals mean.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{Field, Read, Test};

/// One cloud's API, with what its add-ons share.
#[derive(Debug)]
pub struct Api {
    /// The name that add-ons refer to, and under which the configuration may speak of it.
    pub name: String,
    /// For people.
    pub title: String,
    /// Where it is.
    pub endpoints: Endpoints,
    /// Ways to authenticate; the first whose needs the credentials meet.
    pub auth: Vec<AuthScheme>,
    /// How long one request may take.
    pub timeouts: Timeouts,
    /// How many requests may be sent.
    pub budget: Budget,
    /// The Secret that the resource itself names for its credentials; none: the configuration's.
    pub credentials: Option<Credentials>,
    /// What one list covers, and credentials are asked for: rendered from the shared fields.
    pub account: Option<Template>,
    /// How an add-on is named, recognised and identified.
    pub identity: Identity,
    /// Where an answer says in words what is wrong; the first that selects a text.
    pub error_text: Vec<Selector>,
    /// What refusals mean.
    pub errors: ErrorTable,
    /// The fields that its add-ons share, by name.
    pub fields: BTreeMap<String, Field>,
}

/// The hosts of an API: one, or several by name.
#[derive(Debug)]
pub struct Endpoints {
    /// By name; the only one is called "".
    pub hosts: BTreeMap<String, Template>,
    /// Path endings that users write after the host, cut off.
    pub may_end_in: Vec<String>,
}

/// Credentials in a Secret of the resource's own namespace.
#[derive(Debug)]
pub struct Credentials {
    /// What the Secret is called.
    pub secret: Template,
    /// The key in it, by the name of the credential.
    pub keys: BTreeMap<String, Template>,
}

/// One way to authenticate.
#[derive(Debug)]
pub struct AuthScheme {
    /// For requests to these hosts only; empty: to all that no other scheme names.
    pub hosts: Vec<String>,
    /// `oauth1`, `bearer`, `basic`, `header`, `exchange` or `none`.
    pub scheme: Scheme,
    /// Another host for this scheme.
    pub endpoint: Option<String>,
}

/// The schemes that can be spoken. Each part holds the name of the credential that fills it, as the configuration writes it.
#[derive(Debug)]
pub enum Scheme {
    /// OAuth 1.0a (RFC 5849).
    OAuth1 {
        /// How requests are signed.
        signature: SignatureMethod,
        /// Names the account.
        token: String,
        /// Proves the account.
        secret: String,
        /// Names the program.
        consumer_key: String,
        /// Proves the program.
        consumer_secret: String,
    },
    /// `Authorization: Bearer …`.
    Bearer {
        /// What is shown.
        token: String,
    },
    /// `Authorization: Basic …` with a user, a password, or both; the other is empty.
    Basic {
        /// Stands before the colon.
        user: Option<String>,
        /// Stands behind it.
        password: Option<String>,
    },
    /// A header of its own.
    Header {
        /// The header's name.
        name: String,
        /// What is shown in it.
        value: String,
    },
    /// A token that is bought with another one, and lives for a while.
    Exchange {
        /// Buys it.
        request: Box<Read>,
        /// How that request itself authenticates; none: as its host asks.
        by: Option<Box<Scheme>>,
        /// The names of all credentials that it takes.
        needs: Vec<String>,
        /// Where the answer holds it.
        token: Selector,
        /// How long it may be used.
        lifetime: Duration,
    },
    /// Nothing is asked.
    None,
}

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureMethod {
    /// A keyed hash. Not in RFC 5849, which ends at SHA-1, but built like its `HMAC-SHA1`.
    HmacSha512,
    /// A keyed hash.
    HmacSha1,
    /// The two secrets themselves.
    Plaintext,
}

/// How long one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the whole answer is there.
    pub answer: Duration,
}

/// How many requests may be sent with one set of credentials.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Requests a second, in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
    /// Creations under way at once.
    pub creating_at_once: u32,
}

/// Who gives an add-on its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityChoice {
    /// The cloud: a creation repeated makes a second one.
    Cloud,
    /// We do: a creation repeated is the same one.
    Us,
}

/// How an add-on is named, recognised and identified.
#[derive(Debug)]
pub struct Identity {
    /// The name we give.
    pub name: Template,
    /// Whether what bears the name is ours: only a name that carries the uid says so. Else it is never taken over by its name alone.
    pub adopts: bool,
    /// Who gives the id.
    pub chosen_by: IdentityChoice,
    /// After so long, what was done is in the list.
    pub settle: Duration,
    /// The ids to keep, by name, each selected from an add-on as the list shows it.
    pub ids: BTreeMap<String, Selector>,
    /// The name, selected from an add-on as the list shows it.
    pub named: Selector,
    /// What it is, where the list mixes several: must equal the entry's provider.
    pub provider: Option<Selector>,
    /// When it was made: milliseconds since 1970, or RFC 3339.
    pub created: Option<Selector>,
}

/// What refusals mean: the first row that fits, else what follows from the status.
#[derive(Debug, Default)]
pub struct ErrorTable {
    /// In the order of the file.
    pub rows: Vec<ErrorRow>,
}

/// One answer that means something.
#[derive(Debug)]
pub struct ErrorRow {
    /// The HTTP status.
    pub status: u16,
    /// For these operations, reads or changes only; none: for all.
    pub only_for: Vec<String>,
    /// Only if the answer's body looks like this.
    pub when: Option<Test>,
    /// What it means.
    pub is: Meaning,
    /// A reason for the condition, in CamelCase, from the planner's closed list.
    pub reason: Option<String>,
    /// What the user can do.
    pub help: Option<String>,
    /// A recorded answer that this row must fit, and no row before it.
    pub hits: Recorded,
    /// A recorded answer that it must not fit.
    pub misses: Recorded,
}

/// A recorded answer.
#[derive(Debug)]
pub struct Recorded {
    /// Its status.
    pub status: u16,
    /// What it answered.
    pub operation: Option<String>,
    /// Its body.
    pub body: Value,
}

/// What an answer that is no success means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Too many requests: slow down, nothing happened.
    Throttled,
    /// It could not be answered now; a read may be tried again.
    Unavailable,
    /// It may have taken effect, or not.
    Ambiguous,
    /// It was understood and refused; nothing happened.
    Rejected,
    /// The credentials were refused; nothing happened.
    Unauthorized,
    /// There is no such thing.
    NotFound,
}

impl AuthScheme {
    /// The names of the credentials it takes, as the configuration writes them.
    pub fn needs(&self) -> Vec<&str> {
        self.scheme.needs()
    }
}

impl Scheme {
    fn needs(&self) -> Vec<&str> {
        match self {
            Self::OAuth1 { token, secret, consumer_key, consumer_secret, .. } => vec![token, secret, consumer_key, consumer_secret],
            Self::Bearer { token } => vec![token],
            Self::Basic { user, password } => user.iter().chain(password).map(String::as_str).collect(),
            Self::Header { value, .. } => vec![value],
            Self::Exchange { needs, .. } => needs.iter().map(String::as_str).collect(),
            Self::None => Vec::new(),
        }
    }
}

impl SignatureMethod {
    /// The method of this name; the schema lets no others through.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "PLAINTEXT" => Self::Plaintext,
            "HMAC-SHA1" => Self::HmacSha1,
            _ => Self::HmacSha512,
        }
    }

    /// Its name, as RFC 5849 writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha512 => "HMAC-SHA512",
            Self::HmacSha1 => "HMAC-SHA1",
            Self::Plaintext => "PLAINTEXT",
        }
    }
}

impl Endpoints {
    /// A host by its name; the only one is called "".
    pub fn host(&self, name: &str) -> Option<&Template> {
        self.hosts.get(name)
    }
}
