//! Marks: tags at the add-ons, by which a later resource, another cluster and a person find out whose they are.

use serde_json::{Value, json};

use harness::annotations::{ADOPTION, DELETION_POLICY, EXTERNAL_NAME};
use harness::scene::{addon, condition};
use harness::{Settings, Stage, World, eventually, scenario};

#[test]
fn retained_add_on_is_found_again_by_its_mark() {
    scenario(&["KV"]).settings(Settings::with_marks()).run(async |Stage { world, scene, .. }| {
        let original = scene.example("KV");
        let owned = addon(&original.apply_until_ready().await);
        let tags = until_marked(&world, &owned).await;
        let place = format!(":{}:{}:{}", original.kind.definition(), scene.namespace, original.name());
        assert!(matches!(tags.as_slice(), [tag] if tag.ends_with(&place)), "{tags:?}");
        original.annotate(DELETION_POLICY, json!("retain")).await;
        original.delete_until_gone().await;

        // Neither another name nor a tag that somebody else sets gets it.
        let other = scene.example("KV").named("other");
        assert_ne!(addon(&other.apply_until_ready().await), owned);
        other.delete_until_gone().await;

        let since = world.cloud.latest().await;
        let again = original.apply_until_ready().await;
        assert_eq!(addon(&again), owned);
        assert_eq!(writes(&world, since).await, Vec::<Value>::new());

        // It belongs to the resource now, and goes with it.
        original.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn mark_that_cannot_be_set_changes_nothing_else() {
    scenario(&["KV"]).settings(Settings::with_marks()).run(async |Stage { world, scene, .. }| {
        let broken = json!({ "status": 500, "body": { "message": "no tags today" } });
        world
            .cloud
            .fault(json!({ "operation": "add-tag", "kind": "before", "times": null, "answer": broken }))
            .await;
        let resource = scene.example("KV");
        let owned = addon(&resource.apply_until_ready().await);
        eventually("the operator tries to set the mark", async || {
            let log = world.cloud.log(0).await;
            log.iter().any(|entry| entry["operation"] == "add-tag").then_some(())
        })
        .await;
        resource.until_ready().await;
        world.cloud.heal().await;
        until_marked(&world, &owned).await;

        // A token that may not see the tags creates, and deletes, as if there were none.
        let refused = json!({ "status": 403, "body": { "id": 1004, "message": "not allowed" } });
        world
            .cloud
            .fault(json!({ "operation": "summary", "kind": "before", "times": null, "answer": refused }))
            .await;
        let other = scene.example("KV").named("other");
        other.apply_until_ready().await;
        for one in [&resource, &other] {
            one.delete_until_gone().await;
        }
        scene.wait_empty().await;
    });
}

/// As after the loss of a cluster: a manifest in Git gives a name, and whoever applies it first makes the add-on.
#[test]
fn name_in_the_manifest_finds_the_add_on_of_a_lost_cluster() {
    scenario(&["KV"]).settings(Settings::with_marks()).run(async |Stage { world, scene, .. }| {
        let mut lost = scene.example("KV");
        lost.manifest["metadata"]["annotations"] =
            json!({ EXTERNAL_NAME: "shop-orders", ADOPTION: "adopt-or-create" });
        let owned = addon(&lost.apply_until_ready().await);
        let tags = until_marked(&world, &owned).await;
        assert!(tags.contains(&"kubernetes-name:shop-orders".to_owned()), "{tags:?}");

        // The cluster is lost: no resource is left, and the mark names another cluster.
        lost.annotate(DELETION_POLICY, json!("retain")).await;
        lost.delete_until_gone().await;
        let elsewhere: Vec<String> = tags.iter().map(|tag| elsewhere(tag)).collect();
        world.cloud.retag(&owned, &elsewhere.iter().map(String::as_str).collect::<Vec<_>>()).await;

        let since = world.cloud.latest().await;
        lost.apply().await;
        let told = lost.until_ready_is("False", "OwnershipUnproven").await;
        let message = condition(&told, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("of the cluster `lost`"), "{message}");
        assert_eq!(writes(&world, since).await, Vec::<Value>::new(), "no second add-on");

        // The line that the message prints.
        let line = message.split('`').find(|part| part.starts_with('"')).unwrap();
        let assigned = line.replace(" = ", ": ");
        world.tell(
            "operator",
            &Settings { adoption: format!("{{ addons: {{ {assigned} }} }}"), ..Settings::with_marks() },
        );
        assert_eq!(addon(&lost.until_ready().await), owned);
        assert_eq!(writes(&world, since).await, Vec::<Value>::new(), "the mark of the lost cluster stays");

        // Nothing of the lost cluster is left, so its mark moves.
        let adoption = format!("{{ addons: {{ {assigned} }}, transfer: [{owned}] }}");
        world.tell("operator", &Settings { adoption, ..Settings::with_marks() });
        until_marked(&world, &owned).await;
        eventually("the mark of the lost cluster goes", async || {
            let tags = world.cloud.tags(&owned).await;
            tags.iter().all(|tag| !tag.starts_with("kubernetes:lost:")).then_some(())
        })
        .await;
        lost.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// The tags of an add-on, once one of them is a mark of this cluster.
pub(crate) async fn until_marked(world: &World, id: &str) -> Vec<String> {
    eventually(&format!("a mark at {id}"), async || {
        let tags = world.cloud.tags(id).await;
        let is_ours = |tag: &String| tag.starts_with("kubernetes:") && *tag != elsewhere(tag);
        tags.iter().any(is_ours).then_some(tags)
    })
    .await
}

/// The same mark of a cluster that is lost, whose namespaces had other uids.
fn elsewhere(tag: &str) -> String {
    let parts: Vec<&str> = tag.splitn(4, ':').collect();
    match parts.as_slice() {
        ["kubernetes", _, _, place] => {
            format!("kubernetes:lost:2f1c3a5e-0000-4000-8000-000000000001:{place}")
        }
        _ => tag.to_owned(),
    }
}

/// The requests that changed something at the cloud.
async fn writes(world: &World, since: u64) -> Vec<Value> {
    let log = world.cloud.log(since).await;
    log.into_iter().filter(|entry| entry["method"] != "GET").collect()
}
