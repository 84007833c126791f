//! API of one cloud: hosts, credentials, identity and the meaning of its errors.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{Field, Read, Request, Test};

/// API of one cloud, with the settings that its add-ons share.
#[derive(Debug)]
pub struct Api {
    /// Name that add-ons and the configuration refer to.
    pub name: String,
    /// Title for display.
    pub title: String,
    /// Hosts of the API.
    pub endpoints: Endpoints,
    /// Authentication schemes; the first one applies whose credentials are all present.
    pub auth: Vec<AuthScheme>,
    /// Timeouts of one request.
    pub timeouts: Timeouts,
    /// Rate limits for requests.
    pub budget: Budget,
    /// Secret that the resource itself names for its credentials; none: credentials come from the
    /// configuration.
    pub credentials: Option<Credentials>,
    /// Account, rendered from the shared fields: the scope of one list and the key for looking up
    /// credentials.
    pub account: Option<Template>,
    /// Accounts that credentials see, to find the account of a resource that names none; none: it has to be
    /// named.
    pub accounts: Option<Accounts>,
    /// Rules by which an add-on is named, recognised and identified.
    pub identity: Identity,
    /// Selectors of the error message in an answer; the first that selects a text wins.
    pub error_text: Vec<Selector>,
    /// Meaning of the API's errors.
    pub errors: ErrorTable,
    /// Fields that the API's add-ons share, by name.
    pub fields: BTreeMap<String, Field>,
}

/// Hosts of an API: one, or several by name.
#[derive(Debug)]
pub struct Endpoints {
    /// Host by name; a single host is called "".
    pub hosts: BTreeMap<String, Template>,
    /// Path suffixes that users may write after the host; they are cut off.
    pub may_end_in: Vec<String>,
}

/// Reference to credentials in a Secret of the resource's own namespace.
#[derive(Debug)]
pub struct Credentials {
    /// Name of the Secret.
    pub(crate) secret: Template,
    /// Key in the Secret, by the name of the credential.
    pub(crate) keys: BTreeMap<String, Template>,
}

/// Read of the accounts that credentials see.
#[derive(Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Request; its `items` are the accounts.
    pub read: Read,
    /// Selects the accounts that count where there are no items.
    pub(crate) otherwise: Option<Selector>,
    /// Selects the account, as a resource names it.
    pub(crate) id: Selector,
    /// Selects the account's name for messages.
    pub(crate) title: Option<Selector>,
}

/// Authentication scheme, with the hosts that it applies to.
#[derive(Debug)]
pub struct AuthScheme {
    /// Hosts that use this scheme; empty: all hosts that no other scheme names.
    pub hosts: Vec<String>,
    /// Scheme: `oauth1`, `bearer`, `basic`, `header`, `exchange` or `none`.
    pub scheme: Scheme,
    /// Host that replaces the API's for this scheme.
    pub endpoint: Option<String>,
    /// Place where a user gets the credentials, in a sentence for messages.
    pub help: Option<String>,
}

/// Supported authentication schemes. Each part holds the name of the credential that fills it, as the
/// configuration writes it.
#[derive(Debug)]
pub enum Scheme {
    /// OAuth 1.0a (RFC 5849).
    OAuth1 {
        /// Method that signs the requests.
        signature: SignatureMethod,
        /// Credential that identifies the account.
        token: String,
        /// Secret of the account.
        secret: String,
        /// Credential that identifies the program.
        consumer_key: String,
        /// Secret of the program.
        consumer_secret: String,
    },
    /// `Authorization: Bearer …`.
    Bearer {
        /// Credential that is sent as the token.
        token: String,
    },
    /// `Authorization: Basic …` with a user, a password, or both; a missing one is sent empty.
    Basic {
        /// Part before the colon.
        user: Option<String>,
        /// Part after the colon.
        password: Option<String>,
    },
    /// Custom header.
    Header {
        /// Name of the header.
        name: String,
        /// Credential that is sent as the header's value.
        value: String,
    },
    /// Short-lived token, exchanged for another credential.
    Exchange {
        /// Request that obtains the token.
        request: Box<Read>,
        /// Scheme that authenticates this request; none: the scheme of its host.
        by: Option<Box<Scheme>>,
        /// Names of all credentials that the exchange needs.
        needs: Vec<String>,
        /// Selector of the token in the answer.
        token: Selector,
        /// Time for which the token can be used.
        lifetime: Duration,
    },
    /// No authentication.
    None,
}

/// Signature method of OAuth 1.0a.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureMethod {
    /// Keyed hash. RFC 5849 stops at SHA-1; this method is built like its `HMAC-SHA1`.
    HmacSha512,
    /// Keyed hash of RFC 5849.
    HmacSha1,
    /// The two secrets in plain text.
    Plaintext,
}

/// Timeouts of one request.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until the connection is established.
    pub connect: Duration,
    /// Until the whole answer has arrived.
    pub answer: Duration,
}

