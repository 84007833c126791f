//! Migrations: a change of plan or region that the cloud carries out step by step.

use serde_json::{Value, json};

use harness::annotations::CONFIRM_DRIFT;
use harness::scene::{addon, condition};
use harness::{Conversation, Settings, Stage, World, block_on, eventually, expect, scenario, world_name};

#[test]
fn plan_change_is_followed_to_its_end() {
    scenario(&["PostgreSql"]).run(async |Stage { world, scene, .. }| {
        let database = scene.example("PostgreSql");
        let before = database.apply_until_ready().await;
        let secret = world.cluster.get(&database.secret()).await.unwrap();

        let mut conversation = Conversation::of(&scene);
        conversation.chapter("spec.instance.plan edited");
        database.edit("/instance/plan", json!("xs_sml")).await;
        let after = database.until_ready().await;
        assert_eq!(
            after["status"]["addon"], before["status"]["addon"],
            "the same database, with the same data"
        );
        assert_eq!(after["status"]["plan"]["slug"], "xs_sml");
        let renewed = world.cluster.get(&database.secret()).await.unwrap();
        assert_ne!(renewed["data"], secret["data"], "the migration gave it a new password");
        database.until_events("InSync", 2).await;
        expect("changes/migration.txt", &conversation.text().await);
        database.delete_until_gone().await;
    });
}

#[test]
fn second_edit_is_compared_with_a_read_after_the_first() {
    block_on(async {
        let world = World::with(&world_name(), &["PostgreSql", "MySql", "MongoDb", "Redis"]).await;
        // No list of this test is late enough to count: only a further read shows what a change has done.
        let settings = Settings { list_lag: "60s", poll_interval: "60s", ..Settings::default() };
        let _operator = world.operator("operator", &settings).await;
        world.cloud.set(json!({ "migration": { "duration": 0, "outcome": "OK" } })).await;
        for kind in ["PostgreSql", "MySql", "MongoDb", "Redis"] {
            let scene = world.scene().await;
            let database = scene.example(kind);
            let plan = database.apply_until_ready().await["status"]["plan"].clone();
            for region in ["rbx", "par"] {
                database.edit("/instance/region", json!(region)).await;
                let told = database.until_ready().await;
                assert_eq!(
                    world.cloud.list_of(&scene.organisation).await[0]["region"],
                    region,
                    "{kind} is Ready, and elsewhere"
                );
                assert_eq!(told["status"]["region"], region, "{kind}");
            }
            database.edit("/instance/plan", json!("nope")).await;
            let told = database.until_ready_is("False", "Immutable").await;
            assert_eq!(told["status"]["plan"], plan, "{kind} shows what it has, not what was asked for");
        }
    });
}

