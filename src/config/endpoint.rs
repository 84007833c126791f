//! Makes a base URL of what people write as an endpoint.

use url::Url;

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No URL at all.
    #[error("is not a URL: {0}")]
    NotAUrl(url::ParseError),
    /// Neither `https` nor `http`.
    #[error("must begin with `https://`, or `http://` for tests")]
    Scheme,
    /// More than host, port and path: user, password, query or fragment.
    #[error("must not hold a user, a query or a fragment")]
    TooMuch,
}

/// A base URL without a slash at its end, and without the first of the endings that fits: `https://host/v2/` is `https://host`.
///
/// What stands before such an ending is kept, so that a gateway may serve the API below a path of its own.
pub fn endpoint(text: &str, may_end_in: &[String]) -> Result<Url, EndpointError> {
    let mut url = Url::parse(text.trim()).map_err(EndpointError::NotAUrl)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(EndpointError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::TooMuch);
    }
    let path = url.path().to_owned();
    let bare = may_end_in.iter().find_map(|ending| path.strip_suffix(ending.as_str())).unwrap_or(&path);
    url.set_path(bare.trim_end_matches('/'));
    Ok(url)
}
