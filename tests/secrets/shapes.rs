//! Shapes that are applied, changed and removed, also while no operator runs.

use serde_json::{Value, json};

use harness::{Resource, Scene, Settings, SharedWorld, Stage, eventually, scenario};

use super::decoded;

/// A world that the tests of this file share; each test has an organisation of its own.
static WORLD: SharedWorld = SharedWorld::new("shapes", &["PostgreSql", "Redis"], Settings::frequent_polls);

#[test]
fn shape_is_applied_and_changed_twice_and_others_keep_their_keys() {
    WORLD.run(async |scene| {
        let shape = json!({
            "keyPrefix": "DB_",
            "template": { "JDBC_URL": "jdbc:postgresql://{{connection.host}}:{{connection.port}}/{{connection.database}}?user={{urlencode connection.user}}" },
            "labels": { "team": "shop" },
            "annotations": { "example.test/reload": "true" },
        });
        let resource = scene.example("PostgreSql").with("/connectionSecret", shape);
        resource.apply_until_ready().await;
        let secret = scene.world.cluster.get(&resource.secret()).await.unwrap();
        let keys = decoded(&secret);
        let (host, port) = (&keys["DB_POSTGRESQL_ADDON_HOST"], &keys["DB_POSTGRESQL_ADDON_PORT"]);
        assert!(keys["JDBC_URL"].starts_with(&format!("jdbc:postgresql://{host}:{port}/")), "{keys:?}");
        assert!(keys.keys().all(|key| key == "JDBC_URL" || key.starts_with("DB_")), "{:?}", keys.keys());
        let labels = &secret["metadata"]["labels"];
        assert_eq!((&labels["team"], &labels["operator.clever-cloud.com/kind"]), (&json!("shop"), &json!("PostgreSql")));
        assert_eq!(labels["operator.clever-cloud.com/name"], resource.name());
        assert_eq!(secret["metadata"]["annotations"]["example.test/reload"], "true");

        // What another client writes stays, through all that follows.
        let theirs = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "my-database-secrets", "labels": { "theirs": "kept" } },
            "data": { "theirs": "a2VwdA==" },
        });
        scene.world.cluster.apply(&resource.secret(), &theirs).await.unwrap();

        resource.edit("/connectionSecret", json!({ "keys": { "username": "POSTGRESQL_ADDON_USER" }, "labels": { "tier": "data" } })).await;
        let secret = resource.until_secret("with the keys selected", |secret| secret["data"]["username"].is_string()).await;
        assert_eq!(decoded(&secret).into_keys().collect::<Vec<_>>(), ["theirs", "username"]);
        let labels = &secret["metadata"]["labels"];
        assert_eq!((&labels["tier"], &labels["team"], &labels["theirs"]), (&json!("data"), &Value::Null, &json!("kept")));
        assert_eq!(secret["metadata"]["annotations"]["example.test/reload"], Value::Null);

        resource.edit("/connectionSecret", Value::Null).await;
        let secret = resource.until_secret("as the kind has it", |secret| secret["data"]["POSTGRESQL_ADDON_URI"].is_string()).await;
        let names: Vec<_> = decoded(&secret).into_keys().filter(|key| !key.starts_with("POSTGRESQL_ADDON_")).collect();
        assert_eq!(names, ["theirs"]);
        assert_eq!(secret["metadata"]["labels"]["tier"], Value::Null);
        resource.until_ready().await;
        finish(&resource).await;
    });
}

