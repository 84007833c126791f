//! Parses an endpoint as users write it into a base URL.

use url::Url;

/// Why a text is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The text is not a URL.
    #[error("is not a URL: {0}")]
    NotAUrl(url::ParseError),
    /// The scheme is neither `https` nor `http`.
    #[error("must start with `https://`, or `http://` for tests")]
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
    if !matches!(url.scheme(), "https" | "http") {
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
