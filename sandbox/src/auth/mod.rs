//! Who is asking: OAuth 1.0a (RFC 5849; PLAINTEXT, HMAC-SHA1, HMAC-SHA512) and bearer tokens. What they may do is decided elsewhere.

mod header;
mod nonces;
mod signature;

#[cfg(test)]
mod tests;

use crate::accounts::{Account, Accounts, OAuth};
use crate::auth::header::OAuthParams;
pub(crate) use crate::auth::nonces::Nonces;
use crate::auth::signature::Method;
pub(crate) use crate::auth::signature::Signed;

/// The schemes a listener accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schemes {
    pub(crate) oauth: bool,
    pub(crate) bearer: bool,
}

/// What an `Authorization` header came to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Identity<'a> {
    /// No header.
    Nobody,
    Known(&'a Account),
    /// A header that proves nothing.
    Refused,
}

/// Judges the header. A good nonce is used up by it.
pub(crate) fn identify<'a>(
    accounts: &'a Accounts,
    schemes: Schemes,
    header: Option<&str>,
    signed: &Signed<'_>,
    nonces: &mut Nonces,
) -> Identity<'a> {
    let Some(header) = header else {
        return Identity::Nobody;
    };
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let account = match scheme.to_ascii_lowercase().as_str() {
        "bearer" if schemes.bearer => accounts.by_bearer(rest.trim()),
        "oauth" if schemes.oauth => verified(accounts, rest, signed, nonces),
        _ => None,
    };
    account.map_or(Identity::Refused, Identity::Known)
}

fn verified<'a>(accounts: &'a Accounts, header: &str, signed: &Signed<'_>, nonces: &mut Nonces) -> Option<&'a Account> {
    let params = header::parse(header)?;
    let method = Method::named(params.get("oauth_signature_method"))?;
    if params.get("oauth_version").is_some_and(|version| version != "1.0") {
        return None;
    }
    let (account, credentials) = accounts.by_oauth(params.get("oauth_consumer_key")?, params.get("oauth_token")?)?;
    if signature::of(method, signed, &params, credentials)? != params.get("oauth_signature")? {
        return None;
    }
    let fresh = method == Method::Plaintext || is_fresh(&params, credentials, nonces);
    fresh.then_some(account)
}

fn is_fresh(params: &OAuthParams, credentials: &OAuth, nonces: &mut Nonces) -> bool {
    let stamp = params.get("oauth_timestamp").and_then(|text| text.parse().ok());
    let nonce = params.get("oauth_nonce").filter(|nonce| !nonce.is_empty());
    stamp.zip(nonce).is_some_and(|(stamp, nonce)| nonces.admit(&credentials.token, nonce, stamp))
}
