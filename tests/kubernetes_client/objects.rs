//! Reads, and writes that are compare-and-swap.

use clever_operator::cluster::{
    Failure, Kind,
    object::{MetadataChange, read, swap_metadata, swap_status},
};
use serde_json::json;

use super::world::{kind, widgets, world};

const FINALIZER: &str = "example.com/hold";

fn annotated(value: &str) -> MetadataChange {
    MetadataChange {
        annotations: [("example.com/note".to_string(), Some(value.to_string()))].into(),
        ..MetadataChange::default()
    }
}

#[tokio::test]
async fn annotation_and_finalizer_are_one_write() {
    let world = world().await;
    let live = world.widget("a").await;
    let change = MetadataChange { add_finalizer: Some(FINALIZER.into()), ..annotated("x") };
    let written = swap_metadata(&world.cluster, &widgets(), &live, &change).await.unwrap();
    assert_eq!(written.metadata.finalizers, Some(vec![FINALIZER.to_string()]));
    assert_ne!(written.metadata.resource_version, live.metadata.resource_version);

    let writes = world.writes("a");
    assert_eq!(writes.len(), 1, "{writes:#?}");
    let expected = json!({ "metadata": {
        "resourceVersion": live.metadata.resource_version,
        "annotations": { "example.com/note": "x" },
        "finalizers": [FINALIZER],
    }});
    assert_eq!(writes[0]["requestObject"], expected);
}

#[tokio::test]
async fn a_swap_over_an_old_read_changes_nothing() {
    let world = world().await;
    let old = world.widget("a").await;
    swap_metadata(&world.cluster, &widgets(), &old, &annotated("first")).await.unwrap();
    let second = swap_metadata(&world.cluster, &widgets(), &old, &annotated("second")).await;
    assert_eq!(second.unwrap_err(), Failure::Conflict);
    let status = swap_status(&world.cluster, &widgets(), &old, &json!({ "ready": true })).await;
    assert_eq!(status.unwrap_err(), Failure::Conflict);
    let live = world.live("a").await.unwrap();
    assert_eq!(live.metadata.annotations.unwrap()["example.com/note"], "first");
    assert_eq!(live.data.get("status"), None);
}

#[tokio::test]
async fn of_many_swaps_over_one_read_one_wins() {
    let world = world().await;
    let live = world.widget("a").await;
    let (kind, changes) = (widgets(), ["1", "2", "3", "4", "5"].map(annotated));
    let swaps = changes.iter().map(|change| swap_metadata(&world.cluster, &kind, &live, change));
    let outcomes = futures::future::join_all(swaps).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let conflicts = outcomes.iter().filter(|outcome| matches!(outcome, Err(Failure::Conflict)));
    assert_eq!(conflicts.count(), 4);
}

#[tokio::test]
async fn a_new_status_leaves_nothing_of_the_old_and_the_spec_alone() {
    let world = world().await;
    let live = world.widget("a").await;
    let live = swap_status(&world.cluster, &widgets(), &live, &json!({ "old": 1, "kept": 1 })).await.unwrap();
    swap_status(&world.cluster, &widgets(), &live, &json!({ "kept": 2 })).await.unwrap();
    let live = world.live("a").await.unwrap();
    assert_eq!(live.data["status"], json!({ "kept": 2 }));
    assert_eq!(live.data["spec"], json!({ "size": 1 }));
    assert_eq!(live.metadata.generation, Some(1));
}

#[tokio::test]
async fn taking_the_last_finalizer_off_a_deleted_object_ends_it() {
    let world = world().await;
    let live = world.widget("a").await;
    let hold = MetadataChange { add_finalizer: Some(FINALIZER.into()), ..MetadataChange::default() };
    swap_metadata(&world.cluster, &widgets(), &live, &hold).await.unwrap();
    world.kubectl(&["delete", "widget", "a", "--wait=false"]);
    let live = world.live("a").await.unwrap();
    assert!(live.metadata.deletion_timestamp.is_some());
    let release = MetadataChange { remove_finalizer: Some(FINALIZER.into()), ..MetadataChange::default() };
    swap_metadata(&world.cluster, &widgets(), &live, &release).await.unwrap();
    assert!(world.live("a").await.is_none());
    let again = swap_metadata(&world.cluster, &widgets(), &live, &release).await;
    assert_eq!(again.unwrap_err(), Failure::Gone);
}

#[tokio::test]
async fn a_write_meant_for_an_object_never_reaches_its_successor() {
    let world = world().await;
    let first = world.widget("a").await;
    world.kubectl(&["delete", "widget", "a"]);
    world.widget("a").await;
    let late = swap_metadata(&world.cluster, &widgets(), &first, &annotated("late")).await;
    assert_eq!(late.unwrap_err(), Failure::Conflict);
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_no_proof_that_an_object_is_gone() {
    let world = world().await;
    let unserved = [
        kind("Nothing"),
        Kind { version: "v9".into(), ..widgets() },
        Kind { group: "nowhere.example.com".into(), ..widgets() },
    ];
    for kind in unserved {
        let answer = read(&world.cluster, &kind, &world.key("a")).await;
        assert!(matches!(answer, Err(Failure::Refused(_))), "{kind}: {answer:?}");
    }
    assert_eq!(read(&world.cluster, &widgets(), &world.key("a")).await, Ok(None));
}
