//! OAuth 1.0a signatures (RFC 5849) of a URL as it will be sent. Bodies are JSON here, and JSON is not signed
//! (§3.4.1.3.1).
//!
//! `oauth1-request` draws nonces, knows the parameters and writes the header. Its own `PLAINTEXT` and its own
//! parameter lists are not used: the former leaves reserved characters of a secret as they are, the latter
//! sorts before it encodes and never encodes a key.

use std::fmt::Display;
use std::num::NonZeroU64;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use oauth1_request::Token;
use oauth1_request::signature_method::{Sign, SignatureMethod as Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::Sha512;

/// The characters to encode: all but `unreserved` of RFC 3986 (RFC 5849 §3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The credentials of a consumer (the program) and of a token (the account it acts for).
#[derive(Clone)]
pub struct Keys {
    /// The signature method.
    pub method: SignatureMethod,
    /// Identifies the program.
    pub consumer_key: SecretString,
    /// Proves the program.
    pub consumer_secret: SecretString,
    /// Identifies the account.
    pub token: SecretString,
    /// Proves the account.
    pub token_secret: SecretString,
}

/// The signature method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureMethod {
    /// A keyed hash over method, URL and parameters. Not in RFC 5849, which ends at SHA-1, but built like its
    /// `HMAC-SHA1`.
    HmacSha512,
    /// The same with the hash of RFC 5849 §3.4.2.
    HmacSha1,
    /// The two secrets themselves: only as secure as the connection.
    Plaintext,
}

/// Nonce and timestamp, which make two equal requests differ, so that neither can be replayed.
///
/// The default draws both; tests fix them.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    /// Unique among the requests of one second; drawn at random if absent.
    pub nonce: Option<String>,
    /// Seconds since 1970; now if absent.
    pub timestamp: Option<NonZeroU64>,
}

/// Returns the value of the `Authorization` header for one request, valid for this method and URL only.
pub fn authorization(keys: &Keys, http_method: &str, url: &Url, stamp: &Stamp) -> String {
    let keyed_hash =
        |name, hash| sign(keys, KeyedHash { name, hash, query: query(url) }, http_method, url, stamp);
    match keys.method {
        SignatureMethod::HmacSha512 => keyed_hash("HMAC-SHA512", hmac::<Hmac<Sha512>>),
        SignatureMethod::HmacSha1 => keyed_hash("HMAC-SHA1", hmac::<Hmac<Sha1>>),
        SignatureMethod::Plaintext => sign(keys, Plaintext, http_method, url, stamp),
    }
}

fn sign(keys: &Keys, method: impl Method + Clone, http_method: &str, url: &Url, stamp: &Stamp) -> String {
    let token = Token::from_parts(
        keys.consumer_key.expose_secret(),
        keys.consumer_secret.expose_secret(),
        keys.token.expose_secret(),
        keys.token_secret.expose_secret(),
    );
    let mut builder = oauth1_request::Builder::with_token(token, method);
    builder.version(true).nonce(stamp.nonce.as_deref()).timestamp(stamp.timestamp);
    builder.authorize(http_method, base_url(url), &())
}

/// Returns the URL without its query (§3.4.1.2). `Url` has lowered scheme and host already, and dropped a
/// default port.
fn base_url(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Returns the query's parameters, decoded as a form (a `+` is a space) and encoded twice, as the base string
/// needs them. A parameter named like the signature is left out (§3.4.1.3.1).
fn query(url: &Url) -> Vec<(String, String)> {
    let twice = |text: &str| encode(&encode(text).to_string()).to_string();
    let signed = url.query_pairs().filter(|(key, _)| key != "oauth_signature");
    signed.map(|(key, value)| (twice(&key), twice(&value))).collect()
}

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// Joins both secrets into the key of a hash, and the whole of a `PLAINTEXT` signature (§3.4.2, §3.4.4).
fn signing_key(consumer_secret: &str, token_secret: Option<&str>) -> String {
    format!("{}&{}", encode(consumer_secret), encode(token_secret.unwrap_or_default()))
}

/// Hashes a text with a key.
type Hash = fn(&[u8], &[u8]) -> Vec<u8>;

/// A method that signs with a keyed hash; the methods differ only in the hash.
#[derive(Clone)]
struct KeyedHash {
    name: &'static str,
    hash: Hash,
    query: Vec<(String, String)>,
}

struct KeyedHashSign {
    name: &'static str,
    hash: Hash,
    key: String,
    base: String,
    parameters: Vec<(String, String)>,
}

impl Method for KeyedHash {
    type Sign = KeyedHashSign;

    fn sign_with(self, consumer_secret: &str, token_secret: Option<&str>) -> KeyedHashSign {
        let Self { name, hash, query } = self;
        KeyedHashSign {
            name,
            hash,
            key: signing_key(consumer_secret, token_secret),
            base: String::new(),
            parameters: query,
        }
    }
}

/// Collects everything first: a query may hold a key that sorts between the protocol's own, or equals one of
/// them, and then values decide.
///
/// Parameters are stored encoded twice. Encoding keeps their order, so sorting them thus is sorting them
/// encoded once, as §3.4.1.3.2 requires.
impl Sign for KeyedHashSign {
    type Signature = String;

    fn get_signature_method_name(&self) -> &'static str {
        self.name
    }

    fn request_method(&mut self, method: &str) {
        self.base = format!("{method}&");
    }

    fn uri<T: Display>(&mut self, encoded: T) {
        self.base += &format!("{encoded}&");
    }

    fn parameter<V: Display>(&mut self, key: &str, encoded_twice: V) {
        self.parameters.push((key.to_owned(), encoded_twice.to_string()));
    }

    fn delimiter(&mut self) {}

    fn end(mut self) -> String {
        self.parameters.sort_unstable();
        let pairs: Vec<_> = self.parameters.iter().map(|(key, value)| format!("{key}%3D{value}")).collect();
        let text = self.base + &pairs.join("%26");
        encode(&BASE64.encode((self.hash)(self.key.as_bytes(), text.as_bytes()))).to_string()
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    // Cannot fail: a key of any length is valid, which the type does not express.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[derive(Clone)]
struct Plaintext;

struct PlaintextSign(String);

impl Method for Plaintext {
    type Sign = PlaintextSign;

    fn sign_with(self, consumer_secret: &str, token_secret: Option<&str>) -> PlaintextSign {
        PlaintextSign(encode(&signing_key(consumer_secret, token_secret)).to_string())
    }
}

impl Sign for PlaintextSign {
    type Signature = String;

    fn get_signature_method_name(&self) -> &'static str {
        "PLAINTEXT"
    }

    fn request_method(&mut self, _method: &str) {}

    fn uri<T: Display>(&mut self, _encoded: T) {}

    fn parameter<V: Display>(&mut self, _key: &str, _encoded_twice: V) {}

    fn delimiter(&mut self) {}

    fn end(self) -> String {
        self.0
    }
}
