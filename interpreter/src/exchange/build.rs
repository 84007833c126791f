//! Builds the requests of a catalog for sending: no value in an expression can change the target of a
//! request.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::catalog::expression::encode_segment;
use crate::catalog::{Api, Pages, Request, Url};
use crate::exchange::{Context, ValueError, evaluate, render};

/// HTTP request, ready to be signed and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Complete URL, encoded.
    pub url: String,
    /// JSON body.
    pub body: Option<Value>,
}

/// Failure to build a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// An expression has no value.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A value that is empty, `.` or `..` would change the path.
    #[error(
        "`{0}` cannot be sent: a value in its path is empty, `.` or `..`, which would change the address"
    )]
    Path(String),
    /// The API has no such host.
    #[error("the API has no host `{0}`")]
    Host(String),
}

/// Builds a request with the values of `context`.
///
/// `endpoint` is the current address of the API's only host, as a user may write it; named hosts are taken
/// from the API.
pub fn build(
    request: &Request,
    api: &Api,
    context: &Context,
    endpoint: &str,
) -> Result<HttpRequest, BuildError> {
    let root = context.value();
    let base = base(&request.url, api, root, endpoint)?;
    let url = format!("{base}{}{}", path(&request.url, root)?, query(&request.url, root)?);
    let body = request.body.as_ref().map(|body| evaluate(body, root)).transpose()?.flatten();
    Ok(HttpRequest { method: request.method.clone(), url, body })
}

/// Returns the request for the next page, or `None` after the last one.
pub fn next_page(
    asked: &HttpRequest,
    pages: &Pages,
    answer: &Value,
) -> Result<Option<HttpRequest>, ValueError> {
    let next = pages.next.one(answer).map_err(ValueError::from)?.and_then(crate::exchange::text);
    let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(None) };
    let (path, query) = asked.url.split_once('?').unwrap_or((&asked.url, ""));
    let own = format!("{}=", encode_segment(&pages.parameter));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with(&own)).map(str::to_owned);
    let pairs: Vec<_> = kept.chain([format!("{own}{}", encode_segment(&next))]).collect();
    Ok(Some(HttpRequest { url: format!("{path}?{}", pairs.join("&")), ..asked.clone() }))
}

fn base(url: &Url, api: &Api, root: &Value, endpoint: &str) -> Result<String, BuildError> {
    let host = match url.host.as_str() {
        "" => endpoint.to_owned(),
        name => render(api.endpoints.host(name).ok_or_else(|| BuildError::Host(name.to_owned()))?, root)?,
    };
    let endings = api.endpoints.may_end_in.iter();
    let cut = endings.filter_map(|ending| host.strip_suffix(ending.as_str())).min_by_key(|left| left.len());
    Ok(cut.unwrap_or(&host).trim_end_matches('/').to_owned())
}

fn path(url: &Url, root: &Value) -> Result<String, BuildError> {
    let rendered = render(&url.path, root)?;
    // URL parsers resolve `%2E%2E` like `..`, and many servers fold empty segments, so encoding does not
    // protect against these.
    let lost =
        rendered.split('/').skip(1).zip(url.path.source().split('/').skip(1)).any(|(segment, source)| {
            let plain = percent_decode_str(segment).decode_utf8_lossy();
            matches!(plain.as_ref(), "" | "." | "..") && segment != source
        });
    if lost { Err(BuildError::Path(url.path.source().to_owned())) } else { Ok(rendered) }
}

fn query(url: &Url, root: &Value) -> Result<String, BuildError> {
    if url.query.is_empty() {
        return Ok(String::new());
    }
    let pair = |(name, value): &(String, _)| Ok(format!("{}={}", encode_segment(name), render(value, root)?));
    let pairs = url.query.iter().map(pair).collect::<Result<Vec<_>, ValueError>>()?;
    Ok(format!("?{}", pairs.join("&")))
}
