//! Secrets: applied, repaired, taken over once.

use std::collections::BTreeMap;

use clever_operator::cluster::{
    Failure,
    secret::{Desired, apply, read, replace},
};
use k8s_openapi::api::core::v1::Secret;
use serde_json::json;

use super::world::{World, world};

fn desired(data: &[(&str, &str)]) -> Desired {
    let data = data.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    Desired {
        labels: [("example.com/owner".to_string(), "us".to_string())].into(),
        data: data.collect(),
        ..Desired::default()
    }
}

fn foreign(data: serde_json::Value) -> serde_json::Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, "stringData": data })
}

fn contents(secret: &Secret) -> BTreeMap<String, String> {
    let data = secret.data.iter().flatten();
    data.map(|(key, value)| (key.clone(), String::from_utf8(value.0.clone()).unwrap())).collect()
}

async fn live(world: &World) -> Secret {
    read(&world.cluster, &world.key("s")).await.unwrap().unwrap()
}

fn map(data: &[(&str, &str)]) -> BTreeMap<String, String> {
    desired(data).data
}

#[tokio::test]
async fn our_keys_come_and_go_and_those_of_others_stay() {
    let world = world().await;
    let key = world.key("s");
    assert_eq!(read(&world.cluster, &key).await, Ok(None));
    apply(&world.cluster, &key, &desired(&[("A", "1"), ("B", "2")]), None).await.unwrap();
    world.apply(foreign(json!({ "THEIRS": "3" })));
    let before = live(&world).await;
    let after = apply(&world.cluster, &key, &desired(&[("A", "4")]), Some(&before)).await.unwrap();
    assert_eq!(contents(&after), map(&[("A", "4"), ("THEIRS", "3")]));
    let after = apply(&world.cluster, &key, &desired(&[("A", "5"), ("C", "6")]), Some(&after)).await.unwrap();
    let after = apply(&world.cluster, &key, &desired(&[("C", "6")]), Some(&after)).await.unwrap();
    assert_eq!(contents(&after), map(&[("C", "6"), ("THEIRS", "3")]));
    assert_eq!(world.writes("s").len(), 4, "one write each");
}

#[tokio::test]
async fn what_somebody_changed_is_set_right_by_force() {
    let world = world().await;
    let key = world.key("s");
    apply(&world.cluster, &key, &desired(&[("A", "1")]), None).await.unwrap();
    world.kubectl(&["patch", "secret", "s", "-p", r#"{"stringData":{"A":"wrong"}}"#]);
    let wrong = live(&world).await;
    let right = apply(&world.cluster, &key, &desired(&[("A", "1")]), Some(&wrong)).await.unwrap();
    assert_eq!(contents(&right), map(&[("A", "1")]));
}

#[tokio::test]
async fn a_secret_that_changed_since_it_was_read_is_not_overwritten() {
    let world = world().await;
    let key = world.key("s");
    let old = apply(&world.cluster, &key, &desired(&[("A", "1")]), None).await.unwrap();
    world.kubectl(&["annotate", "secret", "s", "example.com/touched=yes"]);
    let late = apply(&world.cluster, &key, &desired(&[("A", "2")]), Some(&old)).await;
    assert_eq!(late.unwrap_err(), Failure::Conflict);
    let late = replace(&world.cluster, &old, &desired(&[("A", "2")]), &[]).await;
    assert_eq!(late.unwrap_err(), Failure::Conflict);
    world.kubectl(&["delete", "secret", "s"]);
    let late = apply(&world.cluster, &key, &desired(&[("A", "2")]), Some(&old)).await;
    assert_eq!(late.unwrap_err(), Failure::Conflict);
    assert_eq!(read(&world.cluster, &key).await, Ok(None));
}

#[tokio::test]
async fn a_secret_that_came_into_being_meanwhile_is_not_taken_over() {
    let world = world().await;
    world.apply(foreign(json!({ "A": "theirs" })));
    let created = apply(&world.cluster, &world.key("s"), &desired(&[("A", "ours")]), None).await;
    assert_eq!(created.unwrap_err(), Failure::Conflict);
    assert_eq!(contents(&live(&world).await), map(&[("A", "theirs")]));
}

#[tokio::test]
async fn a_takeover_drops_what_the_former_writer_left_and_keeps_what_is_named() {
    let world = world().await;
    world.apply(foreign(json!({ "A": "old", "STALE": "x", "USERS": "y" })));
    let before = live(&world).await;
    let after = replace(&world.cluster, &before, &desired(&[("A", "new")]), &["USERS".into()]).await.unwrap();
    assert_eq!(contents(&after), map(&[("A", "new"), ("USERS", "y")]));
    assert_eq!(after.metadata.labels.unwrap()["example.com/owner"], "us");
}