#[test]
fn edit_while_no_operator_runs_is_applied_at_its_start() {
    let settings = Settings::frequent_polls();
    scenario(&["PostgreSql"]).settings(settings.clone()).run(async |Stage { world, operator, scene }| {
        let resource = scene.example("PostgreSql").with("/connectionSecret", json!({ "keys": { "a": "POSTGRESQL_ADDON_HOST" } }));
        resource.apply_until_ready().await;
        operator.stop().await;
        resource.edit("/connectionSecret", json!({ "name": "orders", "template": { "b": "{{upper connection.host}}" }, "keys": { "a": "POSTGRESQL_ADDON_HOST" } })).await;
        let operator = world.operator("second", &settings).await;
        let renamed = scene.secret("orders");
        let secret = eventually("the Secret under its new name", async || world.cluster.get(&renamed).await).await;
        let keys = decoded(&secret);
        assert_eq!(keys["b"], keys["a"].to_uppercase());
        world.cluster.wait_gone(&resource.secret()).await;
        resource.until("tells the new name", |object| object["status"]["connection"]["secretName"] == "orders").await;
        resource.until_ready().await;

        // A restart without an edit writes nothing.
        let version = |secret: &Value| secret["metadata"]["resourceVersion"].clone();
        let before = version(&world.cluster.get(&renamed).await.unwrap());
        operator.stop().await;
        let _operator = world.operator("third", &settings).await;
        resource.annotate("operator.clever-cloud.com/reconcile-requested-at", json!("now")).await;
        resource.until("is reconciled", |object| object["status"]["lastHandledReconcileAt"] == "now").await;
        assert_eq!(version(&world.cluster.get(&renamed).await.unwrap()), before);
        resource.delete().await;
        resource.wait_gone().await;
        world.cluster.wait_gone(&renamed).await;
        scene.wait_empty().await;
    });
}

#[test]
fn renamed_secret_replaces_the_old_one_and_copies_stay() {
    WORLD.run(async |scene| {
        let cluster = &scene.world.cluster;
        let resource = scene.example("PostgreSql");
        resource.apply_until_ready().await;
        // A copy as users make it: with the labels and the owner.
        let made = cluster.get(&resource.secret()).await.unwrap();
        let mut copy = made.clone();
        copy["metadata"] = json!({
            "name": "copy", "labels": made["metadata"]["labels"], "annotations": made["metadata"]["annotations"],
            "ownerReferences": made["metadata"]["ownerReferences"],
        });
        cluster.apply(&scene.secret("copy"), &copy).await.unwrap();
        // A name that is taken: the Secret in use stays until the other one goes.
        let taken = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "orders" }, "stringData": { "theirs": "kept" } });
        cluster.apply(&scene.secret("orders"), &taken).await.unwrap();
        resource.edit("/connectionSecret", json!({ "name": "orders" })).await;
        resource.until_ready_is("False", "SecretConflict").await;
        assert!(cluster.get(&resource.secret()).await.is_some(), "the Secret in use stays");

        cluster.delete(&scene.secret("orders")).await;
        let renamed = eventually("the Secret under its new name", async || {
            cluster.get(&scene.secret("orders")).await.filter(|secret| secret["data"]["POSTGRESQL_ADDON_URI"].is_string())
        })
        .await;
        assert_eq!(decoded(&renamed), decoded(&made));
        cluster.wait_gone(&resource.secret()).await;
        resource.until_ready().await;
        assert!(cluster.get(&scene.secret("copy")).await.is_some(), "a copy of a user stays");

        resource.edit("/connectionSecret", Value::Null).await;
        cluster.wait_gone(&scene.secret("orders")).await;
        assert!(cluster.get(&resource.secret()).await.is_some());
        finish(&resource).await;
    });
}

#[test]
fn invalid_template_leaves_the_last_secret_until_it_is_mended() {
    WORLD.run(async |scene| {
        let cluster = &scene.world.cluster;
        let good = json!({ "template": { "URL": "redis://:{{urlencode connection.password}}@{{connection.host}}:{{connection.port}}" } });
        let resource = scene.example("Redis").with("/connectionSecret", good.clone());
        resource.apply_until_ready().await;
        let before = cluster.get(&resource.secret()).await.unwrap();
        for (template, words) in [
            ("{{outputs.REDIS_HOTS}}", "there is no `outputs.REDIS_HOTS`"),
            ("{{#each outputs}}x{{/each}}", "no block `each`"),
            ("{{connection.host", "not valid handlebars"),
        ] {
            resource.edit("/connectionSecret/template/URL", json!(template)).await;
            let object = resource.until(words, |object| message(object).contains(words)).await;
            assert!(message(&object).contains("`spec.connectionSecret.template`, key `URL`"), "{}", message(&object));
            assert_eq!(reason(&object), "TemplateInvalid");
            let available = harness::scene::condition(&object, "Available");
            assert_eq!(available["status"], "True", "the add-on can be used with the Secret of before");
        }
        let after = cluster.get(&resource.secret()).await.unwrap();
        assert_eq!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
        resource.edit("/connectionSecret", good).await;
        resource.until_ready().await;
        finish(&resource).await;
    });
}

