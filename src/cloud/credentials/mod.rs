//! Credentials for a cloud. They come from the caller, and are never shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::cloud::oauth1::{self, Keys, SignatureMethod, Stamp};

/// The credentials of one account, sent with each request.
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
    /// No credentials: the service needs none, or the request is the one that fetches a token.
    None,
}

/// A short hash that identifies credentials without revealing them: the key of budgets and caches, and the
/// only thing about credentials that logs show.
///
/// Stable across restarts and replicas; differs as soon as any part of the credentials differs. It is a short
/// hash, so a *random* secret cannot be recovered from it; a guessed password could be confirmed by it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fingerprint(String);

impl Credentials {
    /// Returns the fingerprint of these credentials.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new_with_prefix(b"credentials fingerprint 1");
        for part in self.parts() {
            // The length goes first, or ("ab", "c") and ("a", "bc") would have the same hash.
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

    /// Returns all texts that must not be repeated. A user, too, is a credential.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        match self {
            Self::OAuth1(Keys { method: _, consumer_key, consumer_secret, token, token_secret }) => {
                [consumer_key, consumer_secret, token, token_secret].map(Clone::clone).into()
            }
            Self::Bearer(secret) | Self::Header { name: _, value: secret } => vec![secret.clone()],
            Self::Basic { user, password } => {
                let pair = format!("{user}:{}", password.expose_secret());
                vec![password.clone(), pair.into(), user.as_str().into()]
            }
            Self::None => Vec::new(),
        }
    }

    /// Returns an error if the credentials do not fit into the header of any request.
    pub(crate) fn validate(&self) -> Result<(), InvalidHeader> {
        let url = Url::parse("https://localhost").map_err(|_| InvalidHeader)?;
        self.header(&Method::GET, &url).map(drop)
    }

    /// Returns the header that authenticates one request. Each signature is new: no two requests share a
    /// nonce.
    pub(crate) fn header(
        &self,
        method: &Method,
        url: &Url,
    ) -> Result<Option<(HeaderName, HeaderValue)>, InvalidHeader> {
        let (name, text) = match self {
            Self::OAuth1(keys) => {
                (AUTHORIZATION, oauth1::authorization(keys, method.as_str(), url, &Stamp::default()))
            }
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
            Self::Header { name, value } => {
                (name.parse().map_err(|_| InvalidHeader)?, value.expose_secret().to_owned())
            }
            Self::Basic { user, password } => (AUTHORIZATION, basic(user, password.expose_secret())),
            Self::None => return Ok(None),
        };
        let mut value = HeaderValue::try_from(text).map_err(|_| InvalidHeader)?;
        // The HTTP libraries then log "Sensitive" instead of the value, and keep it out of HTTP/2's header
        // tables.
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }
}

/// The credentials do not fit into a header. The message gives no detail, which would reveal them.
#[derive(Debug, thiserror::Error)]
#[error("the credentials contain characters that are not valid in an HTTP header, such as a line break")]
pub(crate) struct InvalidHeader;

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
