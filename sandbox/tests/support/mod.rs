//! Shared test code: a sandbox with the test accounts, a client, and stories: JSON files with requests and
//! their expected responses.

#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clever_sandbox::{Config, Sandbox};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};

pub const OWNER: &str = "orga_11111111-2222-4333-8444-555555555555";
pub const SMALL: &str = "plan_c32d00fb-6c06-48a9-a0a3-9d808937ec68";

/// A request of a story. `{name}` is replaced with a value kept by an earlier step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryStep {
    /// Method and path, separated by a space.
    pub request: String,
    /// Credentials: `one` (default), `two`, `nobody`, `key` (for the plain service), `bearer`, `bridge`, or
    /// `oauth on the bridge`.
    #[serde(default, rename = "as")]
    who: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    /// Expected status; any success by default.
    #[serde(default)]
    status: Option<u16>,
    /// Expected values, by JSON pointer.
    #[serde(default)]
    has: BTreeMap<String, Value>,
    /// JSON pointers that must not exist.
    #[serde(default)]
    lacks: Vec<String>,
    /// Expected lengths of arrays, by JSON pointer.
    #[serde(default)]
    count: BTreeMap<String, usize>,
    /// A value with the expected keys and types.
    #[serde(default)]
    shape: Option<Value>,
    /// Values to keep for later steps: name → JSON pointer.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

pub fn cases(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder)
}

pub fn config() -> Config {
    Config { accounts: Some(cases("accounts.json")), ..Config::default() }
}

pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap()
}

pub fn plaintext(account: &str) -> String {
    format!(
        r#"OAuth oauth_consumer_key="ck", oauth_token="{account}-token", oauth_signature="cs%26{account}-secret""#
    )
}

/// Builds a request as account `one`.
pub fn ask(client: &Client, sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    client.request(method, format!("{}{path}", sandbox.url())).header("authorization", plaintext("one"))
}

