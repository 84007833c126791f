//! Bodies of responses may hold a password: no condition, event or log line repeats them.

use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Operator, Resource, Stage, scenario};

/// Stands in every answer here, and may stand nowhere else.
const MARKER: &str = "hunter2";

#[test]
fn text_instead_of_outputs_is_not_repeated() {
    let text = format!("cannot connect with the password {MARKER}");
    let answer = json!({ "status": 500, "contentType": "text/plain; charset=utf-8", "text": text });
    let reported = format!("HTTP 500, text/plain, {} bytes", text.len());
    body_is_not_repeated("env", answer, "CloudUnavailable", &reported);
}

#[test]
fn error_text_about_outputs_is_not_repeated() {
    let message = format!("cannot connect with the password {MARKER}");
    let body = json!({ "id": 1, "message": message, "type": "error" });
    let reported = format!("HTTP 400, application/json, {} bytes", body.to_string().len());
    body_is_not_repeated("env", json!({ "status": 400, "body": body }), "Rejected", &reported);
}

#[test]
fn page_of_a_proxy_is_not_repeated() {
    let page = format!("<html><body>{MARKER}</body></html>");
    let reported = format!("HTTP 502, text/html, {} bytes", page.len());
    body_is_not_repeated("list", json!({ "status": 502, "html": page }), "CloudUnavailable", &reported);
}

/// Has the cloud answer one operation so, until it is healed: a resource reports the error without a word of the
/// answer, and recovers.
fn body_is_not_repeated(operation: &str, answer: Value, reason: &str, reported: &str) {
    scenario(&["PostgreSql"]).run(async |Stage { world, operator, scene }| {
        let fault = json!({ "operation": operation, "kind": "before", "times": null, "answer": answer });
        world.cloud.fault(fault).await;
        let resource = scene.example("PostgreSql");
        resource.apply().await;
        let failed = resource.until_ready_is("False", reason).await;
        let message = condition(&failed, "Ready")["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(reported), "{reported} is missing in: {message}");
        resource.until_events(reason, 1).await;
        silent(&resource, &operator).await;
        world.cloud.heal().await;
        // A refusal is not retried soon.
        if reason == "CloudUnavailable" {
            resource.until_ready().await;
            silent(&resource, &operator).await;
        }
        resource.delete_until_gone().await;
        assert!(!operator.log().contains(MARKER), "{}", operator.log());
    });
}

/// Neither the resource nor an event about it nor the log repeats the answer.
async fn silent(resource: &Resource<'_>, operator: &Operator) {
    let live = resource.live().await.unwrap_or_default().to_string();
    assert!(!live.contains(MARKER), "{live}");
    let events = resource.scene.events(resource.name()).await;
    assert!(!events.is_empty() && events.iter().all(|event| !event.contains(MARKER)), "{events:?}");
    let log = operator.log();
    assert!(log.contains("\"answered\"") && !log.contains(MARKER), "{log}");
}
