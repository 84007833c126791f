//! Two operators: one leads, is frozen at the worst moments, and wakes when the other has long taken over.
//!
//! Frozen between its last look at the lease and the last byte of a request, a process cannot be caught from
//! outside. To the cloud it is the same as a request that arrives late: it is held at its arrival, and let go
//! when the other operator is done. Not covered here, but in the simulated world: that nothing is sent by
//! whoever wakes *before* that look, at every instruction; here, only where a list was just answered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::holds::{Hold, Moment, hold, release};
use super::stage::{quick, resource, scenes, stage};
use super::verdict::{Promise, kept};
use harness::{Operator, Resource, Scene, Settings, World, block_on, eventually};

/// A resource, and its request that is held when the leader freezes.
struct Frozen<'a> {
    resource: Resource<'a>,
    held: u64,
}

/// What is held of each resource, and what comes of it.
const STORIES: [(&str, Moment); 6] = [
    // A list that shows nothing, read by a leader of long ago: it must not create any more.
    ("list", Moment::Done),
    // Created while the leader slept: the other finds it.
    ("create", Moment::Arrived),
    // Created late, when the other had created one: the leader wakes and takes its own back.
    ("create", Moment::Arrived),
    // Created late, when the resource was gone.
    ("create", Moment::Arrived),
    // Created before, and answered to a sleeper.
    ("create", Moment::Done),
    // Created late, and the sleeper never wakes: the other takes the twin away.
    ("create", Moment::Arrived),
];

#[test]
fn of_two_operators_one_works() {
    block_on(async {
        let world = stage("replicas").await;
        let settings = Settings { poll_interval: "3600s", ..quick() };
        let (_one, other) =
            (leader(&world, "one", &settings).await, world.operator("other", &settings).await);
        // It watches what the leader watches, so that nothing but the lease keeps it from working.
        other.until_readyz(200, "\"ready\":true").await;
        let scenes = scenes(&world, 1).await;
        let database = resource(&scenes[0], "PostgreSql");
        database.apply().await;
        kept(&[(&database, Promise::One)]).await;
        let log = world.cloud.log(0).await;
        let asked: Vec<_> =
            log.iter().map(|entry| format!("{} {}", entry["method"], entry["path"])).collect();
        assert_eq!(
            asked.iter().collect::<BTreeSet<_>>().len(),
            asked.len(),
            "nothing is asked by both: {asked:?}"
        );
    });
}

#[test]
fn a_leader_that_wakes_after_another_took_over_does_no_harm() {
    block_on(async {
        let world = stage("leaders").await;
        // Its requests outlast its sleep, so that it reads answers which were meant for the leader it was.
        let first = leader(&world, "first", &Settings { request_timeout: "300s", ..quick() }).await;
        let _second = world.operator("second", &quick()).await;
        let scenes = scenes(&world, 6).await;
        let frozen = led_there(&world, &scenes).await;
        let [list, created, overtaken, deleted, answered, orphaned] = &frozen;
        first.pause();
        deleted.resource.delete().await;
        release(&world.cloud, [list, created, answered].map(|one| one.held)).await;
        let others = [list, created, overtaken, answered, orphaned].map(|one| (&one.resource, Promise::One));
        assert_eq!(kept(&others).await, ["one of 1 ever made"; 5], "the second operator takes over");
        kept(&[(&deleted.resource, Promise::None)]).await;
        let recorded = [live(overtaken).await, live(orphaned).await];

        let late = [(overtaken, 2), (deleted, 1)];
        arrive(&world, &late).await;
        first.resume();
        assert_eq!(kept(&[(&overtaken.resource, Promise::One)]).await, ["one of 2 ever made"]);
        assert_eq!(kept(&[(&deleted.resource, Promise::None)]).await, ["none of 1 ever made"]);

        first.crash();
        arrive(&world, &[(orphaned, 2)]).await;
        assert_eq!(kept(&[(&orphaned.resource, Promise::One)]).await, ["one of 2 ever made"]);
        assert_eq!(
            recorded,
            [live(overtaken).await, live(orphaned).await],
            "what is recorded is never deleted"
        );
        assert_eq!(
            kept(&others).await,
            ["one of 1", "one of 1", "one of 2", "one of 1", "one of 2"]
                .map(|found| format!("{found} ever made"))
        );
    });
}

#[test]
fn a_sleeper_looks_for_the_effect_of_its_request_though_another_leads_and_the_resource_is_gone() {
    block_on(async {
        let world = stage("sleepers").await;
        let first = leader(&world, "first", &quick()).await;
        let _second = world.operator("second", &quick()).await;
        let scenes = scenes(&world, 1).await;
        let resource = resource(&scenes[0], "PostgreSql");
        let create = Hold { operation: "create".into(), skip: 0, moment: Moment::Arrived };
        let held = hold(&world.cloud, &create, async || drop(resource.apply().await)).await;
        let late = Frozen { resource, held };
        first.pause();
        late.resource.delete().await;
        assert_eq!(kept(&[(&late.resource, Promise::None)]).await, ["none of 0 ever made"]);

        first.resume();
        arrive(&world, &[(&late, 1)]).await;
        assert_eq!(kept(&[(&late.resource, Promise::None)]).await, ["none of 1 ever made"]);
    });
}

/// Brings a resource to the beginning of each story.
async fn led_there<'a>(world: &World, scenes: &'a [Scene]) -> [Frozen<'a>; STORIES.len()] {
    let mut frozen = Vec::new();
    for (scene, (operation, moment)) in scenes.iter().zip(STORIES) {
        let resource = resource(scene, "PostgreSql");
        let held = Hold { operation: operation.into(), skip: 0, moment };
        let held = hold(&world.cloud, &held, async || drop(resource.apply().await)).await;
        frozen.push(Frozen { resource, held });
    }
    frozen.try_into().unwrap_or_else(|_| panic!("an organisation for each story"))
}

/// Starts an operator and waits until it leads.
async fn leader(world: &World, name: &str, settings: &Settings) -> Operator {
    let operator = world.operator(name, settings).await;
    let leads = async || holder(world).await.filter(|holder| holder.starts_with(&format!("{name}_")));
    eventually(&format!("{name} that leads"), leads).await;
    operator
}

/// Who holds the lease.
pub(crate) async fn holder(world: &World) -> Option<String> {
    let path = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases/clever-operator", world.name);
    let lease = world.cluster.get(&path).await?;
    lease["spec"]["holderIdentity"].as_str().filter(|holder| !holder.is_empty()).map(str::to_owned)
}

/// Lets creations have their effect, each the so manieth of its resource.
async fn arrive(world: &World, late: &[(&Frozen<'_>, usize)]) {
    release(&world.cloud, late.iter().map(|(frozen, _)| frozen.held)).await;
    for (Frozen { resource, .. }, made) in late {
        let all =
            async || (world.cloud.addons(&resource.scene.organisation).await.len() == *made).then_some(());
        eventually("the effect of a late creation", all).await;
    }
}

/// The live add-ons of a resource.
async fn live(frozen: &Frozen<'_>) -> Vec<Value> {
    let scene = frozen.resource.scene;
    scene.world.cloud.live(&scene.organisation).await.iter().map(|addon| addon["id"].clone()).collect()
}
