//! Deletion of CRDs: the add-ons of their resources stay, except for those whose deletion came first.

use futures::future::join_all;
use serde_json::{Value, json};

use harness::rights::ACCOUNT;
use harness::scene::condition;
use harness::{PLANE, Resource, Settings, Stage, eventually, scenario};

const KINDS: [&str; 4] = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"];

#[test]
fn crd_deletion_keeps_the_add_ons() {
    scenario(&KINDS).run(async |Stage { world, scene, .. }| {
        let resources = KINDS.map(|kind| scene.example(kind));
        join_all(resources.iter().map(Resource::apply_until_ready)).await;
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
fn resource_deleted_before_its_crd_loses_its_add_on() {
    scenario(&["KV"]).run(async |Stage { world, operator, scene }| {
        let [meant, spared] = ["meant", "spared"].map(|name| scene.example("KV").named(name));
        join_all([meant.apply_until_ready(), spared.apply_until_ready()]).await;
        operator.stop().await;

        meant.delete().await;
        let first = meant
            .until("is being deleted", |object| object["metadata"]["deletionTimestamp"].is_string())
            .await;
        next_second(&first["metadata"]["deletionTimestamp"]).await;
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
fn resource_that_returns_with_its_deletion_keeps_its_add_on() {
    scenario(&["KV"]).run(async |Stage { world, operator, scene }| {
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        let object = resource.live().await.unwrap();
        let addon = object["status"]["addon"].as_str().unwrap();
        operator.stop().await;

        // A CRD that is deleted by force leaves its resources in etcd, and they come back with the next one.
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let definition = format!("{definitions}/{}", resource.kind.definition());
        let mut manifest = world.cluster.get(&definition).await.unwrap();
        manifest["metadata"] = json!({ "name": resource.kind.definition() });
        world.cluster.delete(&definition).await;
        let deleted = resource
            .until("is being deleted", |object| object["metadata"]["deletionTimestamp"].is_string())
            .await;
        world.cluster.merge(&definition, &json!({ "metadata": { "finalizers": null } })).await.unwrap();
        world.cluster.wait_gone(&definition).await;
        next_second(&deleted["metadata"]["deletionTimestamp"]).await;
        world.cluster.create(definitions, &manifest).await.unwrap();
        resource.until("is back", |object| object["metadata"]["deletionTimestamp"].is_string()).await;

        let second = world.operator("second", &Settings::default()).await;
        resource.wait_gone().await;
        let live = world.cloud.live(&scene.organisation).await;
        assert_eq!(live.len(), 1, "{live:#?}");
        resource.until_events("Abandoned", 1).await;
        let events = scene.events(resource.name()).await;
        let told: Vec<_> = events.iter().filter(|event| event.contains("Abandoned")).collect();
        assert!(told.len() == 1 && told[0].contains(addon), "{events:#?}");
        let log = second.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("add-on abandoned")).collect();
        assert!(lines.len() == 1 && lines[0].contains(addon), "{lines:#?}");
    });
}

#[test]
fn unreadable_crd_holds_a_deletion() {
    scenario(&["KV"]).run(async |Stage { world, operator, scene }| {
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        let name = resource.kind.definition();
        let definition = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");

        let role =
            format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/clever-operator-kinds-{}", world.name);
        let role = role.as_str();
        let rules = world.cluster.get(role).await.unwrap()["rules"].clone();
        let mut fewer = rules.as_array().cloned().unwrap();
        fewer.retain(|rule| rule["resources"] != json!(["customresourcedefinitions"]));
        world.cluster.merge(role, &json!({ "rules": fewer })).await.unwrap();
        let account = PLANE.kubectl_as(&world.name, ACCOUNT).unwrap();
        eventually("fewer rights", async || account.run(&["get", "crd", &name]).is_err().then_some(())).await;

        world.cluster.delete(&definition).await;
        resource
            .until("is being deleted", |object| object["metadata"]["deletionTimestamp"].is_string())
            .await;
        let waits = "cannot check whether the CRD is being deleted, so the add-on is not deleted yet";
        let says = |object: &Value| {
            condition(object, "Ready")["message"].as_str().is_some_and(|message| message.starts_with(waits))
        };
        let told = resource.until("says that it waits", says).await;
        assert_eq!(condition(&told, "Ready")["reason"], "PermissionDenied");
        assert_eq!(operator.log().matches("missing RBAC permission").count(), 1);
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);

        world.cluster.merge(role, &json!({ "rules": rules })).await.unwrap();
        world.cluster.wait_gone(&definition).await;
        assert_eq!(
            world.cloud.live(&scene.organisation).await.len(),
            1,
            "the definition was deleted, and not the add-on"
        );
    });
}

/// Waits until this second is over: Kubernetes keeps the times of creations and deletions in whole seconds.
async fn next_second(time: &Value) {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    eventually("the next second", async || {
        (jiff::Timestamp::now() > time + jiff::SignedDuration::from_secs(1)).then_some(())
    })
    .await;
}
