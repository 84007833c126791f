//! An API server that is frozen, or gone for a while. On control planes of their own: the other tests need
//! theirs.

use std::time::Duration;

use clever_operator::cluster::{
    Failure,
    object::{MetadataChange, read, swap_metadata},
    watch::{Health, Scope, watch_kind},
};
use control_plane::ControlPlane;

use super::{
    watches::next,
    world::{define, eventually, widget, widgets, world_on},
};

/// Leaked, because a world borrows it for good; its servers end with the process.
fn plane_of_ones_own() -> &'static ControlPlane {
    let plane = ControlPlane::start().unwrap();
    define(&plane, "Widget");
    Box::leak(Box::new(plane))
}

#[tokio::test]
async fn a_frozen_api_server_costs_one_timeout_and_leaves_a_write_open() {
    let world = world_on(plane_of_ones_own()).await;
    let live = world.widget("a").await;
    let hasty = world.cluster.clone().with_call_timeout(Duration::from_millis(500));
    world.plane.pause_api_server().unwrap();
    let look = async || read(&hasty, &widgets(), &world.key("a")).await.err();
    // A thread of the API server may still be answering when it is told to stop.
    let look = eventually("a read without an answer", look).await;
    let change =
        MetadataChange { add_finalizer: Some("example.com/hold".into()), ..MetadataChange::default() };
    let write = swap_metadata(&hasty, &widgets(), &live, &change).await;
    world.plane.resume_api_server().unwrap();
    assert!(matches!(write, Err(Failure::Lost(_))), "{write:?}");
    assert!(matches!(look, Failure::Lost(_)), "{look:?}");
}

#[tokio::test]
async fn a_watch_survives_a_restart_and_tells_what_it_missed() {
    let world = world_on(plane_of_ones_own()).await;
    world.apply(widget("kept"));
    world.apply(widget("doomed"));
    let (watch, mut changes) = watch_kind(&world.cluster, &widgets(), &Scope::Cluster);
    for _ in 0..2 {
        next(&mut changes).await;
    }
    world.plane.stop_api_server().unwrap();
    eventually("trouble", async || {
        let quiet = tokio::time::timeout(Duration::from_millis(100), next(&mut changes)).await;
        assert!(quiet.is_err(), "nothing changes while nobody serves");
        matches!(watch.health(), Health::Failing(_)).then_some(())
    })
    .await;
    assert!(watch.get(&world.key("doomed")).is_some(), "the cache stays through an outage");
    world.plane.restart_api_server().unwrap();
    // While the watch is still backing off.
    world.kubectl(&["delete", "widget", "doomed"]);
    world.apply(widget("new"));
    let mut seen = vec![next(&mut changes).await, next(&mut changes).await];
    seen.sort();
    assert_eq!(seen, ["+new", "-doomed"]);
    assert_eq!(watch.health(), Health::Established);
}
