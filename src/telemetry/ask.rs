//! Asks an operator that runs elsewhere what it tells of itself: the other end of `server`.

use std::time::Duration;

use reqwest::{Client, Url};

/// How long an answer may take. Who answers keeps all of it at hand.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// It works, or stands by to.
    pub ready: bool,
    /// The text of the answer: each part and how it is.
    pub text: String,
}

/// Asks at a base URL, such as `http://127.0.0.1:8000`, whether it is ready. Of proxies nothing is taken: it is near.
///
/// # Errors
/// When nobody answers there, or somebody whose answer says neither yes nor no.
pub async fn ready(url: &Url) -> reqwest::Result<Answer> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = client.get(format!("{}/readyz", url.as_str().trim_end_matches('/'))).send().await?;
    let ready = answer.status().is_success();
    // What it says to those who may not know is 503; anything else is not an operator.
    let answer = if answer.status().as_u16() == 503 { answer } else { answer.error_for_status()? };
    Ok(Answer { ready, text: answer.text().await? })
}
