//! Client of the health server of an operator, for `status`.

use std::time::Duration;

use reqwest::{Client, Url};

/// Time limit of the request. The server answers from memory.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Readiness of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// True if the operator is working or on standby.
    pub(crate) ready: bool,
    /// The response: each check and its state.
    pub(crate) text: String,
}

/// Reads the readiness of the operator at a base URL, such as `http://127.0.0.1:8000`. Uses no proxy, because
/// the operator is near.
///
/// # Errors
/// No server answers there, or its response is not that of an operator.
pub(crate) async fn readiness(url: &Url) -> reqwest::Result<Readiness> {
    let client = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let response = client.get(format!("{}/readyz", url.as_str().trim_end_matches('/'))).send().await?;
    let ready = response.status().is_success();
    // An operator that is not ready answers 503; any other error is not from an operator.
    let response = if response.status().as_u16() == 503 { response } else { response.error_for_status()? };
    Ok(Readiness { ready, text: response.text().await? })
}
