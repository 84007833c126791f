//! An operator with Roles in selected namespaces: everything works there, and nothing outside is read or written.

use std::sync::Arc;

use serde_json::{Value, json};

use harness::accounts::{self, credentials};
use harness::scene::condition;
use harness::{Operator, PLANE, Resource, Scene, Settings, World, block_on, eventually, used, world_name};

/// An organisation of the account `other` alone.
const THEIRS: u32 = accounts::THEIRS + 9;

#[test]
fn roles_in_selected_namespaces_are_enough() {
    block_on(async {
        let world = World::confined(&world_name(), &["KV", "ConfigProvider"]).await;
        accounts::share(&world).await;
        let (ours, theirs, elsewhere) =
            (world.scene().await, accounts::scene(&world, THEIRS).await, world.scene().await);
        let rights = world.confine(&[&ours.namespace, &theirs.namespace]);
        assert!(!rights.iter().any(|object| object["kind"].as_str().unwrap().starts_with("Cluster")));
        accounts::apply(&theirs, "clever-operator", &credentials("other")).await;
        let stranger = elsewhere.example("KV");
        stranger.apply().await;

        let operator = started(&world, &[&ours, &theirs]).await;
        for scene in [&ours, &theirs] {
            let kv = scene.example("KV");
            kv.apply_until_ready().await;
            every_write_to_a_secret(scene).await;
            kv.delete_until_gone().await;
            scene.wait_empty().await;
        }
        assert_eq!(world.cloud.addons(&theirs.organisation).await.len(), 2);
        held_and_let_go(&theirs).await;

        broken_catalog(&world).await;

        untouched(&stranger).await;
        let log = operator.log();
        assert_eq!(log.matches("no other operator manages these").count(), 1, "{log}");
        assert_eq!(log.matches("missing RBAC permission").count(), 0, "{log}");
        refused_are_definitions_alone(&world);
        // The lease is renewed every few seconds.
        eventually("every permission used", async || {
            used::unused(&world.user(), &rights).is_empty().then_some(())
        })
        .await;
    });
}

#[test]
fn missing_crd_is_waited_for() {
    block_on(async {
        let world = World::confined(&world_name(), &["KV", "ConfigProvider"]).await;
        let scene = world.scene().await;
        world.confine(&[&scene.namespace]);
        let definition = world.kind("KV").definition();
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}");
        let manifest = world.cluster.get(&path).await.unwrap();
        world.cluster.delete(&path).await;
        world.cluster.wait_gone(&path).await;
        let operator = started(&world, &[&scene]).await;
        let detail = format!(
            "{definition}\",\"ok\":false,\"state\":\"waiting\",\"detail\":\"the CRD is not installed"
        );
        operator.until_readyz(503, &detail).await;
        // Another kind does not wait for it, and whether a Secret of the namespace is needed is known without
        // it.
        accounts::apply(&scene, "clever-operator", &credentials("demo")).await;
        let other = scene.example("ConfigProvider");
        other.apply_until_ready().await;
        other.delete_until_gone().await;
        let (name, spec) = (json!({ "name": definition }), manifest["spec"].clone());
        let again = json!({ "apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": name, "spec": spec });
        world.cluster.apply(&path, &again).await.unwrap();
        operator.until_readyz(200, "\"ready\":true").await;
        let resource = scene.example("KV");
        eventually("a KV that is taken", async || resource.try_apply().await.ok()).await;
        resource.until_ready().await;
        resource.delete_until_gone().await;
        refused_are_definitions_alone(&world);
    });
}

#[test]
fn crd_deletion_without_permission_to_read_crds_counts_as_meant() {
    block_on(async {
        for (name, reads, left) in [("meant", false, 0), ("abandoned", true, 1)] {
            let world = World::confined(&world_name(), &["KV"]).await;
            let scene = world.scene().await;
            world.confine(&[&scene.namespace]);
            let definition = world.kind("KV").definition();
            if reads {
                may_read_definitions(&world, name);
            }
            let _operator = started(&world, &[&scene]).await;
            let resource = scene.example("KV");
            resource.apply_until_ready().await;
            let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}");
            world.cluster.delete(&path).await;
            world.cluster.wait_gone(&path).await;
            assert_eq!(world.cloud.live(&scene.organisation).await.len(), left, "{name}");
        }
    });
}

