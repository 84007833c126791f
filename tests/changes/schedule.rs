//! The schedule of a resource: paused, reconciled on request, compared at an interval of its own.

use serde_json::{Value, json};

use harness::annotations::{PAUSED, POLL_INTERVAL, RECONCILE_REQUESTED_AT};
use harness::scene::{addon, condition};
use harness::{Settings, Stage, scenario};

/// Writes of the sandbox's log.
fn writes(log: &[Value]) -> Vec<String> {
    let is_write = |entry: &&Value| entry["method"] != "GET";
    log.iter().filter(is_write).map(|entry| format!("{} {}", entry["method"], entry["operation"])).collect()
}

#[test]
fn paused_resource_is_looked_at_and_left_alone() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let database = scene.example("PostgreSql");
            database.apply().await;
            database.annotate(PAUSED, json!("true")).await;
            database.annotate(PAUSED, Value::Null).await;
            database.until_ready().await;
            database.annotate(PAUSED, json!("true")).await;
            let told = |object: &Value| {
                condition(object, "Ready")["message"].as_str().is_some_and(|told| told.contains(PAUSED))
            };
            database.until("Ready, and told that it is paused", told).await;
            let since = world.cloud.latest().await;
            database.edit("/instance/plan", json!("xs_sml")).await;
            let paused = database.until_ready_is("False", "Paused").await;
            let message = condition(&paused, "Ready")["message"].to_string();
            assert!(message.contains("xxs_sml") && message.contains("xs_sml"), "{message}");
            world.cluster.delete(&database.secret()).await;
            database.delete().await;
            let leaves = |object: &Value| {
                object["metadata"]["deletionTimestamp"].is_string()
                    && condition(object, "Ready")["message"].to_string().contains("deleting")
            };
            database.until("deleted, and waiting", leaves).await;
            assert!(world.cluster.get(&database.secret()).await.is_none(), "the Secret is not written");
            assert_eq!(writes(&world.cloud.log(since).await), Vec::<String>::new());
            database.annotate(PAUSED, Value::Null).await;
            database.wait_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn request_to_reconcile_reads_everything_at_once() {
    let settings = Settings { poll_interval: "1h", list_lag: "1s", ..Settings::default() };
    scenario(&["PostgreSql"]).settings(settings).run(async |Stage { world, scene, .. }| {
        let database = scene.example("PostgreSql");
        let id = addon(&database.apply_until_ready().await);
        for (request, plan, reason, status) in
            [("first", "m_med", "Drifted", "False"), ("second", "xxs_sml", "InSync", "True")]
        {
            world.cloud.edit(&id, json!({ "plan": plan })).await;
            let since = world.cloud.latest().await;
            database.annotate(RECONCILE_REQUESTED_AT, json!(request)).await;
            let handled = |object: &Value| object["status"]["lastHandledReconcileAt"] == request;
            let object = database.until("handled", handled).await;
            let ready = condition(&object, "Ready");
            assert_eq!((&ready["status"], &ready["reason"]), (&json!(status), &json!(reason)), "{ready}");
            let log = world.cloud.log(since).await;
            for operation in ["list", "detail", "env"] {
                assert!(log.iter().any(|entry| entry["operation"] == operation), "{operation}: {log:?}");
            }
            assert_eq!(writes(&log), Vec::<String>::new());
        }
        database.annotate(POLL_INTERVAL, json!("soon")).await;
        let invalid = database.until_ready_is("False", "InvalidAnnotation").await;
        let message = condition(&invalid, "Ready")["message"].to_string();
        assert!(message.contains("between `10s` and `7d`"), "{message}");
        database.annotate(POLL_INTERVAL, json!("10s")).await;
        database.until_ready().await;
        let ignored = json!({ "plan": "m_med" });
        world.cloud.edit(&id, ignored).await;
        database.until_ready_is("False", "Drifted").await;
    });
}