/// Rate limits for requests with one set of credentials.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Requests per second, sustained.
    pub per_second: u32,
    /// Requests in one burst.
    pub burst: u32,
    /// Creations in progress at the same time.
    pub creating_at_once: u32,
}

/// Party that chooses the id of an add-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityChoice {
    /// The cloud chooses: a repeated creation makes a second add-on.
    Cloud,
    /// The operator chooses: a repeated creation refers to the same add-on.
    Us,
}

/// Rules by which an add-on is named, recognised and identified.
#[derive(Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name that the operator gives to the add-on.
    pub(crate) name: Template,
    /// True when an add-on may be adopted by its name alone. Only a name that contains the resource's uid
    /// proves that the add-on is the operator's.
    pub adopts: bool,
    /// Party that chooses the id.
    pub(crate) chosen_by: IdentityChoice,
    /// List lag: time after which a change is visible in the list.
    pub list_lag: Duration,
    /// Ids to keep, by name, each selected from an add-on as the list shows it.
    pub(crate) ids: BTreeMap<String, Selector>,
    /// Selector of the name in an add-on as the list shows it.
    pub(crate) named: Selector,
    /// Selector of the type, where the list mixes several: the value must equal the entry's provider.
    pub(crate) provider: Option<Selector>,
    /// Selector of the creation time: milliseconds since 1970, or RFC 3339.
    pub(crate) created: Option<Selector>,
    /// Marks of add-ons, if the API has any.
    pub mark: Option<Mark>,
}

/// Texts at an add-on, such as tags, that say for which resource the operator uses it.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    /// Reads the add-ons of the account with their marks; none: the list shows them.
    pub list: Option<Read>,
    /// Selector of the texts in an add-on as this list shows it.
    pub(crate) texts: Selector,
    /// Sets one text; safe to repeat.
    pub add: Request,
    /// Removes one text; safe to repeat.
    pub remove: Request,
}

/// Meaning of errors: the first matching row decides, otherwise the HTTP status.
#[derive(Debug, Default)]
pub struct ErrorTable {
    /// Rows, in the order of the file.
    pub rows: Vec<ErrorRow>,
}

/// Row of the error table: one kind of answer and its meaning.
#[derive(Debug)]
pub struct ErrorRow {
    /// HTTP status.
    pub status: u16,
    /// Operations, reads or changes that the row applies to; empty: all.
    pub only_for: Vec<String>,
    /// Condition on the answer's body.
    pub when: Option<Test>,
    /// Meaning of a matching answer.
    pub is: Meaning,
    /// Reason for the condition, in CamelCase, from the planner's closed list.
    pub reason: Option<String>,
    /// Help for the user.
    pub help: Option<String>,
    /// Recorded answer that this row must match, and that no earlier row matches.
    pub hits: Recorded,
    /// Recorded answer that this row must not match.
    pub misses: Recorded,
}

/// Recorded answer of a row.
#[derive(Debug)]
pub struct Recorded {
    /// HTTP status.
    pub status: u16,
    /// Operation that was answered.
    pub operation: Option<String>,
    /// Body.
    pub body: Value,
}

/// Meaning of an unsuccessful answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Too many requests: slow down, the request had no effect.
    Throttled,
    /// The API could not answer; a read may be retried.
    Unavailable,
    /// The request may or may not have taken effect.
    Ambiguous,
    /// The API understood and refused the request; it had no effect.
    Rejected,
    /// The API refused the credentials; the request had no effect.
    Unauthorized,
    /// The object does not exist.
    NotFound,
}

impl AuthScheme {
    /// Returns the names of the credentials that the scheme needs, as the configuration writes them.
    pub fn needs(&self) -> Vec<&str> {
        self.scheme.needs()
    }
}

impl Scheme {
    fn needs(&self) -> Vec<&str> {
        match self {
            Self::OAuth1 { token, secret, consumer_key, consumer_secret, .. } => {
                vec![token, secret, consumer_key, consumer_secret]
            }
            Self::Bearer { token } => vec![token],
            Self::Basic { user, password } => user.iter().chain(password).map(String::as_str).collect(),
            Self::Header { value, .. } => vec![value],
            Self::Exchange { needs, .. } => needs.iter().map(String::as_str).collect(),
            Self::None => Vec::new(),
        }
    }
}

impl SignatureMethod {
    /// Returns the method of this name; the schema rejects unknown names.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "PLAINTEXT" => Self::Plaintext,
            "HMAC-SHA1" => Self::HmacSha1,
            _ => Self::HmacSha512,
        }
    }

    /// Returns the name, as RFC 5849 writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha512 => "HMAC-SHA512",
            Self::HmacSha1 => "HMAC-SHA1",
            Self::Plaintext => "PLAINTEXT",
        }
    }
}

impl Endpoints {
    /// Returns a host by its name; a single host is called "".
    pub fn host(&self, name: &str) -> Option<&Template> {
        self.hosts.get(name)
    }
}
