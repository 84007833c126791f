//! A status that names another add-on.

use serde_json::json;

use harness::{Settings, Stage, scenario};

const NOBODYS: &str = "addon_ffffffff-0000-4000-8000-000000000000";

#[test]
fn status_that_names_another_add_on_is_reported_and_kept() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("PostgreSql");
            let own = resource.apply_until_ready().await["status"]["addon"].clone();
            let status = format!("{}/status", resource.path());
            world.cluster.merge(&status, &json!({ "status": { "addon": NOBODYS } })).await.unwrap();
            let told = resource.until_ready_is("False", "StatusMismatch").await;
            assert_eq!(told["status"]["addon"], NOBODYS, "telling of it does not settle it");

            world.cluster.merge(&status, &json!({ "status": { "addon": own } })).await.unwrap();
            resource.until_ready().await;
            assert_eq!(world.cloud.addons(&scene.organisation).await.len(), 1);
            resource.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}
