//! Three hundred resources of all kinds at once: within the budget, each Ready, none twice, and nothing left
//! of them afterwards. Prints what it cost beside what the operator of before costs. Nothing here is judged
//! by the clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod costs;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::Value;

use costs::{Budget, Costs, table};
use harness::scene::condition;
use harness::{Resource, Scene, Settings, World, block_on};

/// So many, as in the figures of the operator of before.
const RESOURCES: usize = 300;
/// For all of them together: generous, for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(600);

#[test]
fn three_hundred_resources_of_all_kinds_come_and_go_within_the_budget() {
    block_on(async {
        let world = World::with_all_kinds("load").await;
        let operator = world.operator("operator", &Settings::default()).await;
        let scene = world.scene().await;
        let budget = Budget::of(&world);
        let resources = resources(&scene);
        let idle = Costs::now(&world, &operator).await;

        join_all(resources.iter().map(Resource::apply)).await;
        let objects =
            until(&scene, "Ready", |objects| objects.len() == RESOURCES && objects.iter().all(is_ready))
                .await;
        let ready = Costs::now(&world, &operator).await;
        none_twice(&scene, &objects).await;

        join_all(resources.iter().map(Resource::delete)).await;
        until(&scene, "gone", <[Value]>::is_empty).await;
        let gone = Costs::now(&world, &operator).await;
        scene.wait_empty().await;
        for resource in &resources {
            world.cluster.wait_gone(&resource.secret()).await;
        }

        println!("{}", table(&[("idle", &idle), ("300 Ready", &ready), ("300 deleted", &gone)]));
        budget.assert_kept(&world).await;
        assert_eq!(world.refusals(), Vec::<String>::new(), "the rights suffice");
    });
}

/// As many of each kind, of one account.
fn resources(scene: &Scene) -> Vec<Resource<'_>> {
    let kinds: Vec<_> = scene.world.kinds().collect();
    let kind = |number: usize| kinds[number % kinds.len()].kind.as_str();
    (0..RESOURCES).map(|number| scene.example(kind(number)).named(&format!("load-{number}"))).collect()
}

/// Waits until all objects of the scene are as told.
async fn until(scene: &Scene, what: &str, hold: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let objects = objects(scene).await;
        if hold(&objects) {
            return objects;
        }
        let unready = objects.iter().find(|object| !is_ready(object));
        assert!(begun.elapsed() < PATIENCE, "{} objects, never {what}: {unready:#?}", objects.len());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn objects(scene: &Scene) -> Vec<Value> {
    let mut all = Vec::new();
    for kind in scene.world.kinds() {
        let list = scene.world.cluster.get(&kind.collection(&scene.namespace)).await.unwrap();
        all.extend(list["items"].as_array().cloned().unwrap());
    }
    all
}

fn is_ready(object: &Value) -> bool {
    let ready = condition(object, "Ready");
    ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
}

/// Each resource has an add-on of its own, and the cloud has no other, nor ever had.
async fn none_twice(scene: &Scene, objects: &[Value]) {
    let made = scene.world.cloud.addons(&scene.organisation).await;
    let made: Vec<_> =
        made.iter().filter(|addon| addon["parent"].is_null()).map(|addon| addon["id"].clone()).collect();
    let told: BTreeSet<_> = objects.iter().map(|object| object["status"]["addon"].to_string()).collect();
    let ids: BTreeSet<_> = made.iter().map(Value::to_string).collect();
    assert_eq!(made.len(), RESOURCES, "as many were made as were asked for");
    assert_eq!(told, ids);
}
