//! Edits of a spec: what the API server refuses, and a change that the cloud carries out by and by.

use serde_json::{Value, json};

use crate::harness::{Conversation, Settings, World, eventually, expect, play};

#[test]
fn what_cannot_change_is_refused_by_the_api_server() {
    play(async {
        let world = World::own("rules").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        database.come().await;
        let mut said = String::new();
        for (pointer, value) in [
            ("/organisation", json!("orga_ffffffff-0000-4000-8000-000000000000")),
            ("/organisation", Value::Null),
        ] {
            let answer = database.try_edit(pointer, value.clone()).await;
            said += &format!(
                "spec{} becomes {value}\n  {}\n",
                pointer.replace('/', "."),
                answer.err().unwrap_or("accepted".into())
            );
        }
        expect("scenarios/refused-edits.txt", &said.replace(world.group(), "<group>"));
        database.until_ready().await;
    });
}

#[test]
fn a_version_never_goes_down() {
    play(async {
        let world = World::own("versions").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        database.come().await;
        let mut conversation = Conversation::of(&scene);
        conversation.chapter("spec.options.version edited");
        database.edit("/options/version", json!(16)).await;
        database.until_told("False", "Immutable").await;
        database.until_events("Immutable", 1).await;
        conversation.chapter("and back again");
        database.edit("/options/version", json!(17)).await;
        database.until_ready().await;
        database.until_events("InSync", 2).await;
        expect("scenarios/version-down.txt", &conversation.text().await);
    });
}

#[test]
fn another_plan_is_a_migration_that_is_followed_to_its_end() {
    play(async {
        let world = World::own("migrations").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        let before = database.come().await;
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
        expect("scenarios/migration.txt", &conversation.text().await);
        database.go().await;
    });
}

#[test]
fn an_edit_right_after_a_change_is_compared_with_what_is_read_after_it() {
    play(async {
        let world = World::own("edits").await;
        // No list of this test is late enough to count: only a further read shows what a change has done.
        let settings = Settings { list_lag: "60s", poll_interval: "60s", ..Settings::default() };
        let _operator = world.operator("resident", &settings).await;
        world.cloud.set(json!({ "migration": { "duration": 0, "outcome": "OK" } })).await;
        for kind in ["PostgreSql", "MySql", "MongoDb", "Redis"] {
            let scene = world.scene().await;
            let database = scene.example(kind);
            let plan = database.come().await["status"]["plan"].clone();
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
            let told = database.until_told("False", "Immutable").await;
            assert_eq!(told["status"]["plan"], plan, "{kind} shows what it has, not what was asked for");
        }
    });
}

#[test]
fn a_migration_whose_answer_is_lost_is_not_made_twice() {
    play(async {
        let world = World::own("losses").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        database.come().await;
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
        database.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_migration_that_is_over_is_not_made_again_by_a_process_that_is_shown_a_list_from_before() {
    play(async {
        let world = World::own("restarts").await;
        let settings = Settings { list_lag: "60s", ..World::settings_of_shared() };
        let first = world.operator("first", &settings).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        database.come().await;
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
        let acted = |entry: &Value| entry["operation"] == "get" || entry["operation"] == "start-migration";
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
    });
}

#[test]
fn a_migration_that_fails_is_told_and_not_tried_again_by_itself() {
    play(async {
        let world = World::own("failures").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        world.cloud.set(json!({ "migration": { "duration": 1000, "outcome": "FAILED" } })).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        database.come().await;
        database.edit("/instance/plan", json!("xs_sml")).await;
        database.until_told("False", "ChangeFailed").await;
        let log = world.cloud.log(0).await;
        assert_eq!(log.iter().filter(|entry| entry["operation"] == "start-migration").count(), 1);
        database.go().await;
        scene.wait_empty().await;
    });
}
