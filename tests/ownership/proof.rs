//! Proof of ownership: a record that the operator did not write for a resource gives it nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use interpreter::reconcile::{RecordKeys, RecordOwner};
use serde_json::{Value, json};

use harness::annotations::{CONFIRM_CLAIM, DELETION_POLICY, RECORD, RECORD_CODE};
use harness::scene::{addon, condition};
use harness::{Resource, Scene, Settings, Stage, World, eventually, scenario};

use crate::marks;

/// The Secret with the keys of the operator, in its own namespace.
const KEYS: &str = "clever-operator-record-keys";

#[test]
fn restored_resource_keeps_its_add_on() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, scene, .. }| {
        let original = scene.example("KV");
        let before = retain(&original).await;
        let owned = addon(&before);

        let restored = restore(&scene, &before, |_| ()).await;
        let ready = restored.until_ready().await;
        assert_eq!(addon(&ready), owned);
        assert_ne!(ready["metadata"]["uid"], before["metadata"]["uid"]);
        assert_eq!(scene.live_ids().await, [owned], "nothing else was created");
        restored.annotate(DELETION_POLICY, Value::Null).await;
        restored.delete_until_gone().await;
        scene.wait_empty().await;
        assert!(world.cloud.live(&scene.organisation).await.is_empty());
    });
}

#[test]
fn changed_record_proves_nothing() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, scene, .. }| {
        let original = scene.example("KV");
        let before = retain(&original).await;
        let owned = addon(&before);

        // A user who may write annotations, and may confirm whatever a message asks for.
        let restored = restore(&scene, &before, |annotations| {
            let mut record: Value = serde_json::from_str(annotations[RECORD].as_str().unwrap()).unwrap();
            record["attempts"] = json!(7);
            annotations[RECORD] = json!(record.to_string());
            annotations[CONFIRM_CLAIM] = json!(owned);
        })
        .await;
        let told = restored.until_ready_is("False", "OwnershipUnproven").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("does not match its content"), "{message}");
        assert!(world.cluster.get(&restored.secret()).await.is_none(), "its passwords are not shown");

        // The line that the message prints. The operator knows the kind by its singular here, too.
        let line = message.split('`').find(|part| part.starts_with('"')).unwrap();
        let (id, resource) = line.split_once(" = ").unwrap();
        let settings = assigning(&format!("{{ {id}: {resource} }}"));
        world.tell("operator", &settings);
        assert_eq!(addon(&restored.until_ready().await), owned);
        world.cluster.get(&restored.secret()).await.unwrap();

        // Its name has the uid of another resource, so it stays until an administrator transfers it.
        let since = world.cloud.latest().await;
        restored.delete_until_gone().await;
        restored.until_events("Retained", 2).await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());
        assert_eq!(scene.live_ids().await, [owned]);
    });
}

#[test]
fn lost_key_is_replaced_and_an_older_key_still_verifies() {
    scenario(&["KV"]).settings(Settings::with_marks()).run(async |stage| {
        let Stage { world, scene, operator } = stage;
        let path = format!("/api/v1/namespaces/{}/secrets/{KEYS}", world.name);
        let all = ["named", "marked", "renamed"].map(|name| scene.example("KV").named(name));
        let [named, marked_one, renamed] = &all;
        for one in &all {
            one.apply_until_ready().await;
        }
        let [marked, id] = [addon(&marked_one.live().await.unwrap()), addon(&renamed.live().await.unwrap())];
        for id in [&marked, &id] {
            marks::until_marked(&world, id).await;
            world.cloud.rename(id, "renamed in the console").await;
        }
        // Without its mark, nothing but the record is left as a proof.
        world.cloud.retag(&id, &[]).await;
        let lost = world.cluster.get(&path).await.unwrap()["data"]["keys"].clone();
        operator.crash();
        world.cluster.delete(&path).await;

        let since = world.cloud.latest().await;
        let operator = world.operator("second", &Settings::with_marks()).await;
        let code = code_of(&named.live().await.unwrap());
        for one in [named, marked_one] {
            let (key, _) = code.split_once('.').unwrap();
            one.until("has a code of the new key", |object| !code_of(object).starts_with(key)).await;
            one.until_ready().await;
        }
        let told = renamed.until_ready_is("False", "OwnershipUnproven").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        let (key, _) = code.split_once('.').unwrap();
        assert!(message.contains(&format!("signed with the key `{key}`")), "{message}");
        assert_eq!(told["status"]["addon"], json!(id), "the status stays");
        world.cluster.get(&renamed.secret()).await.unwrap();
        eventually("the check names the key", async || {
            operator.ask("/readyz?verbose").await.1.contains(key).then_some(())
        })
        .await;
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());

        // The administrator finds the key again, and adds it.
        let new = world.cluster.get(&path).await.unwrap()["data"]["keys"].clone();
        let [new, lost] = [new, lost].map(|text| decoded(text.as_str().unwrap()));
        let both = json!({ "stringData": { "keys": format!("{new}\n{lost}\n") } });
        world.cluster.merge(&path, &both).await.unwrap();
        operator.crash();
        let _operator = world.operator("third", &Settings::with_marks()).await;
        renamed.until_ready().await;
        for one in &all {
            one.delete_until_gone().await;
        }
        scene.wait_empty().await;
    });
}

