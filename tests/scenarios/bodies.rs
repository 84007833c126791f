//! Bodies of responses may hold a password: no condition, event or log line repeats them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::scene::condition;
use crate::harness::{Operator, Resource, Settings, World, play};

/// Stands in every answer here, and may stand nowhere else.
const MARKER: &str = "hunter2";

#[test]
fn a_text_instead_of_outputs_is_not_repeated() {
    play(async {
        let text = format!("cannot connect with the password {MARKER}");
        let answer = json!({ "status": 500, "contentType": "text/plain; charset=utf-8", "text": text });
        trouble(
            "bodies-text",
            "env",
            answer,
            "CloudUnavailable",
            &format!("HTTP 500, text/plain, {} bytes", text.len()),
        )
        .await;
    });
}

#[test]
fn the_error_text_of_a_refusal_to_give_outputs_is_not_repeated() {
    play(async {
        let body = json!({ "id": 1, "message": format!("cannot connect with the password {MARKER}"), "type": "error" });
        let told = format!("HTTP 400, application/json, {} bytes", body.to_string().len());
        trouble("bodies-json", "env", json!({ "status": 400, "body": body }), "Rejected", &told).await;
    });
}

#[test]
fn a_page_of_somebody_in_between_is_not_repeated() {
    play(async {
        let page = format!("<html><body>{MARKER}</body></html>");
        let told = format!("HTTP 502, text/html, {} bytes", page.len());
        trouble("bodies-page", "list", json!({ "status": 502, "html": page }), "CloudUnavailable", &told)
            .await;
    });
}

/// Until it is healed, the cloud answers one operation so; a resource says what is wrong without a word of
/// the answer, and goes on after.
async fn trouble(name: &str, operation: &str, answer: Value, reason: &str, told: &str) {
    let (world, operator) = own(name).await;
    let scene = world.scene().await;
    world
        .cloud
        .fault(json!({ "operation": operation, "kind": "before", "times": null, "answer": answer }))
        .await;
    let resource = scene.example("PostgreSql");
    resource.apply().await;
    let troubled = resource.until_told("False", reason).await;
    let message = condition(&troubled, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(told), "{told} is missing in: {message}");
    resource.until_events(reason, 1).await;
    silent(&resource, &operator).await;
    world.cloud.heal().await;
    // A refusal is not tried again soon.
    if reason == "CloudUnavailable" {
        resource.until_ready().await;
        silent(&resource, &operator).await;
    }
    resource.go().await;
    assert!(!operator.log().contains(MARKER), "{}", operator.log());
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

async fn own(name: &str) -> (Arc<World>, Operator) {
    let world = World::own(name).await;
    let operator = world.operator("resident", &Settings::default()).await;
    (world, operator)
}
