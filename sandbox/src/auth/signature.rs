//! Computes the expected signature of a request (RFC 5849 §3.4) from its raw form.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::Sha1;
use sha2::Sha512;

use crate::accounts::OAuthCredentials;
use crate::auth::header::OAuthParams;

/// RFC 5849 §3.6: all characters except letters, digits and these four are percent-encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parts of a request that a signature covers, in their raw form.
#[derive(Clone, Debug)]
pub(crate) struct SignedRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    /// Percent-encoded path.
    pub(crate) path: &'a str,
    /// Encoded query, without the question mark.
    pub(crate) query: &'a str,
    /// Encoded body of type `application/x-www-form-urlencoded`, or an empty string.
    pub(crate) form: &'a str,
}

/// An OAuth signature method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OAuthMethod {
    Plaintext,
    HmacSha1,
    HmacSha512,
}

impl OAuthMethod {
    /// Parses a signature method. Without a name it is PLAINTEXT, as on the platform.
    pub(crate) fn from_name(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("PLAINTEXT") => Some(Self::Plaintext),
            Some("HMAC-SHA1") => Some(Self::HmacSha1),
            Some("HMAC-SHA512") => Some(Self::HmacSha512),
            Some(_) => None,
        }
    }
}

/// Computes the signature. Returns `None` if the key cannot be used.
pub(crate) fn compute(
    method: OAuthMethod,
    signed: &SignedRequest<'_>,
    params: &OAuthParams,
    credentials: &OAuthCredentials,
) -> Option<String> {
    let key =
        format!("{}&{}", percent_encode(&credentials.consumer_secret), percent_encode(&credentials.secret));
    let base = || base_string(signed, params);
    Some(match method {
        OAuthMethod::Plaintext => key,
        OAuthMethod::HmacSha1 => STANDARD.encode(
            Hmac::<Sha1>::new_from_slice(key.as_bytes()).ok()?.chain_update(base()).finalize().into_bytes(),
        ),
        OAuthMethod::HmacSha512 => STANDARD.encode(
            Hmac::<Sha512>::new_from_slice(key.as_bytes()).ok()?.chain_update(base()).finalize().into_bytes(),
        ),
    })
}

/// Builds the signature base string (RFC 5849 §3.4.1).
pub(crate) fn base_string(signed: &SignedRequest<'_>, params: &OAuthParams) -> String {
    let host = signed.host.to_ascii_lowercase();
    let url = format!("http://{}{}", host.strip_suffix(":80").unwrap_or(&host), signed.path);
    let oauth = params.0.iter().filter(|(name, _)| name != "oauth_signature" && name != "realm").cloned();
    let all = oauth.chain(form_pairs(signed.query)).chain(form_pairs(signed.form));
    let mut pairs: Vec<(String, String)> =
        all.map(|(name, value)| (percent_encode(&name), percent_encode(&value))).collect();
    pairs.sort();
    let joined: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "{}&{}&{}",
        signed.method.to_ascii_uppercase(),
        percent_encode(&url),
        percent_encode(&joined.join("&"))
    )
}

fn form_pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (form_decode(name), form_decode(value))
    })
}

fn form_decode(text: &str) -> String {
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
