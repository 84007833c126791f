//! Tenants: a namespace uses the organisations that it may name, whatever spec, status and record say.

use serde_json::{Value, json};

use harness::accounts::{record, requests_about};
use harness::annotations::RECORD;
use harness::scene::condition;
use harness::{Resource, Scene, Settings, World, block_on, world_name};

#[test]
fn organisation_of_another_tenant_is_refused() {
    block_on(async {
        let world = World::with(&world_name(), &["KV", "PostgreSql", "ConfigProvider"]).await;
        let (ours, theirs) = (world.scene().await, world.scene().await);
        let _operator = world.operator("operator", &limited(&[&ours, &theirs])).await;
        let own = ours.example("KV");
        own.apply_until_ready().await;
        let victim = theirs.example("KV");
        victim.apply_until_ready().await;
        let addon = victim.live().await.unwrap()["status"]["addon"].clone();

        let created = world.cloud.latest().await;
        for kind in ["KV", "PostgreSql", "ConfigProvider"] {
            let intruder =
                ours.example(kind).named("intruder").with("/organisation", json!(theirs.organisation));
            refused(&intruder).await;
            intruder.delete_until_gone().await;
        }
        let adopter = ours.example("KV").named("adopter").with("/organisation", json!(theirs.organisation));
        refused(&adopter).await;
        let status = json!({ "status": { "addon": addon } });
        world.cluster.merge(&format!("{}/status", adopter.path()), &status).await.unwrap();
        adopter.until("is still refused", |object| object["status"]["addon"] == addon).await;
        refused(&adopter).await;
        adopter.delete_until_gone().await;
        assert!(writes(&theirs, created).await.is_empty());
        assert_eq!(
            asked_by_others(&ours, &theirs, created).await,
            0,
            "nothing is asked about an organisation of somebody else"
        );
        for resource in [&own, &victim] {
            resource.delete_until_gone().await;
        }
        ours.wait_empty().await;
        theirs.wait_empty().await;
    });
}

#[test]
fn forged_record_opens_no_other_account() {
    block_on(async {
        let world = World::with(&world_name(), &["PostgreSql"]).await;
        let (ours, theirs) = (world.scene().await, world.scene().await);
        let _operator = world.operator("operator", &limited(&[&ours, &theirs])).await;
        let victim = theirs.example("PostgreSql");
        let victims = victim.apply_until_ready().await;
        // A spec of which nothing can be made.
        let forged = ours.example("PostgreSql").named("forged").with("/instance/plan", json!("no-such-plan"));
        forged.apply().await;
        forged.until_ready_is("False", "NotOffered").await;
        let uid = forged.live().await.unwrap()["metadata"]["uid"].clone();
        let mut text = record(&victims);
        (text["uid"], text["name"], text["namespace"]) = (uid, json!("forged"), json!(ours.namespace));
        let finalizers = victims["metadata"]["finalizers"].clone();
        // Said to be in an account of its own: some addresses name no account, and would show what is
        // somebody else's.
        let since = world.cloud.latest().await;
        text["account"] = json!(ours.organisation);
        let metadata =
            json!({ "metadata": { "finalizers": finalizers, "annotations": { RECORD: text.to_string() } } });
        world.cluster.merge(&forged.path(), &metadata).await.unwrap();
        forged.until_ready_is("False", "OwnedByOther").await;
        assert!(
            by_id(&victims, &requests_about(&theirs, since).await).is_empty(),
            "nothing is asked by an id that the account does not show"
        );

        text["account"] = json!(theirs.organisation);
        forged.annotate(RECORD, json!(text.to_string())).await;
        refused_for_now(&forged).await;
        let since = world.cloud.latest().await;
        forged.delete().await;
        // What another resource holds stays, and holds nothing up.
        forged.wait_gone().await;
        assert!(
            world.cluster.get(&forged.secret()).await.is_none(),
            "its passwords are shown to nobody else"
        );
        assert!(writes(&theirs, since).await.is_empty());
        assert!(!world.cloud.live(&theirs.organisation).await.is_empty());
        victim.delete_until_gone().await;
        theirs.wait_empty().await;
    });
}

#[test]
fn resource_of_a_former_tenant_can_be_deleted() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        let scene = world.scene().await;
        let _operator = world.operator("operator", &limited(&[&scene])).await;
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        world.tell("operator", &limited(&[]));
        refused_for_now(&resource).await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// Each namespace its own organisation, and all others none.
fn limited(scenes: &[&Scene]) -> Settings {
    let rules: Vec<_> =
        scenes.iter().map(|scene| format!("\"{}\": [{}]", scene.namespace, scene.organisation)).collect();
    let tenants = format!("{{ nobody: [orga_none], {} }}", rules.join(", "));
    Settings { tenants, ..Settings::frequent_polls() }
}

async fn refused(resource: &Resource<'_>) {
    resource.apply().await;
    refused_for_now(resource).await;
}

async fn refused_for_now(resource: &Resource<'_>) {
    let object = resource.until_ready_is("False", "Unauthorized").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    let message = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&resource.scene.namespace), "{message}");
}

/// Of these requests, those that go by an id of this resource's add-on.
fn by_id(object: &Value, asked: &[Value]) -> Vec<Value> {
    let record = record(object);
    let ids: Vec<_> =
        record["ids"].as_object().unwrap().values().map(|id| id.as_str().unwrap().to_owned()).collect();
    let names =
        |entry: &&Value| ids.iter().any(|id| entry["path"].as_str().is_some_and(|path| path.contains(id)));
    asked.iter().filter(names).cloned().collect()
}

/// What was written at the cloud about this organisation.
async fn writes(scene: &Scene, since: u64) -> Vec<Value> {
    let mut asked = requests_about(scene, since).await;
    asked.retain(|entry| entry["method"] != "GET");
    asked
}

/// Requests about `theirs` other than the list that its own resource is looked for in.
async fn asked_by_others(ours: &Scene, theirs: &Scene, since: u64) -> usize {
    let asked = requests_about(theirs, since).await;
    assert!(asked.iter().all(|entry| !entry.to_string().contains(&ours.organisation)));
    asked.iter().filter(|entry| entry["operation"] != "list").count()
}
