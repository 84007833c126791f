//! An orderly stop: in the middle of creations it ends soon, leaves nothing that cannot be taken up, and
//! gives the lease back.

use std::time::{Duration, Instant};

use super::holds::{Hold, Moment, hold, release};
use super::leaders::holder;
use super::stage::{patient, quick, resource, scenes, stage};
use super::verdict::{Promise, kept};
use harness::{Settings, block_on};

/// What Kubernetes grants a pod before it kills it.
const GRACE: Duration = Duration::from_secs(30);

#[test]
fn a_stop_in_the_middle_of_creations_ends_soon_and_leaves_them_to_the_next() {
    block_on(async {
        let world = stage("stops").await;
        // Nobody could lead for an hour, were the lease not given back.
        let first = world.operator("first", &Settings { lease: ["3600s", "1800s", "1s"], ..patient() }).await;
        let scenes = scenes(&world, 2).await;
        let (answered, unanswered) = (resource(&scenes[0], "PostgreSql"), resource(&scenes[1], "PostgreSql"));
        let create = |moment| Hold { operation: "create".into(), skip: 0, moment };
        let soon = hold(&world.cloud, &create(Moment::Done), async || drop(answered.apply().await)).await;
        let late =
            hold(&world.cloud, &create(Moment::Arrived), async || drop(unanswered.apply().await)).await;

        let told = Instant::now();
        tokio::join!(first.stop(), release(&world.cloud, [soon]));
        assert!(told.elapsed() < GRACE, "it took {:?} to stop", told.elapsed());
        assert_eq!(holder(&world).await, None, "the lease is given back");
        let id = world.cloud.live(&answered.scene.organisation).await[0]["id"].to_string();
        let object = answered.live().await.unwrap();
        assert!(
            object["metadata"]["annotations"].to_string().contains(id.trim_matches('"')),
            "an answer that came in time is recorded"
        );

        release(&world.cloud, [late]).await;
        let _second = world.operator("second", &quick()).await;
        let promised = [(&answered, Promise::One), (&unanswered, Promise::One)];
        assert_eq!(kept(&promised).await, ["one of 1 ever made"; 2]);
    });
}
