//! Adoption: a resource takes an existing add-on that an annotation names, if the operator's configuration allows it,
//! and changes it only where it may.

use serde_json::{Value, json};

use harness::annotations::{
    ADOPTION, CONFIRM_APPLY, DELETION_POLICY, EXTERNAL_ID, EXTERNAL_NAME, MANAGEMENT,
};
use harness::scene::{addon, condition};
use harness::{Resource, Scene, Settings, Stage, World, scenario};

#[test]
fn existing_add_on_is_adopted_where_the_configuration_allows_it() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let id = insert(&scene, "orders", "xxs_sml").await;
            let since = world.cloud.latest().await;
            let database = annotated(&scene, "my-database", &[(EXTERNAL_ID, &id)]);
            database.apply().await;
            let told = database.until_ready_is("False", "OwnershipUnproven").await;
            let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
            assert!(world.cluster.get(&database.secret()).await.is_none(), "its passwords are not shown");

            // The last line that the message prints allows it for the whole namespace.
            let line = message.split('`').rfind(|part| part.starts_with('"')).unwrap();
            world.tell("operator", &allowing(&line.replace(" = ", ": ")));
            let ready = database.until_ready().await;
            assert_eq!(addon(&ready), id);
            assert_eq!(writes(&world, since).await, Vec::<Value>::new());
            world.cluster.get(&database.secret()).await.unwrap();

            // Another resource does not get it, and this one gets no other.
            let other = insert(&scene, "other", "xxs_sml").await;
            let second = annotated(&scene, "second", &[(EXTERNAL_ID, &id)]);
            second.apply().await;
            second.until_ready_is("False", "OwnedByOther").await;
            second.delete_until_gone().await;
            database.annotate(EXTERNAL_ID, json!(other)).await;
            database.until_ready_is("False", "InvalidAnnotation").await;
            database.annotate(EXTERNAL_ID, Value::Null).await;
            database.until_ready().await;
            assert_eq!(writes(&world, since).await, Vec::<Value>::new());

            database.delete_until_gone().await;
            assert_eq!(scene.live_ids().await, [other]);
        },
    );
}

#[test]
fn observed_add_on_is_neither_changed_nor_deleted() {
    let settings =
        Settings { adoption: "{ namespaces: { '*': ['*'] } }".into(), ..Settings::frequent_polls() };
    scenario(&["PostgreSql"]).settings(settings).run(async |Stage { world, scene, .. }| {
        let id = insert(&scene, "orders", "xs_sml").await;
        let since = world.cloud.latest().await;
        let database =
            annotated(&scene, "my-database", &[(EXTERNAL_NAME, "orders"), (MANAGEMENT, "observe")]);
        database.apply().await;
        let told = database.until_ready_is("True", "Observed").await;
        assert_eq!(addon(&told), id);
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("(spec.instance.plan: the add-on has "), "{message}");
        assert_eq!(condition(&told, "RetainedOnDeletion")["reason"], "Observed");
        world.cluster.get(&database.secret()).await.unwrap();

        database.edit("/instance/plan", json!("s_sml")).await;
        let told = database.until_ready_is("True", "Observed").await;
        assert_ne!(condition(&told, "Ready")["message"], json!(message), "another plan is asked for");

        // Managed again, it differs as after an adoption; the user agrees.
        database.annotate(MANAGEMENT, json!("manage")).await;
        database.until_ready_is("True", "Adopted").await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());
        database.annotate(CONFIRM_APPLY, json!(id)).await;
        let ready = database.until_ready().await;
        assert_eq!(condition(&ready, "RetainedOnDeletion"), Value::Null);
        assert_eq!(ready["status"]["plan"]["slug"], "s_sml");

        let since = world.cloud.latest().await;
        database.annotate(MANAGEMENT, json!("obsevre")).await;
        database.until_ready_is("False", "InvalidAnnotation").await;
        database.delete().await;
        database.until("waits", |object| condition(object, "Ready")["reason"] == "InvalidAnnotation").await;
        database.annotate(MANAGEMENT, json!("observe")).await;
        database.wait_gone().await;
        database.until_events("Retained", 1).await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());
        assert_eq!(scene.live_ids().await, [id]);
    });
}

