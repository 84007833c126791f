//! The admission policy for the record: users may remove it, and only the operator and permitted accounts may
//! set it.

use control_plane::Kubectl;
use serde_json::{Value, json};

use harness::annotations::{RECORD, RECORD_CODE};
use harness::kinds::printed;
use harness::scene::addon;
use harness::{PLANE, Resource, Settings, Stage, Users, World, eventually, scenario};

const REFUSAL: &str = "only the operator sets the annotations";

#[test]
fn users_may_remove_the_record_and_only_permitted_accounts_may_set_it() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, scene, .. }| {
        let resource = scene.example("KV");
        let id = addon(&resource.apply_until_ready().await);
        let users = Users::of(&scene.namespace).await;
        give_accounts(&world, &scene.namespace);
        protect(&world);
        let admin = users.kubectl("admin");
        let kind = resource.kind.definition();
        let annotate = |by: &Kubectl, what: &[&str]| {
            let whose = ["annotate", "--overwrite", "--namespace", &scene.namespace, &kind, resource.name()];
            by.run(&[&whose, what].concat()).map_err(|error| error.to_string())
        };
        // The API server takes its time to see a policy, and a role that is added to one of its own.
        let forged = [RECORD, RECORD_CODE].map(|name| format!("{name}=forged"));
        eventually("a policy", async || {
            let said = annotate(&admin, &[&forged[0], "--dry-run=server"]).err();
            said.filter(|said| said.contains(REFUSAL))
        })
        .await;

        // A tenant with all permissions in its namespace is no cluster administrator.
        for by in [&admin, &account(&scene.namespace, "tenant")] {
            for what in &forged {
                let refusal = annotate(by, &[what]).unwrap_err();
                assert!(refusal.contains(REFUSAL) && refusal.contains("cluster administrator"), "{refusal}");
            }
            annotate(by, &["example.com/note=harmless"]).unwrap();
        }

        // Either goes, both go, and the operator, which is not refused, writes them again.
        for gone in [&[RECORD_CODE][..], &[RECORD], &[RECORD, RECORD_CODE]] {
            let removed: Vec<_> = gone.iter().map(|name| format!("{name}-")).collect();
            let before = resource.live().await.unwrap()["metadata"]["resourceVersion"].clone();
            annotate(&admin, &removed.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
            resource
                .until("has its record again", |object| {
                    let text =
                        |name: &str| object["metadata"]["annotations"][name].as_str().map(str::to_owned);
                    object["metadata"]["resourceVersion"] != before
                        && text(RECORD).is_some_and(|record| record.contains(&id))
                        && text(RECORD_CODE).is_some()
                })
                .await;
        }
        assert_eq!(scene.live_ids().await, [id.as_str()]);

        restored_by_hand(&resource, &admin, &account(&scene.namespace, "restore")).await;
        assert_eq!(scene.live_ids().await, [id], "the add-on that the record names");
    });
}

/// A backup of the resource, whose add-on stays, is applied by a user and by a restore tool.
async fn restored_by_hand(resource: &Resource<'_>, user: &Kubectl, tool: &Kubectl) {
    resource.annotate("operator.clever-cloud.com/deletion-policy", json!("retain")).await;
    let mut backup = resource.until_ready().await;
    resource.delete_until_gone().await;
    let metadata = backup["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| ["name", "namespace", "annotations"].contains(&key.as_str()));
    backup.as_object_mut().unwrap().shift_remove("status");
    let create =
        |by: &Kubectl, manifest: &Value| by.run_with_input(&["create", "-f", "-"], &manifest.to_string());
    let refusal = create(user, &backup).unwrap_err().to_string();
    assert!(refusal.contains(REFUSAL) && refusal.contains("To restore a resource"), "{refusal}");
    create(tool, &backup).unwrap();
    resource.until_ready().await;
}

fn protect(world: &World) {
    let account = format!("{}:clever-operator", world.name);
    let policies = ["crd", "policy", "--name", &world.name, "--service-account", &account];
    let roles = ["crd", "user-roles", "--name", &world.name];
    for arguments in [&policies[..], &roles] {
        PLANE.kubectl().apply(&printed(world.catalog(), arguments)).unwrap();
    }
}

/// Creates the account of a restore tool, as the page says it, and that of a tenant to whom all of its namespace
/// belongs.
fn give_accounts(world: &World, namespace: &str) {
    let kubectl = PLANE.kubectl();
    let everything = ["--verb=*", "--resource=*.*"];
    kubectl.run(&[&["create", "role", "all", "--namespace", namespace], &everything[..]].concat()).unwrap();
    for account in ["restore", "tenant"] {
        kubectl.run(&["create", "serviceaccount", account, "--namespace", namespace]).unwrap();
        let subject = format!("--serviceaccount={namespace}:{account}");
        let binding = ["create", "rolebinding", account, "--namespace", namespace, "--role=all", &subject];
        kubectl.run(&binding).unwrap();
    }
    let name = format!("{namespace}-restore");
    let role = format!("--clusterrole={}-record-writer", world.name);
    let subject = format!("--serviceaccount={namespace}:restore");
    kubectl.run(&["create", "clusterrolebinding", &name, &role, &subject]).unwrap();
}

fn account(namespace: &str, name: &str) -> Kubectl {
    PLANE.kubectl_as(namespace, name).unwrap()
}