#[test]
fn lost_response_starts_no_second_migration() {
    scenario(&["PostgreSql"]).run(async |Stage { world, scene, .. }| {
        let database = scene.example("PostgreSql");
        database.apply_until_ready().await;
        // It is over before anybody can look whether it is under way.
        world.cloud.set(json!({ "migration": { "duration": 0, "outcome": "OK" } })).await;
        world
            .cloud
            .fault(json!({ "operation": "start-migration", "kind": "after", "answer": "reset" }))
            .await;
        database.edit("/instance/plan", json!("xs_sml")).await;
        let after = database.until_ready().await;
        assert_eq!(after["status"]["plan"]["slug"], "xs_sml");
        let log = world.cloud.log(0).await;
        assert_eq!(log.iter().filter(|entry| entry["operation"] == "start-migration").count(), 1);
        database.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn restart_with_an_old_list_starts_no_second_migration() {
    let settings = Settings { list_lag: "60s", ..Settings::frequent_polls() };
    scenario(&["PostgreSql"]).settings(settings.clone()).run(
        async |Stage { world, operator: first, scene }| {
            let database = scene.example("PostgreSql");
            database.apply_until_ready().await;
            let before = world.cloud.list_of(&scene.organisation).await;
            world.cloud.set(json!({ "migration": { "duration": 0, "outcome": "OK" } })).await;
            database.edit("/instance/plan", json!("xs_sml")).await;
            database.until_ready().await;
            first.crash();

            let answer = json!({ "status": 200, "body": before });
            world
                .cloud
                .fault(json!({ "operation": "list", "kind": "before", "times": null, "answer": answer }))
                .await;
            let since = world.cloud.latest().await;
            let second = world.operator("second", &settings).await;
            let acted =
                |entry: &Value| entry["operation"] == "get" || entry["operation"] == "start-migration";
            eventually("a look at the add-on itself", async || {
                world.cloud.log(since).await.iter().any(acted).then_some(())
            })
            .await;
            let at_rest = |object: &Value| {
                object["status"]["operation"].is_null()
                    && !object["metadata"]["annotations"].to_string().contains("migration")
            };
            database.until("without an open change", at_rest).await;
            database.until_ready().await;
            second.stop().await;
            let log = world.cloud.log(0).await;
            assert_eq!(
                log.iter().filter(|entry| entry["operation"] == "start-migration").count(),
                1,
                "once is enough"
            );
        },
    );
}

#[test]
fn failed_migration_is_reported_and_not_retried() {
    scenario(&["PostgreSql"]).run(async |Stage { world, scene, .. }| {
        world.cloud.set(json!({ "migration": { "duration": 1000, "outcome": "FAILED" } })).await;
        let database = scene.example("PostgreSql");
        database.apply_until_ready().await;
        database.edit("/instance/plan", json!("xs_sml")).await;
        database.until_ready_is("False", "ChangeFailed").await;
        let log = world.cloud.log(0).await;
        assert_eq!(log.iter().filter(|entry| entry["operation"] == "start-migration").count(), 1);
        database.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn version_that_the_spec_leaves_out_is_shown_and_kept() {
    scenario(&["PostgreSql"]).run(async |Stage { world, scene, .. }| {
        let database = scene.example("PostgreSql").with("/options/version", Value::Null);
        let created = database.apply_until_ready().await;
        let runs = created["status"]["version"].as_str().expect("the version that runs").to_owned();
        database.edit("/instance/plan", json!("xs_sml")).await;
        database.until_ready().await;
        let log = world.cloud.log(0).await;
        let migration = log.iter().find(|entry| entry["operation"] == "start-migration").unwrap();
        assert_eq!(migration["body"]["version"], json!(runs), "{migration}");
        database.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn larger_plan_that_another_client_chose_is_reported_and_taken_back_only_on_confirmation() {
    scenario(&["PostgreSql"]).settings(Settings { list_lag: "2s", ..Settings::frequent_polls() }).run(
        async |Stage { world, scene, .. }| {
            let database = scene.example("PostgreSql");
            let id = addon(&database.apply_until_ready().await).to_owned();
            world.cloud.edit(&id, json!({ "plan": "m_med" })).await;
            let drifted = database.until_ready_is("False", "Drifted").await;
            let message = condition(&drifted, "Ready")["message"].as_str().unwrap().to_owned();
            assert!(message.contains("the add-on has m_med, the spec asks for xxs_sml"), "{message}");
            assert_eq!(drifted["status"]["plan"]["slug"], "m_med", "the status shows what was observed");
            database.until_events("Drifted", 1).await;
            let migrations = async || {
                let log = world.cloud.log(0).await;
                log.iter().filter(|entry| entry["operation"] == "start-migration").count()
            };
            assert_eq!(migrations().await, 0);
            let confirmed = message.split("confirm-drift=").nth(1).unwrap();
            let confirmed = confirmed.split([' ', '`']).next().unwrap();
            database.annotate(CONFIRM_DRIFT, json!(confirmed)).await;
            let back = database.until_ready().await;
            assert_eq!(back["status"]["plan"]["slug"], "xxs_sml");
            assert_eq!(migrations().await, 1);
            database.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}
