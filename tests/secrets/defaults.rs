//! Labels that the configuration gives to Secrets.

use serde_json::json;

use harness::{Settings, Stage, scenario};

#[test]
fn configuration_gives_labels_that_namespace_and_spec_replace() {
    let labelled =
        |shape: &str| Settings { apis: format!("  connectionSecret: {shape}\n"), ..Settings::default() };
    let settings = labelled("{ labels: { team: platform, env: prod } }");
    scenario(&["Redis"]).settings(settings).run(async |Stage { world, operator: _operator, scene }| {
        let resource =
            scene.example("Redis").with("/connectionSecret", json!({ "labels": { "env": "test" } }));
        resource.apply_until_ready().await;
        let secret = world.cluster.get(&resource.secret()).await.unwrap();
        let labels = &secret["metadata"]["labels"];
        assert_eq!((&labels["team"], &labels["env"]), (&json!("platform"), &json!("test")));

        // A changed configuration applies to Secrets that exist.
        let shape = format!(
            "{{ labels: {{ team: platform }}, namespaces: {{ {}: {{ labels: {{ team: shop }} }} }} }}",
            scene.namespace
        );
        world.tell("operator", &labelled(&shape));
        resource
            .until_secret("with the label of its namespace", |secret| {
                secret["metadata"]["labels"]["team"] == "shop"
            })
            .await;
        resource.until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}
