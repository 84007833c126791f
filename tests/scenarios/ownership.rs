//! Ownership: a user of a namespace takes nothing from the resource that holds an add-on, and a lost
//! finalizer comes back.

use serde_json::{Value, json};

use super::overrides::{asked, record};
use crate::harness::scene::condition;
use crate::harness::{Cluster, Operator, PLANE, Resource, Scene, Settings, World, eventually, play, rights};

const RECORD: &str = "operator.clever-cloud.com/record";
const CONFIRM_CLAIM: &str = "operator.clever-cloud.com/confirm-claim";
const CONFIRM_RECREATE: &str = "operator.clever-cloud.com/confirm-recreate";
const OWN_FINALIZER: &str = "example.com/keep-until-approved";

/// Account limits of the operator, for the namespaces of the attacker and of the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenants {
    Off,
    On,
    Shared,
}

#[test]
fn without_tenants_nobody_takes_what_another_resource_holds() {
    play(nothing_is_stolen("theft-off", Tenants::Off));
}

#[test]
fn with_an_account_for_each_namespace_nobody_takes_what_another_resource_holds() {
    play(nothing_is_stolen("theft-on", Tenants::On));
}

#[test]
fn in_a_shared_account_nobody_takes_what_another_resource_holds() {
    play(nothing_is_stolen("theft-shared", Tenants::Shared));
}

async fn nothing_is_stolen(world: &str, tenants: Tenants) {
    let world = World::own(world).await;
    let (theirs, ours) = (world.scene().await, world.scene().await);
    let settings = settings(tenants, &theirs, &ours);
    let operator = world.operator("first", &settings).await;
    let victim = theirs.example("PostgreSql");
    let held = victim.come().await;
    let attacker = Attacker::of(&ours).await;
    let since = world.cloud.latest().await;
    let before = standing(&theirs, &victim).await;

    let thief = thief(&ours, "by-record", tenants, &theirs);
    attacker.apply(&thief).await;
    thief.until_told("False", "NotOffered").await;
    attacker.annotate(&thief, RECORD, &forged(&held, &thief).await).await;
    refused(&thief, &attacker).await;

    let copy = self::thief(&ours, "by-copy", tenants, &theirs);
    attacker.apply(&copy).await;
    attacker.annotate(&copy, CONFIRM_CLAIM, addon(&held)).await;
    attacker.annotate(&copy, RECORD, &record(&held).to_string()).await;
    refused(&copy, &attacker).await;

    let status = self::thief(&ours, "by-status", tenants, &theirs);
    attacker.apply(&status).await;
    attacker.annotate(&status, CONFIRM_CLAIM, addon(&held)).await;
    attacker.write_status(&status, &json!({ "addon": addon(&held) })).await;
    refused(&status, &attacker).await;

    // A process that has just started has not asked about anything yet.
    operator.crash();
    let _operator: Operator = world.operator("second", &settings).await;
    for one in [&thief, &copy, &status] {
        attacker.annotate(one, "example.com/touched", "again").await;
        refused(one, &attacker).await;
    }
    assert_eq!(standing(&theirs, &victim).await, before, "a forged claim changes nothing for the holder");
    for one in [&thief, &copy, &status] {
        attacker.delete(one).await;
        one.wait_gone().await;
    }
    let shown = asked(&theirs, since).await;
    let given = |entry: &&Value| {
        entry["method"] != "GET" || entry["path"].as_str().is_some_and(|path| path.ends_with("/env"))
    };
    assert_eq!(shown.iter().filter(given).count(), 0, "{shown:#?}");
    assert_eq!(world.cloud.live(&theirs.organisation).await.len(), 1, "the database of the holder is there");
    assert_eq!(standing(&theirs, &victim).await, before);
    victim.go().await;
    theirs.wait_empty().await;
}

#[test]
fn a_finalizer_that_another_writer_removes_comes_back() {
    play(async {
        let world = World::own("finalizers").await;
        let _operator = world.operator("resident", &World::settings_of_shared()).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        // Two applies by a client that knows the whole list: the second removes what it did not write.
        let mut manifest = database.manifest.clone();
        manifest["metadata"]["finalizers"] = json!([OWN_FINALIZER]);
        let apply = || PLANE.kubectl().run_with_input(&["apply", "-f", "-"], &manifest.to_string()).unwrap();
        apply();
        let ours = database.until_ready().await["metadata"]["finalizers"].clone();
        manifest["metadata"]["labels"] = json!({ "edited": "twice" });
        let apply = || PLANE.kubectl().run_with_input(&["apply", "-f", "-"], &manifest.to_string()).unwrap();
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
        let operators =
            |object: &Value| object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
        database.until("bears the finalizer once more", operators).await;
        let told = scene.events(database.name()).await;
        assert_eq!(
            told.iter().filter(|event| event.contains("FinalizerRestored")).count(),
            1,
            "one event tells of it: {told:?}"
        );
        database.until_ready().await;
        database.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_confirmation_is_printed_as_a_command_and_a_wrong_one_is_answered() {
    play(async {
        let world = World::own("commands").await;
        let settings = Settings { list_lag: "2s", ..World::settings_of_shared() };
        let _operator = world.operator("resident", &settings).await;
        let scene = world.scene().await;
        let database = scene.example("PostgreSql");
        let lost = addon(&database.come().await).to_owned();
        world.cloud.vanish(&lost).await;
        let message =
            |object: &Value| condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned();
        database.until_told("False", "ExternalResourceVanished").await;
        database.annotate(CONFIRM_RECREATE, json!("addon_of-another")).await;
        let answered = database
            .until("answers the wrong word", |object| {
                message(object).contains("`addon_of-another` is not the id")
            })
            .await;
        let message = message(&answered);
        let command =
            message.split('`').find(|part| part.starts_with("kubectl annotate")).unwrap().to_owned();
        let expected = format!(
            "kubectl annotate postgresql {} {CONFIRM_RECREATE}={lost} -n {} --overwrite",
            database.name(),
            scene.namespace
        );
        assert_eq!(command, expected);
        // Other worlds have kinds of the same name.
        let kind = format!("postgresql.{}", world.group());
        let command = command.replacen("postgresql", &kind, 1);
        PLANE.kubectl().run(&command.split(' ').skip(1).collect::<Vec<_>>()).unwrap();
        let recreated = database.until_ready().await;
        assert_ne!(addon(&recreated), lost);
        database.go().await;
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
        Tenants::Off => return World::settings_of_shared(),
        Tenants::On => &ours.organisation,
        Tenants::Shared => &theirs.organisation,
    };
    let rules = format!("{{ {}: [{}], {}: [{own}] }}", theirs.namespace, theirs.organisation, ours.namespace);
    Settings { tenants: rules, ..World::settings_of_shared() }
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

fn addon(object: &Value) -> &str {
    object["status"]["addon"].as_str().unwrap()
}
