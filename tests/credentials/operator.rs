//! Credentials of the operator: read from objects in the cluster and from files, while it runs.

use serde_json::{Value, json};

use harness::accounts::credentials;
use harness::{Settings, Stage, World, block_on, scenario, world_name};

#[test]
fn objects_in_the_cluster_are_read_while_it_runs() {
    block_on(async {
        let world = World::with(&world_name(), &["ConfigProvider"]).await;
        let operator = world.operator_without_file("operator", &Settings::frequent_polls()).await;
        let scene = world.scene().await;
        let resource = scene.example("ConfigProvider");
        resource.apply().await;
        resource.until_ready_is("False", "CredentialsInvalid").await;
        operator.until_readyz(503, "no credentials are configured").await;
        assert_eq!(world.cloud.latest().await, 0, "nothing is asked without credentials");

        // Each may hold a part.
        put(&world, "configmaps", &format!("[api]\nendpoint = \"{}\"\n", world.cloud.url())).await;
        put(&world, "secrets", &credentials("demo")).await;
        resource.until_ready().await;
        operator.until_readyz(200, "\"ready\":true").await;

        put(&world, "secrets", &credentials("demo").replace("demo-token", "<your_token>")).await;
        operator.until_readyz(503, "placeholder").await;
        resource.edit("/variables", json!({ "FEATURE": "on" })).await;
        resource.until_ready().await;

        // Neither does an object that goes take anything away.
        let secret = format!("/api/v1/namespaces/{}/secrets/clever-operator-configuration", world.name);
        world.cluster.delete(&secret).await;
        operator.until_readyz(503, "is missing: create it again").await;
        resource.edit("/variables", json!({ "FEATURE": "more" })).await;
        resource.until_ready().await;

        let mut accounts = world.cloud.accounts().await;
        accounts["accounts"][0]["oauth"]["token"] = json!("rotated-token");
        world.cloud.set_accounts(accounts).await;
        resource.edit("/variables", json!({ "FEATURE": "off" })).await;
        resource.until_ready_is("False", "CredentialsInvalid").await;
        put(&world, "secrets", &credentials("demo").replace("demo-token", "rotated-token")).await;
        resource.until_ready().await;
        operator.until_readyz(200, "\"ready\":true").await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
        assert_eq!(world.refusals(), [""; 0], "every right that it needs is given");
    });
}

#[test]
fn replaced_file_is_read_again() {
    scenario(&["KV"]).settings(Settings { token: "nobodys-token", ..Settings::default() }).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("KV");
            resource.apply().await;
            resource.until_ready_is("False", "CredentialsInvalid").await;
            world.tell("operator", &Settings::default());
            resource.until_ready().await;
            resource.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}

async fn put(world: &World, kind: &str, text: &str) {
    let name = "clever-operator-configuration";
    let path = format!("/api/v1/namespaces/{}/{kind}/{name}", world.name);
    let (kind, data) = if kind == "secrets" { ("Secret", "stringData") } else { ("ConfigMap", "data") };
    let object: Value = json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name }, data: { "config.toml": text } });
    world.cluster.apply(&path, &object).await.unwrap();
}
