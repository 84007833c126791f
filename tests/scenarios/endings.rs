//! Deleting what resources stand in: a namespace takes the add-ons with it, a definition does not. And
//! deleting what cannot go yet.

use std::iter::zip;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Conversation, PLANE, Resource, Scene, Settings, World, eventually, expect, play};

const KINDS: [&str; 4] = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"];

#[test]
fn a_namespace_goes_and_takes_the_add_ons_with_it() {
    play(async {
        let world = World::own("namespaces").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let resources = KINDS.map(|kind| scene.example(kind));
        join_all(resources.iter().map(Resource::come)).await;

        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        world.cluster.delete(&namespace).await;
        world.cluster.wait_gone(&namespace).await;
        scene.wait_empty().await;
    });
}

#[test]
fn uninstalling_the_definitions_deletes_nothing_at_the_cloud() {
    play(async {
        let world = World::own("definitions").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let resources = KINDS.map(|kind| scene.example(kind));
        join_all(resources.iter().map(Resource::come)).await;
        let before = world.cloud.live(&scene.organisation).await.len();

        for resource in &resources {
            let definition = format!(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}",
                resource.kind.definition()
            );
            world.cluster.delete(&definition).await;
            world.cluster.wait_gone(&definition).await;
        }
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), before, "every add-on stays");
    });
}

#[test]
fn what_was_deleted_before_its_definition_goes_at_the_cloud_too() {
    play(async {
        let world = World::own("order").await;
        let operator = world.operator("first", &Settings::default()).await;
        let scene = world.scene().await;
        let [meant, spared] = ["meant", "spared"].map(|name| scene.example("KV").named(name));
        join_all([meant.come(), spared.come()]).await;
        operator.stop().await;

        meant.delete().await;
        // Kubernetes keeps the times of deletions in whole seconds.
        let first = meant
            .until("is being deleted", |object| object["metadata"]["deletionTimestamp"].is_string())
            .await;
        let first = first["metadata"]["deletionTimestamp"].as_str().unwrap().to_owned();
        eventually("the next second", async || {
            (jiff::Timestamp::now()
                > first.parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_secs(1))
            .then_some(())
        })
        .await;
        let definition =
            format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", meant.kind.definition());
        world.cluster.delete(&definition).await;
        let _operator = world.operator("second", &Settings::default()).await;
        world.cluster.wait_gone(&definition).await;
        let left = world.cloud.live(&scene.organisation).await;
        assert_eq!(left.len(), 1, "{left:#?}");
        assert_eq!(
            PLANE.kubectl().run(&["get", "crd", &meant.kind.definition(), "--ignore-not-found"]).unwrap(),
            ""
        );
    });
}

#[test]
fn what_cannot_go_yet_says_what_holds_it_and_goes_when_nothing_does() {
    play(async {
        let world = World::own("held").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let hour = 3_600_000;
        world.cloud.set(json!({ "minimumAge": { "mysql-addon": hour, "es-addon": hour, "kv": hour, "jenkins": hour } })).await;
        let kinds = ["MySql", "ElasticSearch", "KV", "Jenkins", "Pulsar"];
        let scenes = join_all(kinds.map(|_| world.scene())).await;
        let resources: Vec<_> = zip(&scenes, kinds).map(|(scene, kind)| scene.example(kind)).collect();
        let come = join_all(resources.iter().map(Resource::come)).await;
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
        expect("scenarios/held.txt", &told.join("\n"));
    });
}

/// Its deletion is refused again and again, and it says so.
async fn is_held(resource: &Resource<'_>) {
    resource.delete().await;
    resource.until_told("False", "Deleting").await;
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
