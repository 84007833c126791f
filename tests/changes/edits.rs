//! Edits that are refused: by the API server, or by the operator.

use serde_json::{Value, json};

use harness::{Conversation, Stage, expect, scenario};

#[test]
fn immutable_field_is_refused_by_the_api_server() {
    scenario(&["PostgreSql"]).run(async |Stage { world, scene, .. }| {
        let database = scene.example("PostgreSql");
        database.apply_until_ready().await;
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
        expect("changes/refused-edits.txt", &said.replace(world.group(), "<group>"));
        database.until_ready().await;
    });
}

#[test]
fn version_downgrade_is_refused() {
    scenario(&["PostgreSql"]).run(async |Stage { scene, .. }| {
        let database = scene.example("PostgreSql");
        database.apply_until_ready().await;
        let mut conversation = Conversation::of(&scene);
        conversation.chapter("spec.options.version edited");
        database.edit("/options/version", json!(16)).await;
        database.until_ready_is("False", "Immutable").await;
        database.until_events("Immutable", 1).await;
        conversation.chapter("and back again");
        database.edit("/options/version", json!(17)).await;
        database.until_ready().await;
        database.until_events("InSync", 2).await;
        expect("changes/version-down.txt", &conversation.text().await);
    });
}
