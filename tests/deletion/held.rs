//! Deletions that the cloud refuses for a while.

use std::iter::zip;

use futures::future::join_all;
use serde_json::{Value, json};

use harness::{Conversation, Resource, Scene, Settings, World, block_on, eventually, expect, world_name};

#[test]
fn refused_deletion_names_its_reason_and_is_retried() {
    block_on(async {
        let world = World::with(&world_name(), &["MySql", "ElasticSearch", "KV", "Jenkins", "Pulsar"]).await;
        let _operator = world.operator("operator", &Settings::default()).await;
        let hour = 3_600_000;
        world.cloud.set(json!({ "minimumAge": { "mysql-addon": hour, "es-addon": hour, "kv": hour, "jenkins": hour } })).await;
        let kinds = ["MySql", "ElasticSearch", "KV", "Jenkins", "Pulsar"];
        let scenes = join_all(kinds.map(|_| world.scene())).await;
        let resources: Vec<_> = zip(&scenes, kinds).map(|(scene, kind)| scene.example(kind)).collect();
        let come = join_all(resources.iter().map(Resource::apply_until_ready)).await;
        let topic = format!(
            "/v4/addon-providers/addon-pulsar/addons/{}/topics/orders",
            come[4]["status"]["realId"].as_str().unwrap()
        );
        world.cloud.ask("POST", &topic).await;

        let mut conversations: Vec<_> = scenes.iter().map(Conversation::of).collect();
        zip(&mut conversations, kinds)
            .for_each(|(conversation, kind)| conversation.chapter(&format!("{kind} deleted")));
        join_all(resources.iter().map(is_held)).await;
        world.cloud.set(json!({ "minimumAge": {} })).await;
        world.cloud.ask("DELETE", &topic).await;
        join_all(resources.iter().map(Resource::wait_gone)).await;
        join_all(scenes.iter().map(Scene::wait_empty)).await;
        let told = join_all(conversations.iter().map(Conversation::text)).await;
        expect("deletion/held.txt", &told.join("\n"));
    });
}

/// Its deletion is refused again and again, and it says so.
async fn is_held(resource: &Resource<'_>) {
    resource.delete().await;
    resource.until_ready_is("False", "Deleting").await;
    resource.until_events("Deleting", 1).await;
    let Scene { world, organisation, .. } = resource.scene;
    eventually(&format!("three refusals to delete {}", resource.path()), async || {
        let log = world.cloud.log(0).await;
        let refused = |entry: &&Value| {
            entry["operation"] == "delete"
                && entry["status"] == 400
                && entry["path"].as_str().unwrap_or_default().contains(organisation)
        };
        (log.iter().filter(refused).count() >= 3).then_some(())
    })
    .await;
}
