//! Sixty resources at once, at the budget of the catalog: each says once that it waits, and is created once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use harness::cluster::writes;
use harness::scene::addon;
use harness::{Settings, World, block_on, eventually};

const RESOURCES: usize = 60;
/// A resource that is ready only after so many milliseconds must have said that it waits. Twice of what the operator
/// waits, and more, for machines that are busy.
const LONG: i64 = 15_000;

#[test]
fn each_of_sixty_says_once_that_it_waits_and_is_created_once() {
    block_on(async {
        let world = World::with("burst", &["KV"]).await;
        let operator = world.operator("operator", &Settings::default()).await;
        let scene = world.scene().await;
        let resources: Vec<_> =
            (0..RESOURCES).map(|number| scene.example("KV").named(&format!("kv-{number:02}"))).collect();
        for resource in &resources {
            resource.apply().await;
        }
        let mut addons = BTreeSet::new();
        for resource in &resources {
            addons.insert(addon(&resource.until_ready().await));
        }
        assert_eq!(addons.len(), RESOURCES);

        let statuses: Vec<Value> = writes(&world.user(), &scene.namespace)
            .into_iter()
            .filter(|event| event["objectRef"]["subresource"] == "status")
            .collect();
        let mut queued = 0;
        for resource in &resources {
            let own: Vec<_> =
                statuses.iter().filter(|event| event["objectRef"]["name"] == resource.name()).collect();
            let waits = |event: &&&Value| event["requestObject"].to_string().contains("queued behind ");
            let told = own.iter().filter(waits).count();
            let created = resource.live().await.unwrap()["metadata"]["creationTimestamp"].clone();
            let is_ready = |event: &&&Value| event["requestObject"].to_string().contains("\"InSync\"");
            let ready = own.iter().find(is_ready).unwrap();
            let took = time(&ready["requestReceivedTimestamp"]) - time(&created);
            assert!(told <= 1, "{} says {told} times that it waits", resource.name());
            assert!(told == 1 || took < LONG, "{} said nothing for {took} ms", resource.name());
            queued += told;
        }
        assert!(queued > RESOURCES / 4, "only {queued} had to wait");

        // One line and one event for each, with the id.
        let log = operator.log();
        for resource in &resources {
            let id = addon(&resource.live().await.unwrap());
            let lines = log.lines().filter(|line| line.contains("created an add-on") && line.contains(&id));
            assert_eq!(lines.count(), 1, "{}", resource.name());
        }
        let last = resources.last().unwrap();
        last.delete_until_gone().await;
        let name = last.name();
        eventually("the events of a life", async || {
            let events = scene.events(name).await;
            let count = |reason: &str| events.iter().filter(|event| event.contains(reason)).count();
            (count(" Created: ") == 1 && count(" Deleted: ") == 1).then_some(())
        })
        .await;
        assert_eq!(operator.log().lines().filter(|line| line.contains("deleted an add-on")).count(), 1);
    });
}

fn time(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{} is no time", json!(value)));
    text.parse::<Timestamp>().unwrap().as_millisecond()
}