/// As in a rolling upgrade, and after a rollback: a version with more fields in the record has written it, and this one
/// writes it again.
#[test]
fn fields_of_a_newer_version_survive() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let database = scene.example("PostgreSql");
            let ready = database.apply_until_ready().await;
            let mut record: Value =
                serde_json::from_str(ready["metadata"]["annotations"][RECORD].as_str().unwrap()).unwrap();
            record["newerField"] = json!({ "kept": true });
            // And a version before namespaces had a place in the record.
            record.as_object_mut().unwrap().remove("namespaceUid").expect("the uid of the namespace");
            let text = record.to_string();
            let keys = format!("/api/v1/namespaces/{}/secrets/{KEYS}", world.name);
            let keys = world.cluster.get(&keys).await.unwrap()["data"]["keys"].clone();
            let keys = RecordKeys::parse(&decoded(keys.as_str().unwrap())).unwrap();
            let (crd, namespace) = (database.kind.definition(), scene.namespace.as_str());
            let owner = RecordOwner { crd: &crd, namespace, name: database.name() };
            let code = keys.code(owner, &text).unwrap();
            let annotations = json!({ "metadata": { "annotations": { RECORD: text, RECORD_CODE: code } } });
            world.cluster.merge(&database.path(), &annotations).await.unwrap();

            // A change that must be made once is recorded before and after it.
            database.edit("/instance/plan", json!("xs_sml")).await;
            let written = database
                .until("the record is written again", |object| {
                    let code_now =
                        object["metadata"]["annotations"][RECORD_CODE].as_str().unwrap_or_default();
                    code_now != code && condition(object, "Ready")["status"] == "True"
                })
                .await;
            let record: Value =
                serde_json::from_str(written["metadata"]["annotations"][RECORD].as_str().unwrap()).unwrap();
            assert_eq!(record["newerField"], json!({ "kept": true }), "{record}");
            assert!(record["namespaceUid"].is_string(), "{record}");
            assert_eq!(addon(&written), addon(&ready));
            database.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}

/// Creates a resource, and deletes it with the policy `retain`. Returns its last version while it was ready.
async fn retain(resource: &Resource<'_>) -> Value {
    resource.apply_until_ready().await;
    resource.annotate(DELETION_POLICY, json!("retain")).await;
    let before = resource.live().await.unwrap();
    resource.delete_until_gone().await;
    resource.until_events("Retained", 1).await;
    before
}

/// Creates a resource again, as a backup tool does: without uid and status, with its annotations.
async fn restore<'a>(scene: &'a Scene, before: &Value, change: impl FnOnce(&mut Value)) -> Resource<'a> {
    let mut restored = scene.example("KV");
    let all = &before["metadata"]["annotations"];
    let mut annotations =
        json!({ RECORD: all[RECORD], RECORD_CODE: all[RECORD_CODE], DELETION_POLICY: all[DELETION_POLICY] });
    change(&mut annotations);
    restored.manifest["metadata"]["annotations"] = annotations;
    restored.apply().await;
    restored
}

fn assigning(addons: &str) -> Settings {
    Settings { adoption: format!("{{ addons: {addons} }}"), ..Settings::frequent_polls() }
}

fn code_of(object: &Value) -> String {
    object["metadata"]["annotations"][RECORD_CODE].as_str().unwrap_or_default().to_owned()
}

fn decoded(text: &str) -> String {
    String::from_utf8(BASE64.decode(text).unwrap()).unwrap().trim().to_owned()
}

/// The requests that changed something at the cloud.
async fn writes(world: &World, since: u64) -> Vec<Value> {
    let log = world.cloud.log(since).await;
    log.into_iter().filter(|entry| entry["method"] != "GET").collect()
}
