//! Parses an endpoint as users write it into a base URL.

use url::{Host, Url};

/// Why a text is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The text is not a URL.
    #[error("is not a URL: {0}")]
    NotAUrl(url::ParseError),
    /// The scheme is neither `https` nor, for a loopback address, `http`.
    #[error("must start with `https://`; `http://` is for loopback addresses only")]
    Scheme,
    /// The URL has more than host, port and path: a user, password, query or fragment.
    #[error("must not have a user, a query or a fragment")]
    ExtraParts,
}

/// Returns the base URL without a trailing slash, and without the first of the endings that matches:
/// `https://host/v2/` becomes `https://host`.
///
/// Keeps the path before such an ending, so that a gateway may serve the API below a path of its own.
pub fn endpoint(text: &str, may_end_in: &[String]) -> Result<Url, EndpointError> {
    let mut url = Url::parse(text.trim()).map_err(EndpointError::NotAUrl)?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(EndpointError::Scheme);
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(EndpointError::ExtraParts);
    }
    let path = url.path().to_owned();
    let bare = may_end_in.iter().find_map(|ending| path.strip_suffix(ending.as_str())).unwrap_or(&path);
    url.set_path(bare.trim_end_matches('/'));
    Ok(url)
}

/// Returns true when the host is this machine, so that no other one can read what is sent without encryption.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
