//! Namespaces that are being deleted, and Events.

use std::time::Duration;

use clever_operator::cluster::{
    Failure,
    events::{EventSpec, Events},
    namespace,
    secret::{Desired, apply},
};
use serde_json::{Value, json};

use super::world::{World, eventually, widget, widgets, world};

fn happening(note: &str) -> EventSpec {
    EventSpec { warning: true, reason: "Tried".into(), action: "Try".into(), note: note.into() }
}

/// A namespace that is being deleted, and held by one widget.
async fn ending_world() -> World {
    let world = world().await;
    let mut held = widget("held");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    world.apply(held);
    world.plane.kubectl().run(&["delete", "namespace", &world.namespace, "--wait=false"]).unwrap();
    let deleted = async || world.live("held").await?.metadata.deletion_timestamp.map(drop);
    eventually("the deletion of what the namespace holds", deleted).await;
    world
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_takes_no_secret() {
    let world = ending_world().await;
    let secret = apply(&world.cluster, &world.key("s"), &Desired::default(), None).await;
    assert_eq!(secret.unwrap_err(), Failure::NamespaceTerminating);
}

#[tokio::test]
async fn a_refused_event_holds_nothing_up() {
    let world = ending_world().await;
    let held = world.live("held").await.unwrap();
    let events = Events::new(world.cluster.clone(), "example.com/tester", "one");
    events.send(&widgets(), &held, &happening("nobody will read this"));
    events.flush(Duration::from_secs(60)).await;
    let stored = world.kubectl(&["get", "events.events.k8s.io", "-o", "jsonpath={.items[*].note}"]);
    assert!(!stored.contains("nobody will read this"));
}

#[tokio::test]
async fn a_namespace_ends_when_its_deletion_begins() {
    let ending = ending_world().await;
    let terminating =
        async |name: &str| namespace::read(&ending.cluster, name).await.map(|state| state.terminating);
    assert_eq!(terminating(&ending.namespace).await, Ok(true));
    assert_eq!(terminating("default").await, Ok(false));
    assert_eq!(terminating("never-was").await, Ok(true));
}

#[tokio::test]
async fn an_event_says_what_happened_to_which_object() {
    let world = world().await;
    let object = world.widget("a").await;
    let events = Events::new(world.cluster.clone(), "example.com/tester", "one");
    events.send(&widgets(), &object, &happening(&"long ".repeat(1000)));
    events.flush(Duration::from_secs(60)).await;
    let stored = world.kubectl(&["get", "events.events.k8s.io", "-o", "json"]);
    let stored: Value = serde_json::from_str(&stored).unwrap();
    let [event] = stored["items"].as_array().unwrap().as_slice() else { panic!("{stored:#}") };
    assert_eq!(event["regarding"]["uid"], json!(object.metadata.uid));
    assert_eq!(event["regarding"]["kind"], "Widget");
    assert_eq!(event["type"], "Warning");
    assert_eq!((&event["reason"], &event["action"]), (&json!("Tried"), &json!("Try")));
    assert_eq!(event["reportingController"], "example.com/tester");
    assert_eq!(event["note"].as_str().unwrap().len(), 1024);
}
