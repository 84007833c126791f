//! What is not certain is not acted upon: Secrets that name others, a definition that cannot be read, a
//! status that says otherwise; and what was known of one add-on is never told of another.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::harness::rights::ACCOUNT;
use crate::harness::scene::condition;
use crate::harness::{Operator, PLANE, Settings, World, eventually, play};

const CONFIRM_RECREATE: &str = "operator.clever-cloud.com/confirm-recreate";
const NOBODYS: &str = "addon_ffffffff-0000-4000-8000-000000000000";

#[test]
fn a_secret_wakes_nobody_but_the_resource_that_it_was_made_for() {
    play(async {
        let (world, operator) = shared().await;
        let (scene, elsewhere) = (world.scene().await, world.scene().await);
        let resource = scene.example("PostgreSql");
        resource.come().await;
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
        let looks = looks(operator);
        let own = format!("{}/my-database", scene.namespace);
        let at = |object: &str| looks.iter().filter(|look| look["object"] == object).collect::<Vec<_>>();
        assert!(!at(&own).is_empty(), "looks are logged");
        assert!(at(&own).iter().all(|look| look["state"] != "gone"), "of no other uid: {looks:#?}");
        assert_eq!(at(&format!("{}/my-database", elsewhere.namespace)), Vec::<&Value>::new());
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn what_is_made_anew_gets_its_own_secret_even_if_the_answer_is_lost() {
    play(async {
        let world = shared().await.0.clone();
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        let lost = resource.come().await["status"]["addon"].clone();
        world.cloud.vanish(lost.as_str().unwrap()).await;
        resource.until_told("False", "ExternalResourceVanished").await;
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
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_status_that_names_another_add_on_is_left_for_a_person_to_correct() {
    play(async {
        let world = shared().await.0.clone();
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        let own = resource.come().await["status"]["addon"].clone();
        let status = format!("{}/status", resource.path());
        world.cluster.merge(&status, &json!({ "status": { "addon": NOBODYS } })).await.unwrap();
        let told = resource.until_told("False", "StatusMismatch").await;
        assert_eq!(told["status"]["addon"], NOBODYS, "telling of it does not settle it");

        world.cluster.merge(&status, &json!({ "status": { "addon": own } })).await.unwrap();
        resource.until_ready().await;
        assert_eq!(world.cloud.addons(&scene.organisation).await.len(), 1);
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn nothing_is_deleted_while_it_is_not_known_whether_the_definition_goes() {
    play(async {
        let world = World::own("unread").await;
        let operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        let resource = scene.example("KV");
        resource.come().await;
        let name = resource.kind.definition();
        let definition = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");

        let role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/clever-operator-kinds-unread";
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

/// A world that these tests share; each has an organisation of its own.
async fn shared() -> &'static (Arc<World>, Operator) {
    static SHARED: OnceCell<(Arc<World>, Operator)> = OnceCell::const_new();
    let start = async || {
        let world = World::own("doubts").await;
        let settings =
            Settings { creation_window: "2s", request_timeout: "2s", ..World::settings_of_shared() };
        let operator = world.operator("resident", &settings).await;
        (world, operator)
    };
    SHARED.get_or_init(start).await
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
