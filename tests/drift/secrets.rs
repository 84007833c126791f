//! Secrets that others own, copy or edit, and the Secret of a recreated add-on.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use harness::annotations::CONFIRM_RECREATE;
use harness::{Operator, PLANE, Settings, SharedWorld, Stage, World, eventually, scenario};

/// A world that the tests of this file share; each test has an organisation of its own.
static WORLD: SharedWorld = SharedWorld::new("secrets", &["PostgreSql"], || Settings {
    creation_window: "2s",
    request_timeout: "2s",
    ..Settings::frequent_polls()
});

#[test]
fn secret_of_another_owner_is_never_taken_over() {
    WORLD.run(async |scene| {
        let world = &scene.world;
        let resource = scene.example("PostgreSql");
        let theirs = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "my-database-secrets" }, "stringData": { "theirs": "kept" },
        });
        world.cluster.apply(&resource.secret(), &theirs).await.unwrap();
        resource.apply().await;
        resource.until_ready_is("False", "SecretConflict").await;
        let kept = world.cluster.get(&resource.secret()).await.unwrap();
        assert_eq!(kept["data"], json!({ "theirs": "a2VwdA==" }));

        world.cluster.delete(&resource.secret()).await;
        resource.until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn deletion_of_a_conflicting_secret_triggers_a_reconcile() {
    // Nothing is looked at again by itself while this test has patience.
    let settings = Settings { poll_interval: "3600s", ..Settings::default() };
    scenario(&["PostgreSql"]).settings(settings).run(async |Stage { world, operator, scene }| {
        let resource = scene.example("PostgreSql");
        let manifest = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "my-database-secrets" }, "stringData": { "theirs": "kept" },
        });
        world.cluster.apply(&resource.secret(), &manifest).await.unwrap();
        resource.apply().await;
        resource.until_ready_is("False", "SecretConflict").await;
        let looks = || read_by(&world, "my-database-secrets");
        eventually("the lookout", async || looks().iter().any(|verb| verb == "watch").then_some(())).await;
        let before = looks().iter().filter(|verb| *verb == "get").count();

        world.cluster.merge(&resource.secret(), &json!({ "stringData": { "more": "too" } })).await.unwrap();
        eventually("a second look", async || {
            (looks().iter().filter(|verb| *verb == "get").count() > before).then_some(())
        })
        .await;
        resource.until_ready_is("False", "SecretConflict").await;
        world.cluster.delete(&resource.secret()).await;
        resource.until_ready().await;
        assert!(!operator.log().contains("theirs"), "what others keep secret is not logged");
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn labelled_secret_of_another_owner_triggers_nothing() {
    let settings = Settings::frequent_polls();
    scenario(&["PostgreSql"]).settings(settings).run(async |Stage { world, operator, scene }| {
        let elsewhere = world.scene().await;
        let resource = scene.example("PostgreSql");
        resource.apply_until_ready().await;
        let made = world.cluster.get(&resource.secret()).await.unwrap();
        let copy = |name: &str, owners: &Value| {
            let labels = &made["metadata"]["labels"];
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name, "labels": labels, "ownerReferences": owners } })
        };
        let owners = made["metadata"]["ownerReferences"].clone();
        let mut forged = owners.clone();
        forged[0]["uid"] = json!("00000000-0000-4000-8000-000000000000");
        world
            .cluster
            .apply(&elsewhere.secret("my-database-secrets"), &copy("my-database-secrets", &owners))
            .await
            .unwrap();
        world.cluster.apply(&scene.secret("forged"), &copy("forged", &forged)).await.unwrap();

        // Seen after the others, and repaired.
        let damage = json!({ "data": { "POSTGRESQL_ADDON_URI": null } });
        world.cluster.merge(&resource.secret(), &damage).await.unwrap();
        resource.until_secret("repaired", |secret| secret["data"]["POSTGRESQL_ADDON_URI"].is_string()).await;
        let looks = looks(&operator);
        let own = format!("{}/my-database", scene.namespace);
        let at = |object: &str| looks.iter().filter(|look| look["object"] == object).collect::<Vec<_>>();
        assert!(!at(&own).is_empty(), "looks are logged");
        assert!(at(&own).iter().all(|look| look["state"] != "gone"), "of no other uid: {looks:#?}");
        assert_eq!(at(&format!("{}/my-database", elsewhere.namespace)), Vec::<&Value>::new());
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn recreated_add_on_gets_its_own_secret_after_a_lost_response() {
    WORLD.run(async |scene| {
        let world = &scene.world;
        let resource = scene.example("PostgreSql");
        let lost = resource.apply_until_ready().await["status"]["addon"].clone();
        world.cloud.vanish(lost.as_str().unwrap()).await;
        resource.until_ready_is("False", "ExternalResourceVanished").await;
        let path = format!("*{}*", scene.organisation);
        world
            .cloud
            .fault(json!({ "operation": "create", "path": path, "kind": "after", "answer": "reset" }))
            .await;
        resource.annotate(CONFIRM_RECREATE, lost.clone()).await;
        let recreated = resource.until_ready().await;
        let live = world.cloud.live(&scene.organisation).await;
        assert_eq!(live.len(), 1, "{live:#?}");
        assert_eq!(recreated["status"]["addon"], live[0]["id"]);
        assert_ne!(live[0]["id"], lost);
        let handed = decoded(&world.cluster.get(&resource.secret()).await.unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let given: BTreeMap<_, _> = live[0]["outputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(&one["name"]), text(&one["value"])))
            .collect();
        assert_eq!(handed, given, "the credentials of the new one, and nothing of the old one");
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// How an operator of this world read the Secrets of this name, as far as the API server has told.
fn read_by(world: &World, secret: &str) -> Vec<String> {
    let events = PLANE.audit_events().unwrap();
    let of = |event: &&Value| {
        let named = event["objectRef"]["name"] == secret
            || event["requestURI"].as_str().is_some_and(|uri| uri.contains(secret));
        event["user"]["username"] == world.user().as_str()
            && event["objectRef"]["resource"] == "secrets"
            && named
    };
    events.iter().filter(of).map(|event| event["verb"].as_str().unwrap_or_default().to_owned()).collect()
}

/// What an operator's log says of its plans.
fn looks(operator: &Operator) -> Vec<Value> {
    let log = operator.log();
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["state"].is_string())
        .collect()
}

fn decoded(secret: &Value) -> BTreeMap<String, String> {
    let plain =
        |value: &Value| String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
    secret["data"].as_object().into_iter().flatten().map(|(key, value)| (key.clone(), plain(value))).collect()
}