/// Calls the admin interface and panics if the call fails.
pub async fn admin(client: &Client, sandbox: &Sandbox, method: Method, path: &str, body: Value) -> Value {
    let response = client
        .request(method, format!("{}/_sandbox/{path}", sandbox.url()))
        .json(&body)
        .send()
        .await
        .unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

pub async fn create(client: &Client, sandbox: &Sandbox, name: &str) -> reqwest::Result<Response> {
    let body = json!({"name": name, "providerId": "postgresql-addon", "plan": SMALL, "region": "par", "options": {}});
    ask(client, sandbox, Method::POST, &format!("/v2/organisations/{OWNER}/addons")).json(&body).send().await
}

/// Counts the live add-ons with a name.
pub async fn live(client: &Client, sandbox: &Sandbox, name: &str) -> u64 {
    admin(client, sandbox, Method::GET, "state", Value::Null).await["live"][name].as_u64().unwrap_or(0)
}

/// Runs every story of a folder, each in its own sandbox.
pub async fn run_stories(folder: &str) {
    let mut files: Vec<PathBuf> =
        fs::read_dir(cases(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for file in files {
        let story = file.file_stem().unwrap().to_string_lossy().into_owned();
        let steps: Vec<StoryStep> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).expect(&story);
        failures.extend(run_story(&steps).await.err().map(|why| format!("{story}, {why}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn run_story(steps: &[StoryStep]) -> Result<(), String> {
    let bridge_listen = Some(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(Config { bridge_listen, ..config() }).await.unwrap();
    let mut kept =
        BTreeMap::from([("owner".to_owned(), OWNER.to_owned()), ("small".to_owned(), SMALL.to_owned())]);
    for (place, step) in steps.iter().enumerate() {
        run_step(&sandbox, step, &mut kept)
            .await
            .map_err(|why| format!("step {place} ({}): {why}", step.request))?;
    }
    Ok(())
}

async fn run_step(
    sandbox: &Sandbox,
    step: &StoryStep,
    kept: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let (method, path) = step.request.split_once(' ').unwrap();
    let who = step.who.as_deref().unwrap_or("one");
    let base = if who == "bridge" || who == "oauth on the bridge" {
        sandbox.bridge_url().unwrap()
    } else {
        sandbox.url()
    };
    let mut request = client().request(method.parse().unwrap(), format!("{base}{}", substitute(path, kept)));
    request = match who {
        "nobody" => request,
        "key" => request.header("x-api-key", "demo-key"),
        "bearer" | "bridge" => request.bearer_auth("one-bearer"),
        "oauth on the bridge" => request.header("authorization", plaintext("one")),
        account => request.header("authorization", plaintext(account)),
    };
    if let Some(body) = &step.body {
        request =
            request.header("content-type", "application/json").body(substitute(&body.to_string(), kept));
    }
    let response = request.send().await.map_err(|error| error.to_string())?;
    let status = response.status();
    let text = response.text().await.map_err(|error| error.to_string())?;
    if step.status.map_or(!status.is_success(), |expected| status.as_u16() != expected) {
        return Err(format!("answered {status}: {text}"));
    }
    let response_body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    check_response(step, &response_body, kept)?;
    for (name, pointer) in &step.keep {
        let value = response_body
            .pointer(pointer)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("nothing to keep at {pointer}: {response_body}"))?;
        kept.insert(name.clone(), value.to_owned());
    }
    Ok(())
}

fn check_response(
    step: &StoryStep,
    response_body: &Value,
    kept: &BTreeMap<String, String>,
) -> Result<(), String> {
    for (pointer, expected) in &step.has {
        let expected: Value = serde_json::from_str(&substitute(&expected.to_string(), kept)).unwrap();
        if response_body.pointer(pointer) != Some(&expected) {
            return Err(format!("{pointer} is not {expected}: {response_body}"));
        }
    }
    if let Some(pointer) = step.lacks.iter().find(|pointer| response_body.pointer(pointer).is_some()) {
        return Err(format!("there is something at {pointer}: {response_body}"));
    }
    for (pointer, expected) in &step.count {
        let entries = response_body.pointer(pointer).and_then(Value::as_array).map(Vec::len);
        if entries != Some(*expected) {
            return Err(format!("{entries:?} entries at {pointer:?}, not {expected}: {response_body}"));
        }
    }
    step.shape.as_ref().map_or(Ok(()), |shape| same_shape(shape, response_body, ""))
}

fn substitute(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Compares keys, in any order, and types. An expected `null` matches any value; each entry of an array must
/// match one of the expected ones.
fn same_shape(expected: &Value, found: &Value, at: &str) -> Result<(), String> {
    match (expected, found) {
        (Value::Null, _) | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        (Value::Number(_), Value::Number(_)) | (Value::String(_), Value::String(_)) => Ok(()),
        (Value::Array(expected), Value::Array(found)) => same_entries(expected, found, at),
        (Value::Object(expected), Value::Object(found)) => {
            let (mut expected_keys, mut found_keys): (Vec<_>, Vec<_>) =
                (expected.keys().collect(), found.keys().collect());
            expected_keys.sort();
            found_keys.sort();
            if expected_keys != found_keys {
                return Err(format!("at {at:?} the keys are {found_keys:?}, not {expected_keys:?}"));
            }
            expected
                .iter()
                .try_for_each(|(key, value)| same_shape(value, &found[key], &format!("{at}/{key}")))
        }
        _ => Err(format!("at {at:?} is {found}, which is not like {expected}")),
    }
}

fn same_entries(expected: &[Value], found: &[Value], at: &str) -> Result<(), String> {
    if !expected.is_empty() && found.is_empty() {
        return Err(format!("nothing in {at:?}"));
    }
    found.iter().enumerate().try_for_each(|(place, entry)| {
        let at = format!("{at}/{place}");
        let fits: Vec<_> = expected.iter().map(|expected| same_shape(expected, entry, &at)).collect();
        let first = fits.first().cloned();
        if fits.is_empty() || fits.iter().any(Result::is_ok) { Ok(()) } else { first.unwrap_or(Ok(())) }
    })
}
