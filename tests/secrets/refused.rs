//! Content that the API server refuses: one stalled reason with its words, one event, and no longer than it lasts.

use serde_json::{Value, json};

use harness::scene::{addon, condition};
use harness::{Settings, Stage, scenario};

use crate::current::{decoded, request};

const OUTPUT: &str = "POSTGRESQL_ADDON_PASSWORD";

#[test]
fn immutable_secret_is_told_once_and_written_when_it_is_gone() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("PostgreSql");
            let id = addon(&resource.apply_until_ready().await);
            world.cluster.merge(&resource.secret(), &json!({ "immutable": true })).await.unwrap();
            world.cloud.edit(&id, json!({ "values": { "password": "rotated-password" } })).await;
            request(&resource, "look-1").await;
            let told = resource.until_ready_is("False", "SecretRefused").await;
            let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
            assert!(message.contains("the API server refuses the Secret `my-database-secrets`"), "{message}");
            assert!(message.contains("immutable"), "{message}");
            assert!(!message.contains("rotated-password"), "{message}");

            world.cluster.delete(&resource.secret()).await;
            resource.until_ready().await;
            let secret = world.cluster.get(&resource.secret()).await.unwrap();
            assert_eq!(decoded(&secret["data"][OUTPUT]).as_deref(), Some("rotated-password"));
            let events = scene.events(resource.name()).await;
            let refused = events.iter().filter(|event| event.contains(" SecretRefused: ")).count();
            assert_eq!(refused, 1, "{events:#?}");
            resource.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn secret_that_is_too_large_is_told_and_heals_with_the_outputs() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("PostgreSql");
            let id = addon(&resource.apply_until_ready().await);
            world.cloud.edit(&id, json!({ "values": { "password": "x".repeat(1_200_000) } })).await;
            request(&resource, "look-2").await;
            let told = resource.until_ready_is("False", "SecretRefused").await;
            assert!(condition(&told, "Ready")["message"].as_str().unwrap().len() < 1024, "{told}");
            let secret = world.cluster.get(&resource.secret()).await.unwrap();
            assert!(decoded(&secret["data"][OUTPUT]).unwrap().len() < 100, "the last good one stays");

            world.cloud.edit(&id, json!({ "values": { "password": "of-its-size-again" } })).await;
            request(&resource, "look-3").await;
            resource.edit("/options/backup", json!(true)).await;
            let healed =
                |secret: &Value| decoded(&secret["data"][OUTPUT]).as_deref() == Some("of-its-size-again");
            resource.until_secret("has the new outputs", healed).await;
            resource.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn output_that_no_secret_can_have_is_left_out_and_told_once() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("PostgreSql");
            let id = addon(&resource.apply_until_ready().await);
            let output = |name: &str, value: &str| json!({ "name": name, "value": value });
            let uri = "postgresql://of-the-cloud.example.test/b1";
            let outputs = [
                output("BAD KEY", "a-value"),
                output(OUTPUT, "rotated-password"),
                output("POSTGRESQL_ADDON_URI", uri),
            ];
            let answer = json!({ "status": 200, "body": outputs });
            let path = format!("*{id}/env");
            world
                .cloud
                .fault(json!({ "path": path, "kind": "before", "times": null, "answer": answer }))
                .await;
            request(&resource, "look-4").await;
            let has_new =
                |secret: &Value| decoded(&secret["data"][OUTPUT]).as_deref() == Some("rotated-password");
            let secret = resource.until_secret("has the others", has_new).await;
            assert_eq!(secret["data"]["BAD KEY"], Value::Null);
            resource.until_ready().await;
            resource.until_events("OutputLeftOut", 1).await;
            let events = scene.events(resource.name()).await;
            let told: Vec<_> = events.iter().filter(|event| event.contains(" OutputLeftOut: ")).collect();
            assert!(told.len() == 1 && told[0].contains("`BAD KEY`"), "{events:#?}");
            resource.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn names_that_no_secret_can_have_are_refused_in_the_spec() {
    scenario(&["ConfigProvider"]).settings(Settings::default()).run(
        async |Stage { world, scene, .. }| {
            for key in ["MY KEY", "..", ".", "..a", "", "a/b", "é"] {
                let resource =
                    scene.example("ConfigProvider").with("/variables", json!({ "GOOD": "1", key: "2" }));
                let refused = resource.try_apply().await.unwrap_err();
                assert!(refused.contains("each name must be a valid key of a Secret"), "{key}: {refused}");
            }
            let resource =
                scene.example("ConfigProvider").with("/variables", json!({ ".a": "1", "b-C_2.d": "2" }));
            resource.apply_until_ready().await;
            resource.delete_until_gone().await;
            assert!(world.cloud.live(&scene.organisation).await.is_empty());
        },
    );
}
