//! Deletion policy: what is retained outlives its resource. And leftovers: what goes without the operator is
//! reported.

use serde_json::{Value, json};

use harness::annotations::{DELETION_POLICY, RECORD};
use harness::scene::{addon, condition};
use harness::{Settings, Stage, eventually, scenario};

const OTHER_FINALIZER: &str = "example.com/keep-until-approved";

#[test]
fn retained_add_on_outlives_its_resource() {
    let settings = Settings { deletion_policy: "retain", ..Settings::frequent_polls() };
    scenario(&["KV"]).settings(settings).run(async |Stage { world, scene, operator }| {
        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        let annotate = async |path: &str, value: Value| {
            let annotation = json!({ "metadata": { "annotations": { DELETION_POLICY: value } } });
            world.cluster.merge(path, &annotation).await.unwrap();
        };
        // The resource says it before the namespace, and the namespace before the configuration.
        let mut kept = Vec::new();
        for (name, of_namespace, own, is_kept) in [
            ("by-configuration", Value::Null, Value::Null, true),
            ("by-namespace", json!("delete"), Value::Null, false),
            ("by-resource", json!("delete"), json!("retain"), true),
            ("not-by-resource", json!("retain"), json!("delete"), false),
        ] {
            let resource = scene.example("KV").named(name);
            let id = addon(&resource.apply_until_ready().await);
            annotate(&namespace, of_namespace).await;
            annotate(&resource.path(), own).await;
            let since = world.cloud.latest().await;
            resource.delete_until_gone().await;
            assert!(world.cluster.get(&resource.secret()).await.is_none(), "{name}: the Secret goes");
            let log = world.cloud.log(since).await;
            let writes = log.iter().filter(|entry| entry["method"] != "GET").count();
            assert_eq!(writes == 0, is_kept, "{name}: {log:#?}");
            if is_kept {
                resource.until_events("Retained", 1).await;
                let told = scene.events(name).await;
                assert!(
                    told.iter().any(|event| event.starts_with("Warning") && event.contains(&id)),
                    "{told:?}"
                );
                kept.push(id);
            }
        }
        kept.sort();
        let mut live = scene.live_ids().await;
        live.sort();
        assert_eq!(live, kept);
        assert_eq!(operator.log().matches("\"add-on retained\"").count(), kept.len());
    });
}

#[test]
fn unknown_policy_is_reported_and_deletes_nothing() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, scene, .. }| {
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        resource.annotate(DELETION_POLICY, json!("retian")).await;
        resource.until_ready_is("False", "InvalidAnnotation").await;
        let since = world.cloud.latest().await;
        resource.delete().await;
        resource
            .until("waits for a valid policy", |object| {
                let ready = condition(object, "Ready");
                ready["message"]
                    .as_str()
                    .is_some_and(|message| message.contains("does not know whether to delete"))
            })
            .await;
        let log = world.cloud.log(since).await;
        assert!(log.iter().all(|entry| entry["method"] == "GET"), "{log:#?}");
        resource.annotate(DELETION_POLICY, json!("delete")).await;
        resource.wait_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn add_on_of_a_resource_that_went_without_the_operator_is_reported() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, scene, operator }| {
        let resource = scene.example("KV");
        let id = addon(&resource.apply_until_ready().await);
        operator.crash();
        // Nobody is there to put the finalizer back, and another one holds the resource.
        let finalizers = json!({ "metadata": { "finalizers": [OTHER_FINALIZER] } });
        world.cluster.merge(&resource.path(), &finalizers).await.unwrap();
        resource.delete().await;

        let since = world.cloud.latest().await;
        let operator = world.operator("second", &Settings::frequent_polls()).await;
        resource.until_events("LeftBehind", 1).await;
        let told = scene.events(resource.name()).await;
        assert!(told.iter().any(|event| event.starts_with("Warning") && event.contains(&id)), "{told:?}");
        let warned = async || operator.log().contains("\"add-on left behind\"").then_some(());
        eventually("a line in the log", warned).await;
        let record = resource.live().await.unwrap()["metadata"]["annotations"][RECORD].clone();
        assert!(record.as_str().unwrap().contains(&id), "the record stays as it is: {record}");

        world.cluster.merge(&resource.path(), &json!({ "metadata": { "finalizers": null } })).await.unwrap();
        resource.wait_gone().await;
        let log = world.cloud.log(since).await;
        assert!(log.iter().all(|entry| entry["method"] == "GET"), "{log:#?}");
        assert_eq!(scene.live_ids().await, [id]);
    });
}
