//! Names of Secrets: a name that another resource or a user has is found before anything is created and billed.

use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Settings, Stage, World, eventually, scenario};

/// Nothing is looked at again by itself while a test has patience.
fn patient() -> Settings {
    Settings { poll_interval: "3600s", ..Settings::default() }
}

#[test]
fn name_that_another_kind_has_creates_nothing_until_it_is_free() {
    scenario(&["PostgreSql", "Redis"]).settings(patient()).run(async |Stage { world, scene, .. }| {
        let first = scene.example("PostgreSql").named("app");
        let ready = first.apply_until_ready().await;
        let since = world.cloud.latest().await;
        let second = scene.example("Redis").named("app");
        second.apply().await;
        let told = second.until_ready_is("False", "SecretConflict").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("`app-secrets` is that of PostgreSql `app`"), "{message}");
        assert_eq!(about(&world, since, "redis").await, Vec::<Value>::new());
        assert_eq!(scene.live_ids().await, [ready["status"]["addon"].as_str().unwrap()]);

        first.delete_until_gone().await;
        second.until_ready().await;
        second.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn of_two_new_resources_the_older_has_the_name_in_every_process() {
    scenario(&["PostgreSql", "Redis"]).settings(patient()).run(async |Stage { world, scene, operator }| {
        operator.crash();
        let older = scene.example("Redis").named("app");
        let created = older.apply().await["metadata"]["creationTimestamp"].clone();
        let younger = scene.example("PostgreSql").named("app");
        // Times of the API server have whole seconds.
        younger.apply().await;
        while younger.live().await.unwrap()["metadata"]["creationTimestamp"] == created {
            world.cluster.delete(&younger.path()).await;
            younger.wait_gone().await;
            younger.apply().await;
        }
        for name in ["first", "second"] {
            let operator = world.operator(name, &patient()).await;
            // The status may be that of the process before; the metrics are of this one.
            eventually("both are judged", async || {
                let metrics = operator.ask("/metrics").await.1;
                let is_counted = |reason: &str| metrics.contains(&format!("reason=\"{reason}\"}} 1"));
                (is_counted("InSync") && is_counted("SecretConflict")).then_some(())
            })
            .await;
            older.until_ready().await;
            younger.until_ready_is("False", "SecretConflict").await;
            operator.stop().await;
        }
        assert_eq!(scene.live_ids().await.len(), 1);
        let _operator = world.operator("third", &patient()).await;
        younger.delete().await;
        younger.wait_gone().await;
        older.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn secret_of_a_user_is_found_before_the_creation() {
    scenario(&["PostgreSql"]).settings(patient()).run(async |Stage { world, scene, .. }| {
        let resource = scene.example("PostgreSql");
        let theirs = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "my-database-secrets" }, "stringData": { "theirs": "kept" },
        });
        world.cluster.apply(&resource.secret(), &theirs).await.unwrap();
        let since = world.cloud.latest().await;
        resource.apply().await;
        let told = resource.until_ready_is("False", "SecretConflict").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("`my-database-secrets` exists, and does not belong to this resource"), "{message}");
        assert_eq!(about(&world, since, &scene.organisation).await, Vec::<Value>::new());

        world.cluster.delete(&resource.secret()).await;
        resource.until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// The requests to the cloud whose path has this part.
async fn about(world: &World, since: u64, part: &str) -> Vec<Value> {
    let log = world.cloud.log(since).await;
    log.into_iter().filter(|entry| entry["path"].as_str().unwrap().contains(part)).collect()
}
