//! What proves to a cloud who asks. Where credentials come from is told elsewhere; they are not shown anywhere.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::oauth1::{self, Keys, SignatureMethod, Stamp};

/// What one account shows with each request.
#[derive(Clone)]
pub enum Credentials {
    /// A signature over each request (RFC 5849).
    OAuth1(Keys),
    /// A token in `Authorization: Bearer` (RFC 6750).
    Bearer(SecretString),
    /// A secret in a header of its own.
    Header {
        /// The header's name.
        name: String,
        /// Its whole value.
        value: SecretString,
    },
    /// A user and a password (RFC 7617).
    Basic {
        /// Without a colon.
        user: String,
        /// May be empty.
        password: SecretString,
    },
    /// Nothing: the service asks for nothing, or the request is the one that fetches a token.
    None,
}

/// Tells credentials apart without telling them: the key of budgets and caches, and the only thing about credentials that logs show.
///
/// The same at every start and on every replica; another as soon as any part of the credentials is another. It is a short hash, so a
/// *random* secret cannot be found from it; a password that can be guessed could be confirmed by it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Credentials {
    /// What tells these credentials from all others.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new_with_prefix(b"credentials fingerprint 1");
        for part in self.parts() {
            // The length goes first, or ("ab", "c") and ("a", "bc") would be one.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Fingerprint(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    fn parts(&self) -> Vec<&str> {
        match self {
            Self::OAuth1(keys) => vec![
                "oauth1",
                match keys.method {
                    SignatureMethod::HmacSha512 => "hmac-sha512",
                    SignatureMethod::HmacSha1 => "hmac-sha1",
                    SignatureMethod::Plaintext => "plaintext",
                },
                keys.consumer_key.expose_secret(),
                keys.consumer_secret.expose_secret(),
                keys.token.expose_secret(),
                keys.token_secret.expose_secret(),
            ],
            Self::Bearer(token) => vec!["bearer", token.expose_secret()],
            Self::Header { name, value } => vec!["header", name, value.expose_secret()],
            Self::Basic { user, password } => vec!["basic", user, password.expose_secret()],
            Self::None => vec!["none"],
        }
    }

    /// The header that proves one request. A new signature each time: no two requests share a nonce.
    pub(crate) fn header(&self, method: &Method, url: &Url) -> Result<Option<(HeaderName, HeaderValue)>, NotWritable> {
        let (name, text) = match self {
            Self::OAuth1(keys) => (AUTHORIZATION, oauth1::authorization(keys, method.as_str(), url, &Stamp::default())),
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
            Self::Header { name, value } => (name.parse().map_err(|_| NotWritable)?, value.expose_secret().to_owned()),
            Self::Basic { user, password } => (AUTHORIZATION, basic(user, password.expose_secret())),
            Self::None => return Ok(None),
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| NotWritable)?;
        // The libraries below then write "Sensitive" where they would write the value, and keep it out of HTTP/2's header tables.
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }
}

/// The credentials cannot stand in a header. Says no more: the credentials would be in the message.
#[derive(Debug, thiserror::Error)]
#[error("the credentials hold characters that cannot stand in an HTTP header, such as a line break")]
pub(crate) struct NotWritable;

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}")))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.parts().first().copied().unwrap_or_default();
        write!(f, "{kind}#{}", self.fingerprint())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests;
