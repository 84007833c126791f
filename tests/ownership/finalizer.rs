//! A finalizer that another writer removes.

use serde_json::{Value, json};

use harness::{PLANE, Settings, Stage, scenario};

const OWN_FINALIZER: &str = "example.com/keep-until-approved";

#[test]
fn removed_finalizer_is_restored() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let database = scene.example("PostgreSql");
            // Two applies by a client that knows the whole list: the second removes what it did not write.
            let mut manifest = database.manifest.clone();
            manifest["metadata"]["finalizers"] = json!([OWN_FINALIZER]);
            let apply =
                || PLANE.kubectl().run_with_input(&["apply", "-f", "-"], &manifest.to_string()).unwrap();
            apply();
            let ours = database.until_ready().await["metadata"]["finalizers"].clone();
            manifest["metadata"]["labels"] = json!({ "edited": "twice" });
            let apply =
                || PLANE.kubectl().run_with_input(&["apply", "-f", "-"], &manifest.to_string()).unwrap();
            apply();
            let restored = |object: &Value| {
                let all = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
                ours.as_array().unwrap().iter().all(|one| all.contains(one))
            };
            database
                .until("bears the finalizer again", |object| {
                    object["metadata"]["labels"]["edited"] == "twice" && restored(object)
                })
                .await;
            database.until_events("FinalizerRestored", 1).await;
            let told = scene.events(database.name()).await;
            let told: Vec<_> = told.iter().filter(|event| event.contains("FinalizerRestored")).collect();
            assert!(
                told[0].starts_with("Warning ") && told[0].contains("`kubectl-client-side-apply`"),
                "{told:?}"
            );

            let finalizers = json!([{ "op": "replace", "path": "/metadata/finalizers", "value": [] }]);
            world.cluster.patch(&database.path(), &finalizers).await.unwrap();
            let operators = |object: &Value| {
                object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty())
            };
            database.until("bears the finalizer once more", operators).await;
            let told = scene.events(database.name()).await;
            assert_eq!(
                told.iter().filter(|event| event.contains("FinalizerRestored")).count(),
                1,
                "one event tells of it: {told:?}"
            );
            database.until_ready().await;
            database.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}
