//! What the operator is told while it runs: by objects in the cluster, and by files that are swapped.

use serde_json::{Value, json};

use super::overrides::credentials;
use crate::harness::{Operator, Settings, World, eventually, play};

#[test]
fn an_operator_without_credentials_waits_for_those_in_the_cluster_and_takes_new_ones_at_once() {
    play(async {
        let world = World::own("objects").await;
        let operator = world.operator_without_file("resident", &World::settings_of_shared()).await;
        let scene = world.scene().await;
        let resource = scene.example("ConfigProvider");
        resource.apply().await;
        resource.until_told("False", "CredentialsInvalid").await;
        is_ready(&operator, 503, "no credentials are configured").await;
        assert_eq!(world.cloud.latest().await, 0, "nothing is asked without credentials");

        // Each may hold a part.
        put(&world, "configmaps", &format!("[api]\nendpoint = \"{}\"\n", world.cloud.url())).await;
        put(&world, "secrets", &credentials("demo")).await;
        resource.until_ready().await;
        is_ready(&operator, 200, "\"ready\":true").await;

        put(&world, "secrets", &credentials("demo").replace("demo-token", "<your_token>")).await;
        is_ready(&operator, 503, "placeholder").await;
        resource.edit("/variables", json!({ "FEATURE": "on" })).await;
        resource.until_ready().await;

        // Neither does an object that goes take anything away.
        let secret = format!("/api/v1/namespaces/{}/secrets/clever-operator-configuration", world.name);
        world.cluster.delete(&secret).await;
        is_ready(&operator, 503, "is missing: create it again").await;
        resource.edit("/variables", json!({ "FEATURE": "more" })).await;
        resource.until_ready().await;

        let mut accounts = world.cloud.accounts().await;
        accounts["accounts"][0]["oauth"]["token"] = json!("rotated-token");
        world.cloud.set_accounts(accounts).await;
        resource.edit("/variables", json!({ "FEATURE": "off" })).await;
        resource.until_told("False", "CredentialsInvalid").await;
        put(&world, "secrets", &credentials("demo").replace("demo-token", "rotated-token")).await;
        resource.until_ready().await;
        is_ready(&operator, 200, "\"ready\":true").await;
        resource.go().await;
        scene.wait_empty().await;
        assert_eq!(world.refusals(), [""; 0], "every right that it needs is given");
    });
}

#[test]
fn a_file_that_is_swapped_is_read_again() {
    play(async {
        let world = World::own("files").await;
        let _operator =
            world.operator("resident", &Settings { token: "nobodys-token", ..Settings::default() }).await;
        let scene = world.scene().await;
        let resource = scene.example("KV");
        resource.apply().await;
        resource.until_told("False", "CredentialsInvalid").await;
        world.tell("resident", &Settings::default());
        resource.until_ready().await;
        resource.go().await;
        scene.wait_empty().await;
    });
}

async fn put(world: &World, kind: &str, text: &str) {
    let name = "clever-operator-configuration";
    let path = format!("/api/v1/namespaces/{}/{kind}/{name}", world.name);
    let (kind, data) = if kind == "secrets" { ("Secret", "stringData") } else { ("ConfigMap", "data") };
    let object: Value = json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name }, data: { "config.toml": text } });
    world.cluster.apply(&path, &object).await.unwrap();
}

async fn is_ready(operator: &Operator, status: u16, says: &str) {
    let what = format!("an operator that answers {status} and says {says}");
    eventually(&what, async || {
        Some(operator.ask("/readyz").await).filter(|(code, text)| *code == status && text.contains(says))
    })
    .await;
}