#[test]
fn lost_permission_to_read_crds_holds_a_deletion() {
    block_on(async {
        let world = World::confined(&world_name(), &["KV"]).await;
        let scene = world.scene().await;
        world.confine(&[&scene.namespace]);
        let name = "lost-right-definitions";
        may_read_definitions(&world, name);
        let operator = started(&world, &[&scene]).await;
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        let log = operator.log();
        assert!(log.contains("CRDs are not claimed") && !log.contains("CRDs cannot be read"), "{log}");

        PLANE.kubectl().run(&["delete", "clusterrolebinding", name]).unwrap();
        let right = json!({ "group": "apiextensions.k8s.io", "resource": "customresourcedefinitions", "verb": "get" });
        eventually("an end of the right", async || (!world.may(right.clone()).await).then_some(())).await;
        resource.delete().await;
        let told = resource.until_ready_is("False", "PermissionDenied").await;
        let message = condition(&told, "Ready")["message"].clone();
        assert!(
            message.as_str().unwrap().contains(r#"resources: ["customresourcedefinitions"]"#),
            "{message}"
        );
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
        may_read_definitions(&world, name);
        resource.wait_gone().await;
        scene.wait_empty().await;
    });
}

fn may_read_definitions(world: &World, name: &str) {
    let account = format!("--serviceaccount={}:clever-operator", world.name);
    let kubectl = PLANE.kubectl();
    // The role may be there already, its binding is not.
    let _ =
        kubectl.run(&["create", "clusterrole", name, "--verb=get", "--resource=customresourcedefinitions"]);
    kubectl.run(&["create", "clusterrolebinding", name, &format!("--clusterrole={name}"), &account]).unwrap();
}

/// An operator that is told by variables where to work, and by objects of the cluster the rest.
async fn started(world: &Arc<World>, scenes: &[&Scene]) -> Operator {
    let watch_namespaces = scenes.iter().map(|scene| scene.namespace.clone()).collect();
    let settings = Settings { watch_namespaces, ..Settings::frequent_polls() };
    let config =
        [("configmaps", "ConfigMap", "data", format!("[api]\nendpoint = \"{}\"\n", world.cloud.url()))];
    let secret = [("secrets", "Secret", "stringData", credentials("demo"))];
    for (plural, kind, field, text) in config.into_iter().chain(secret) {
        let name = "clever-operator-configuration";
        let object = json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name }, field: { "config.toml": text } });
        let path = format!("/api/v1/namespaces/{}/{plural}/{name}", world.name);
        world.cluster.apply(&path, &object).await.unwrap();
    }
    world.operator_without_file("operator", &settings).await
}

/// What becoming Ready does not ask for: a Secret that is repaired, and one that loses a key.
async fn every_write_to_a_secret(scene: &Scene) {
    let resource =
        scene.example("ConfigProvider").with("/variables", json!({ "KEPT": "on", "DROPPED": "on" }));
    resource.apply_until_ready().await;
    let cluster = &scene.world.cluster;
    cluster.merge(&resource.secret(), &json!({ "data": { "KEPT": "Zm9yZ2Vk" } })).await.unwrap();
    resource.until_secret("is repaired", |secret| secret["data"]["KEPT"] != "Zm9yZ2Vk").await;
    resource.edit("/variables", json!({ "KEPT": "on" })).await;
    resource.until_secret("loses a key", |secret| secret["data"]["DROPPED"].is_null()).await;
    resource.edit("/connectionSecret", json!({ "name": "renamed" })).await;
    cluster.wait_gone(&resource.secret()).await;
    resource.until_ready().await;
    resource.delete().await;
    resource.wait_gone().await;
    cluster.wait_gone(&scene.secret("renamed")).await;
}

/// The credentials of a namespace are held while something made with them is there.
async fn held_and_let_go(scene: &Scene) {
    let path = scene.secret("clever-operator");
    let finalizers = async || scene.world.cluster.get(&path).await.unwrap()["metadata"]["finalizers"].clone();
    eventually("an override that is let go", async || finalizers().await.is_null().then_some(())).await;
    let resource = scene.example("KV").named("another");
    resource.apply_until_ready().await;
    assert_eq!(finalizers().await, json!([format!("{}/credentials", scene.world.group())]));
    resource.delete_until_gone().await;
    eventually("an override that is let go again", async || finalizers().await.is_null().then_some(())).await;
}

/// Nothing was asked about its namespace, let alone written there.
async fn untouched(resource: &Resource<'_>) {
    let live = resource.live().await.unwrap();
    assert!(live["metadata"]["finalizers"].is_null() && live["status"]["addon"].is_null(), "{live:#}");
    let world = &resource.scene.world;
    let namespace = &resource.scene.namespace;
    let asked =
        PLANE.audit_events_with(&[&format!("\"{}\"", world.user()), &format!("\"{namespace}\"")]).unwrap();
    let asked: Vec<Value> =
        asked.into_iter().filter(|event| event["objectRef"]["namespace"] == namespace.as_str()).collect();
    assert!(asked.is_empty(), "{asked:#?}");
    assert!(world.cloud.addons(&resource.scene.organisation).await.is_empty());
}

fn refused_are_definitions_alone(world: &World) {
    let refused = world.refusals();
    let expected = |line: &&String| {
        line.starts_with("\"get\" \"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/")
    };
    let others: Vec<_> = refused.iter().filter(|line| !expected(line)).collect();
    assert!(others.is_empty() && !refused.is_empty(), "{others:#?}");
}

/// A catalog with a mistake: its author is told, with the rights of the operator's own namespace.
async fn broken_catalog(world: &World) {
    let path = format!("/api/v1/namespaces/{}/configmaps/broken", world.name);
    let metadata = json!({ "name": "broken", "labels": { "operator.clever-cloud.com/catalog": "true" } });
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "a.yaml": "addon: a" } });
    world.cluster.apply(&path, &object).await.unwrap();
    let annotation = "/metadata/annotations/operator.clever-cloud.com~1problems";
    eventually("an annotation", async || world.cluster.get(&path).await?.pointer(annotation).cloned()).await;
    let told = async || world.cluster.events(&world.name, "broken").await.into_iter().next();
    eventually("an event", told).await;
}
