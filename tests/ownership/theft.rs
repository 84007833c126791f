//! Claims to the add-on of another resource: by a record, a status, a confirmation or a copy.

use serde_json::{Value, json};

use harness::accounts::{record, requests_about};
use harness::annotations::{CONFIRM_CLAIM, RECORD};
use harness::scene::{addon, condition};
use harness::{
    Cluster, Operator, PLANE, Resource, Scene, Settings, Stage, World, block_on, eventually, rights,
    scenario, world_name,
};

/// Account limits of the operator, for the namespaces of the attacker and of the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenants {
    Off,
    On,
    Shared,
}

#[test]
fn theft_without_tenants_is_refused() {
    block_on(nothing_is_stolen(Tenants::Off));
}

#[test]
fn theft_from_another_tenant_is_refused() {
    block_on(nothing_is_stolen(Tenants::On));
}

#[test]
fn theft_in_a_shared_account_is_refused() {
    block_on(nothing_is_stolen(Tenants::Shared));
}

async fn nothing_is_stolen(tenants: Tenants) {
    let world = World::with(&world_name(), &["PostgreSql"]).await;
    let (theirs, ours) = (world.scene().await, world.scene().await);
    let settings = settings(tenants, &theirs, &ours);
    let operator = world.operator("first", &settings).await;
    let victim = theirs.example("PostgreSql");
    let held = victim.apply_until_ready().await;
    let attacker = Attacker::of(&ours).await;
    let since = world.cloud.latest().await;
    let before = standing(&theirs, &victim).await;

    let thief = thief(&ours, "by-record", tenants, &theirs);
    attacker.apply(&thief).await;
    thief.until_ready_is("False", "NotOffered").await;
    attacker.annotate(&thief, RECORD, &forged(&held, &thief).await).await;
    refused(&thief, &attacker).await;

    let copy = self::thief(&ours, "by-copy", tenants, &theirs);
    attacker.apply(&copy).await;
    attacker.annotate(&copy, CONFIRM_CLAIM, &addon(&held)).await;
    attacker.annotate(&copy, RECORD, &record(&held).to_string()).await;
    refused(&copy, &attacker).await;

    let status = self::thief(&ours, "by-status", tenants, &theirs);
    attacker.apply(&status).await;
    attacker.annotate(&status, CONFIRM_CLAIM, &addon(&held)).await;
    attacker.write_status(&status, &json!({ "addon": addon(&held) })).await;
    refused(&status, &attacker).await;

    // A process that has just started has not asked about anything yet.
    let first_log = operator.log();
    operator.crash();
    let second: Operator = world.operator("second", &settings).await;
    for one in [&thief, &copy, &status] {
        attacker.annotate(one, "example.com/touched", "again").await;
        refused(one, &attacker).await;
    }
    assert_eq!(standing(&theirs, &victim).await, before, "a forged claim changes nothing for the holder");
    for one in [&thief, &copy, &status] {
        attacker.delete(one).await;
        one.wait_gone().await;
    }
    let shown = requests_about(&theirs, since).await;
    assert!(shown.iter().all(|entry| entry["method"] == "GET"), "{shown:#?}");
    // The holder's own outputs are read now and then; those of the thieves never.
    let object = format!("\"object\":\"{}/", ours.namespace);
    let reads_outputs = |line: &&str| line.contains(&object) && line.contains("\"step\":\"outputs\"");
    for log in [first_log, second.log()] {
        assert!(log.contains(&object), "plans are logged");
        assert_eq!(log.lines().find(reads_outputs), None);
    }
    assert_eq!(world.cloud.live(&theirs.organisation).await.len(), 1, "the database of the holder is there");
    assert_eq!(standing(&theirs, &victim).await, before);
    victim.delete_until_gone().await;
    theirs.wait_empty().await;
}

