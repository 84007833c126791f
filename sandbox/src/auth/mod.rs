//! Authentication: OAuth 1.0a (RFC 5849; PLAINTEXT, HMAC-SHA1, HMAC-SHA512) and bearer tokens. Authorization
//! is in `cloud`.

mod header;
mod nonces;
mod signature;

#[cfg(test)]
mod tests;

use crate::accounts::{Account, Accounts, OAuthCredentials};
use crate::auth::header::OAuthParams;
pub(crate) use crate::auth::nonces::Nonces;
use crate::auth::signature::OAuthMethod;
pub(crate) use crate::auth::signature::SignedRequest;

/// The authentication schemes that a listener accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthSchemes {
    pub(crate) oauth: bool,
    pub(crate) bearer: bool,
}

/// The result of authenticating a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Authentication<'a> {
    /// The request has no `Authorization` header.
    Anonymous,
    Account(&'a Account),
    /// The header is malformed, or its credentials are wrong.
    Invalid,
}

/// Authenticates a request by its `Authorization` header. A valid nonce can be used only once.
pub(crate) fn authenticate<'a>(
    accounts: &'a Accounts,
    schemes: AuthSchemes,
    header: Option<&str>,
    signed: &SignedRequest<'_>,
    nonces: &mut Nonces,
) -> Authentication<'a> {
    let Some(header) = header else {
        return Authentication::Anonymous;
    };
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let account = match scheme.to_ascii_lowercase().as_str() {
        "bearer" if schemes.bearer => accounts.find_by_bearer(rest.trim()),
        "oauth" if schemes.oauth => verify_oauth(accounts, rest, signed, nonces),
        _ => None,
    };
    account.map_or(Authentication::Invalid, Authentication::Account)
}

fn verify_oauth<'a>(
    accounts: &'a Accounts,
    header: &str,
    signed: &SignedRequest<'_>,
    nonces: &mut Nonces,
) -> Option<&'a Account> {
    let params = header::parse(header)?;
    let method = OAuthMethod::from_name(params.get("oauth_signature_method"))?;
    if params.get("oauth_version").is_some_and(|version| version != "1.0") {
        return None;
    }
    let (account, credentials) =
        accounts.find_by_oauth(params.get("oauth_consumer_key")?, params.get("oauth_token")?)?;
    if signature::compute(method, signed, &params, credentials)? != params.get("oauth_signature")? {
        return None;
    }
    let fresh = method == OAuthMethod::Plaintext || is_fresh(&params, credentials, nonces);
    fresh.then_some(account)
}

fn is_fresh(params: &OAuthParams, credentials: &OAuthCredentials, nonces: &mut Nonces) -> bool {
    let timestamp = params.get("oauth_timestamp").and_then(|text| text.parse().ok());
    let nonce = params.get("oauth_nonce").filter(|nonce| !nonce.is_empty());
    timestamp.zip(nonce).is_some_and(|(timestamp, nonce)| nonces.accept(&credentials.token, nonce, timestamp))
}
