//! Outages: the operator asks less and less often, and recovers by itself.

use std::time::Duration;

use harness::{Conversation, Stage, expect, scenario};

#[test]
fn outage_is_retried_with_backoff() {
    scenario(&["PostgreSql"]).run(async |Stage { world, scene, .. }| {
        // It pays for the offers.
        scene.example("PostgreSql").named("before").apply_until_ready().await;
        scene.break_down().await;
        let resource = scene.example("PostgreSql");
        let mut conversation = Conversation::of(&scene);
        conversation.chapter("applied while the cloud is down");
        resource.apply().await;
        resource.until_ready_is("False", "CloudUnavailable").await;
        conversation.lists(4).await;
        let times = conversation.list_times().await;
        assert!(times[3] - times[0] >= Duration::from_secs(7), "pauses of 1, 2 and 4 s: {times:?}");
        assert_eq!(scene.events(resource.name()).await.len(), 1, "one event, however often it is tried");
        world.cloud.heal().await;
        resource.until_ready().await;
        resource.until_events("InSync", 1).await;
        expect("cloud_errors/cloud-down.txt", &conversation.text().await);
    });
}