#[test]
fn copied_record_claims_nothing() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(async |Stage { scene, .. }| {
        let original = scene.example("PostgreSql");
        let owned = addon(&original.apply_until_ready().await);
        let record = original.live().await.unwrap()["metadata"]["annotations"][RECORD].clone();

        let mut copy = scene.example("PostgreSql").named("copy");
        copy.manifest["metadata"]["annotations"] = json!({ RECORD: record });
        copy.apply().await;
        copy.until_ready_is("False", "OwnedByOther").await;
        assert_eq!(scene.live_ids().await, std::slice::from_ref(&owned), "the copy has no add-on of its own");
        copy.delete_until_gone().await;
        assert_eq!(scene.live_ids().await, [owned], "and takes none with it");
        original.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// A user of one namespace: whatever its kinds allow there, status included, and Secrets; nothing elsewhere.
struct Attacker(Cluster);

impl Attacker {
    const ACCOUNT: &str = "mallory";

    async fn of(scene: &Scene) -> Self {
        let metadata = json!({ "name": Self::ACCOUNT, "namespace": scene.namespace });
        let group = scene.world.group();
        let objects = [
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }),
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
                "rules": [{ "apiGroups": [group], "resources": ["*"], "verbs": ["*"] }, { "apiGroups": [""], "resources": ["secrets"], "verbs": ["*"] }],
            }),
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": Self::ACCOUNT },
                "subjects": [{ "kind": "ServiceAccount", "name": Self::ACCOUNT, "namespace": scene.namespace }],
            }),
        ];
        PLANE.kubectl().apply(&rights::text(&objects)).unwrap();
        Self(Cluster::connect_as(&scene.namespace, Self::ACCOUNT).await)
    }

    async fn apply(&self, resource: &Resource<'_>) {
        self.0.apply(&resource.path(), &resource.manifest).await.unwrap();
    }

    async fn annotate(&self, resource: &Resource<'_>, key: &str, value: &str) {
        self.0
            .merge(&resource.path(), &json!({ "metadata": { "annotations": { key: value } } }))
            .await
            .unwrap();
    }

    async fn write_status(&self, resource: &Resource<'_>, status: &Value) {
        self.0.merge_status(&resource.path(), status).await;
    }

    async fn delete(&self, resource: &Resource<'_>) {
        self.0.delete(&resource.path()).await;
    }

    async fn get(&self, path: &str) -> Option<Value> {
        self.0.get(path).await
    }
}

fn settings(tenants: Tenants, theirs: &Scene, ours: &Scene) -> Settings {
    let own = match tenants {
        Tenants::Off => return Settings::frequent_polls(),
        Tenants::On => &ours.organisation,
        Tenants::Shared => &theirs.organisation,
    };
    let rules = format!("{{ {}: [{}], {}: [{own}] }}", theirs.namespace, theirs.organisation, ours.namespace);
    Settings { tenants: rules, ..Settings::frequent_polls() }
}

/// A resource of which nothing can be made, in the best account that its namespace may name.
fn thief<'a>(ours: &'a Scene, name: &str, tenants: Tenants, theirs: &Scene) -> Resource<'a> {
    let organisation = if tenants == Tenants::On { &ours.organisation } else { &theirs.organisation };
    ours.example("PostgreSql")
        .named(name)
        .with("/organisation", json!(organisation))
        .with("/instance/plan", json!("no-such-plan"))
}

/// The record of another resource, as if it had been written for this one.
async fn forged(held: &Value, thief: &Resource<'_>) -> String {
    let mut text = record(held);
    let uid = thief.live().await.unwrap()["metadata"]["uid"].clone();
    (text["uid"], text["name"], text["namespace"]) = (uid, json!(thief.name()), json!(thief.scene.namespace));
    text.to_string()
}

/// Asserts that the claim is stalled, shows nothing of the add-on, and has no Secret.
async fn refused(thief: &Resource<'_>, attacker: &Attacker) {
    let stalled = |object: &Value| {
        let ready = condition(object, "Ready");
        let reasons = ["OwnedByOther", "Unauthorized", "ExternalResourceVanished"];
        ready["status"] == "False" && reasons.iter().any(|reason| ready["reason"] == *reason)
    };
    let object = thief.until("is refused", stalled).await;
    assert!(
        object["status"]["connection"].is_null() && object["status"]["plan"].is_null(),
        "{}",
        object["status"]
    );
    assert!(attacker.get(&thief.secret()).await.is_none(), "its credentials are handed to nobody else");
}

/// Conditions of the holder, as users see them.
async fn standing(scene: &Scene, victim: &Resource<'_>) -> (Value, Vec<String>) {
    let object = eventually("the holder", async || victim.live().await).await;
    (object["status"].clone(), scene.events(victim.name()).await)
}
