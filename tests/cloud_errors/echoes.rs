//! Answers that repeat the request and the outputs: neither the resource, nor an event, nor the log, nor a page of the
//! operator shows a credential or a password of them.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Operator, Resource, Settings, Stage, scenario};

const CREDENTIALS: [&str; 4] = ["demo-token", "demo-secret", "demo-consumer", "demo-consumer-secret"];
/// Words of the header that authenticates a request, and the beginning of its base64.
const HEADER: [&str; 3] = ["oauth_signature=", "oauth_signature%3D", "T0F1dGgg"];

#[test]
fn answer_that_repeats_secrets_is_redacted() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, operator, scene }| {
            let resource = scene.example("PostgreSql");
            resource.apply_until_ready().await;
            let secrets = passwords(&resource).await;
            assert!(secrets.len() >= 2, "a password, and a URI that contains it");
            for operation in ["list", "get", "env"] {
                for status in [400, 500] {
                    world.cloud.heal().await;
                    resource.until_ready().await;
                    fault(&resource, operation, (status, &secrets)).await;
                    let reason = if status == 400 { "Rejected" } else { "CloudUnavailable" };
                    // The cloud is read for the resource, and for one that the operator sees for the first time.
                    let now = format!("{operation}-{status}");
                    resource.annotate("operator.clever-cloud.com/reconcile-requested-at", json!(now)).await;
                    let other = scene.example("PostgreSql").named(&format!("other-{operation}-{status}"));
                    other.apply().await;
                    if operation == "list" {
                        quotes(&other.until_ready_is("False", reason).await);
                    } else if operation == "env" {
                        // Nothing of an answer about outputs is quoted.
                        quotes_or_outlines(&other.until_ready_is("False", reason).await);
                    }
                    silent(&resource, &operator, &secrets).await;
                    silent(&other, &operator, &secrets).await;
                }
            }
            world.cloud.heal().await;
            resource.until_ready().await;
            silent(&resource, &operator, &secrets).await;
        },
    );
}

#[test]
fn refused_creation_that_repeats_secrets_is_redacted() {
    scenario(&["PostgreSql"]).run(async |Stage { operator, scene, .. }| {
        let before = scene.example("PostgreSql").named("before");
        before.apply_until_ready().await;
        let secrets = passwords(&before).await;
        for (status, reason) in [(400, "Rejected"), (500, "ConfirmingNotCreated")] {
            let resource = scene.example("PostgreSql").named(&format!("created-{status}"));
            fault(&resource, "create", (status, &secrets)).await;
            resource.apply().await;
            let failed = resource.until_ready_is("False", reason).await;
            quotes_or_outlines(&failed);
            resource.until_events(reason, 1).await;
            silent(&resource, &operator, &secrets).await;
            scene.world.cloud.heal().await;
        }
    });
}

/// Has the cloud repeat the request and the outputs in each of its answers to this operation.
async fn fault(resource: &Resource<'_>, operation: &str, (status, secrets): (u16, &[String])) {
    let header = "{authorization} {authorization.base64} {authorization.base64url} {authorization.percent}";
    let encoded: Vec<_> = secrets.iter().flat_map(|secret| spellings(secret)).collect();
    let message = format!("refused: {header} {} with {}", CREDENTIALS.join(" "), encoded.join(" "));
    let body = json!({ "id": 1, "message": message, "type": "error" });
    let answer = json!({ "status": status, "contentType": "application/demo-token", "body": body });
    let fault = json!({ "operation": operation, "kind": "before", "times": null, "answer": answer });
    resource.scene.world.cloud.fault(fault).await;
}

/// Returns the outputs that contain the password, which no page of the operator shows.
async fn passwords(resource: &Resource<'_>) -> Vec<String> {
    let secret = resource.until_secret("with a password", |secret| secret["data"].is_object()).await;
    let decoded = |value: &Value| BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    let values: Vec<(String, String)> = secret["data"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.clone(), String::from_utf8(decoded(value)).unwrap()))
        .collect();
    let (_, password) = values.iter().find(|(key, _)| key.ends_with("PASSWORD")).unwrap();
    values.iter().map(|(_, value)| value.clone()).filter(|value| value.contains(password.as_str())).collect()
}

fn spellings(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let lower: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let base64 = BASE64_STANDARD.encode(secret);
    let url = BASE64_URL_SAFE_NO_PAD.encode(secret);
    vec![secret.to_owned(), percent, lower, base64, url]
}

/// The message quotes the cloud, without the secrets.
fn quotes(object: &Value) {
    let message = condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("refused: [redacted]"), "{message}");
}

/// The message quotes the cloud, or only describes the answer.
fn quotes_or_outlines(object: &Value) {
    let message = condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("refused: [redacted]") || message.contains("HTTP "), "{message}");
}

/// Nothing that users or administrators can read shows a secret.
async fn silent(resource: &Resource<'_>, operator: &Operator, secrets: &[String]) {
    let scene = resource.scene;
    let mut texts = vec![resource.live().await.unwrap_or_default().to_string(), operator.log()];
    texts.extend(scene.events(resource.name()).await);
    for page in ["/readyz", "/catalog", "/metrics"] {
        texts.push(operator.ask(page).await.1);
    }
    let all = CREDENTIALS.into_iter().map(str::to_owned).chain(secrets.iter().cloned());
    let needles: Vec<String> =
        all.flat_map(|secret| spellings(&secret)).chain(HEADER.map(str::to_owned)).collect();
    for text in texts {
        let text = text.replace("\\/", "/");
        let found: Vec<_> = needles.iter().filter(|needle| text.contains(needle.as_str())).collect();
        assert!(found.is_empty(), "{found:?} in {text}");
    }
}