#[test]
fn unclear_annotation_creates_nothing() {
    let settings =
        Settings { adoption: "{ namespaces: { '*': ['*'] } }".into(), ..Settings::frequent_polls() };
    scenario(&["PostgreSql"]).settings(settings).run(async |Stage { world, scene, .. }| {
        let twins = [insert(&scene, "twin", "xxs_sml").await, insert(&scene, "twin", "xxs_sml").await];
        let uid = "kubernetes::PostgreSql::5b7c1a8e-0000-4000-8000-000000000001";
        let elsewhere = insert(&scene, uid, "xxs_sml").await;
        let since = world.cloud.latest().await;
        let cases: [(&str, Annotations<'_>, &str); 8] = [
            (
                "absent",
                &[(EXTERNAL_ID, "addon_00000000-0000-4000-8000-000000000000")],
                "ExternalResourceNotFound",
            ),
            ("twice", &[(EXTERNAL_NAME, "twin")], "Duplicate"),
            ("both", &[(EXTERNAL_NAME, "twin"), (EXTERNAL_ID, &twins[0])], "InvalidAnnotation"),
            ("alone", &[(ADOPTION, "adopt")], "InvalidAnnotation"),
            ("misspelt", &[(EXTERNAL_ID, &twins[0]), (ADOPTION, "adpot")], "InvalidAnnotation"),
            ("observer", &[(MANAGEMENT, "observe")], "ExternalResourceNotFound"),
            ("unknown", &[(MANAGEMENT, "watch")], "InvalidAnnotation"),
            ("elsewhere", &[(EXTERNAL_ID, &elsewhere)], "OwnershipUnproven"),
        ];
        let resources: Vec<_> = cases
            .iter()
            .map(|(name, annotations, reason)| (annotated(&scene, name, annotations), *reason))
            .collect();
        for (resource, _) in &resources {
            resource.apply().await;
        }
        for (resource, reason) in &resources {
            resource.until_ready_is("False", reason).await;
        }
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());

        // The message of the first one names the command that lets it have an add-on of its own.
        let (absent, _) = &resources[0];
        absent.annotate(EXTERNAL_ID, Value::Null).await;
        absent.annotate(DELETION_POLICY, json!("delete")).await;
        absent.until_ready().await;
        for (resource, _) in &resources {
            resource.delete_until_gone().await;
        }
        let mut left = scene.live_ids().await;
        let mut expected = [twins.to_vec(), vec![elsewhere]].concat();
        left.sort();
        expected.sort();
        assert_eq!(left, expected);
    });
}

/// The annotations of a resource, each with its value.
type Annotations<'a> = &'a [(&'a str, &'a str)];

/// An add-on that somebody made in the console.
async fn insert(scene: &Scene, name: &str, plan: &str) -> String {
    let addon = json!({
        "owner": scene.organisation, "provider": "postgresql-addon", "name": name, "region": "par", "plan": plan,
        "version": "17", "options": { "encryption": "true" },
    });
    scene.world.cloud.insert(addon).await["id"].as_str().unwrap().to_owned()
}

fn annotated<'a>(scene: &'a Scene, name: &str, annotations: Annotations<'_>) -> Resource<'a> {
    let mut resource = scene.example("PostgreSql").named(name);
    let annotations = annotations.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    resource.manifest["metadata"]["annotations"] = annotations.collect();
    resource
}

fn allowing(rule: &str) -> Settings {
    Settings { adoption: format!("{{ namespaces: {{ {rule} }} }}"), ..Settings::frequent_polls() }
}

/// The requests that changed something at the cloud.
async fn writes(world: &World, since: u64) -> Vec<Value> {
    let log = world.cloud.log(since).await;
    log.into_iter().filter(|entry| entry["method"] != "GET").collect()
}