#[test]
fn invalid_template_creates_no_add_on() {
    WORLD.run(async |scene| {
        let shape = json!({ "template": { "URL": "{{connection.hots}}" } });
        let resource = scene.example("Redis").with("/connectionSecret", shape);
        resource.apply().await;
        resource.until_ready_is("False", "TemplateInvalid").await;
        assert!(
            scene.live_ids().await.is_empty(),
            "an add-on without its Secret costs money and is of no use"
        );
        resource.edit("/connectionSecret/template/URL", json!("{{connection.host}}")).await;
        resource.until_ready().await;
        finish(&resource).await;
    });
}

#[test]
fn changed_type_creates_the_secret_again() {
    WORLD.run(async |scene| {
        let cluster = &scene.world.cluster;
        let resource = scene.example("PostgreSql");
        resource.apply_until_ready().await;
        let opaque = cluster.get(&resource.secret()).await.unwrap();
        assert_eq!(opaque["type"], "Opaque");
        let keys = json!({ "username": "POSTGRESQL_ADDON_USER", "password": "POSTGRESQL_ADDON_PASSWORD" });
        resource.edit("/connectionSecret", json!({ "type": "kubernetes.io/basic-auth", "keys": keys })).await;
        let basic = resource
            .until_secret("of its new type", |secret| secret["type"] == "kubernetes.io/basic-auth")
            .await;
        assert_eq!(decoded(&basic).into_keys().collect::<Vec<_>>(), ["password", "username"]);
        assert_ne!(basic["metadata"]["uid"], opaque["metadata"]["uid"]);
        resource.until_ready().await;
        // The API server asks for keys of this type: the message says so, and the Secret stays.
        resource.edit("/connectionSecret/type", json!("kubernetes.io/tls")).await;
        let refused = resource.until_ready_is("False", "TemplateInvalid").await;
        assert!(
            message(&refused).contains("needs the keys `tls.crt` and `tls.key`"),
            "{}",
            message(&refused)
        );
        resource.edit("/connectionSecret", Value::Null).await;
        resource.until_secret("of the first type again", |secret| secret["type"] == "Opaque").await;
        resource.until_ready().await;
        finish(&resource).await;
    });
}

#[test]
fn secret_without_labels_gets_them_and_keeps_its_content() {
    let settings = Settings::frequent_polls();
    scenario(&["PostgreSql"]).settings(settings.clone()).run(async |Stage { world, operator, scene }| {
        let resource = scene.example("PostgreSql");
        resource.apply_until_ready().await;
        operator.stop().await;
        // As a version before the labels wrote it.
        let none = json!({ "metadata": { "labels": {
            "app.kubernetes.io/instance": null, "operator.clever-cloud.com/kind": null, "operator.clever-cloud.com/name": null,
        } } });
        let before = world.cluster.merge(&resource.secret(), &none).await.unwrap();
        let reads = async || {
            let log = world.cloud.log(0).await;
            log.iter().filter(|request| request.to_string().contains("/env")).count()
        };
        let outputs_read = reads().await;
        let _operator = world.operator("second", &settings).await;
        let after = resource.until_secret("with its labels", |secret| {
            secret["metadata"]["labels"]["operator.clever-cloud.com/name"] == resource.name()
        })
        .await;
        assert_eq!((&after["data"], &after["metadata"]["uid"]), (&before["data"], &before["metadata"]["uid"]));
        assert_eq!(reads().await, outputs_read, "the outputs are not read for labels");
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

fn message(object: &Value) -> String {
    harness::scene::condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned()
}

fn reason(object: &Value) -> Value {
    harness::scene::condition(object, "Ready")["reason"].clone()
}

async fn finish(resource: &Resource<'_>) {
    let scene: &Scene = resource.scene;
    resource.delete_until_gone().await;
    scene.wait_empty().await;
}
