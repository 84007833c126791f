//! A Secret that a resource of before has left: it is ours by its labels, and its resource gets it back.

use serde_json::{Value, json};

use harness::annotations::{DELETION_POLICY, RECORD, RECORD_CODE};
use harness::scene::addon;
use harness::{Settings, Stage, scenario};

const OWNER: &str = "operator.clever-cloud.com/owner";

#[test]
fn secret_of_an_orphaning_deletion_goes_to_the_next_resource_of_that_name() {
    scenario(&["PostgreSql"]).settings(Settings::default()).run(async |Stage { world, scene, .. }| {
        let first = scene.example("PostgreSql");
        let before = first.apply_until_ready().await;
        world.cluster.delete_with(&first.path(), &json!({ "propagationPolicy": "Orphan" })).await;
        first.wait_gone().await;
        let left = world.cluster.get(&first.secret()).await.unwrap();
        assert_eq!(left["metadata"]["ownerReferences"], Value::Null, "{left}");

        let second = scene.example("PostgreSql");
        let ready = second.apply_until_ready().await;
        assert_ne!(addon(&ready), addon(&before));
        let secret = world.cluster.get(&second.secret()).await.unwrap();
        assert_eq!(secret["metadata"]["labels"][OWNER], ready["metadata"]["uid"]);
        assert_eq!(secret["metadata"]["ownerReferences"][0]["uid"], ready["metadata"]["uid"]);
        assert_ne!(secret["data"], left["data"], "it has the credentials of the new add-on");
        second.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn secret_that_a_backup_restores_first_belongs_to_the_restored_resource() {
    scenario(&["PostgreSql"]).settings(Settings::default()).run(async |Stage { world, scene, .. }| {
        let original = scene.example("PostgreSql");
        original.apply_until_ready().await;
        original.annotate(DELETION_POLICY, json!("retain")).await;
        let before = original.until_ready().await;
        let mut backup = world.cluster.get(&original.secret()).await.unwrap();
        original.delete_until_gone().await;

        let metadata = backup["metadata"].as_object_mut().unwrap();
        for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "ownerReferences"] {
            metadata.shift_remove(field);
        }
        world.cluster.apply(&original.secret(), &backup).await.unwrap();
        let mut restored = scene.example("PostgreSql");
        let all = &before["metadata"]["annotations"];
        restored.manifest["metadata"]["annotations"] =
            json!({ RECORD: all[RECORD], RECORD_CODE: all[RECORD_CODE], DELETION_POLICY: all[DELETION_POLICY] });
        restored.apply().await;
        let ready = restored.until_ready().await;
        assert_eq!(addon(&ready), addon(&before));
        let secret = world.cluster.get(&restored.secret()).await.unwrap();
        assert_eq!(secret["metadata"]["labels"][OWNER], ready["metadata"]["uid"]);
        assert_eq!(secret["data"], backup["data"]);
        restored.annotate(DELETION_POLICY, Value::Null).await;
        restored.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// A Secret that names another resource stays, although nothing owns it any more.
#[test]
fn secret_of_a_former_resource_goes_to_no_resource_of_another_name() {
    scenario(&["PostgreSql"]).settings(Settings::default()).run(async |Stage { world, scene, .. }| {
        let first = scene.example("PostgreSql");
        first.apply_until_ready().await;
        world.cluster.delete_with(&first.path(), &json!({ "propagationPolicy": "Orphan" })).await;
        first.wait_gone().await;
        let left = world.cluster.get(&first.secret()).await.unwrap();
        let shape = json!({ "name": "my-database-secrets" });
        let second = scene.example("PostgreSql").named("another").with("/connectionSecret", shape);
        second.apply().await;
        second.until_ready_is("False", "SecretConflict").await;
        assert_eq!(world.cluster.get(&first.secret()).await.unwrap()["data"], left["data"]);
        assert!(world.cloud.live(&scene.organisation).await.is_empty(), "nothing is billed");
        second.delete().await;
        second.wait_gone().await;
        world.cluster.delete(&first.secret()).await;
    });
}

/// The labels prove nothing while the resource that they name lives.
#[test]
fn secret_of_a_live_resource_stays_with_it() {
    scenario(&["PostgreSql"]).settings(Settings::default()).run(async |Stage { world, scene, .. }| {
        let first = scene.example("PostgreSql");
        let ready = first.apply_until_ready().await;
        let labels = world.cluster.get(&first.secret()).await.unwrap()["metadata"]["labels"].clone();
        let second = scene.example("PostgreSql").named("another");
        let copy = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "another-secrets", "labels": labels } });
        world.cluster.apply(&second.secret(), &copy).await.unwrap();
        second.apply().await;
        second.until_ready_is("False", "SecretConflict").await;
        assert_eq!(scene.live_ids().await, [addon(&ready)]);
        second.delete().await;
        second.wait_gone().await;
        first.delete_until_gone().await;
        scene.wait_empty().await;
    });
}
