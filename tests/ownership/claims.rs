//! The claim of an installation on a CRD: one installation manages a kind, and a claim of one that is gone can
//! be taken over.

use serde_json::{Value, json};

use harness::annotations::CLAIM;
use harness::rights::ACCOUNT;
use harness::{PLANE, Settings, Stage, World, eventually, scenario};

/// The resource of the custom resource definitions.
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

#[test]
fn removed_claim_is_written_again() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, operator, scene }| {
        scene.example("KV").apply_until_ready().await;
        let ours = claim(&world).await;
        assert!(ours.is_string(), "{ours}");
        write_claim(&world, Value::Null).await;
        eventually("the claim of before", async || (claim(&world).await == ours).then_some(())).await;
        let told = async || operator.log().contains("another client removed the claim").then_some(());
        eventually("the log line", told).await;
        scene.example("KV").named("second").apply_until_ready().await;
    });
}

#[test]
fn lost_claim_stops_the_operator_until_the_kind_is_taken_over() {
    scenario(&["KV"]).settings(Settings::frequent_polls()).run(async |Stage { world, operator, scene }| {
        scene.example("KV").apply_until_ready().await;
        let other = elsewhere(&world).await;
        write_claim(&world, json!(other)).await;
        operator.until_readyz(503, "has not renewed its lease since 2020-01-01T00:00:00Z").await;

        let late = scene.example("KV").named("late");
        let since = world.cloud.latest().await;
        late.apply().await;
        let before = renewal(&world).await;
        eventually("a leader that goes on", async || (renewal(&world).await != before).then_some(())).await;
        let asked = world.cloud.log(since).await;
        assert!(asked.is_empty(), "nothing is done for a kind of another installation: {asked:#?}");
        assert_eq!(claim(&world).await, other, "the claim of another installation stays");

        let (_, page) = operator.ask("/readyz").await;
        let command = page.split('`').find(|part| part.starts_with("kubectl annotate crd")).unwrap();
        PLANE.kubectl().run(&command.split(' ').skip(1).collect::<Vec<_>>()).unwrap();
        late.until_ready().await;
        operator.until_readyz(200, "\"ready\":true").await;
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 2);
    });
}

/// Makes the traces of an installation that ended years ago, lets the operator read its lease, and returns its
/// name.
async fn elsewhere(world: &World) -> String {
    let namespace = format!("{}-elsewhere", world.name);
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": "clever-operator", "namespace": namespace },
        "spec": {
            "holderIdentity": "pod",
            "leaseDurationSeconds": 15,
            "renewTime": "2020-01-01T00:00:00.000000Z",
        },
    });
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": { "name": "lease", "namespace": namespace },
        "rules": [{ "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get"] }],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": { "name": "lease", "namespace": namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lease" },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": world.name }],
    });
    let namespace_itself =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
    for object in [namespace_itself, lease, role, binding] {
        PLANE.kubectl().apply(&object.to_string()).unwrap();
    }
    format!("{namespace}/clever-operator")
}

async fn claim(world: &World) -> Value {
    let crd = world.cluster.get(&path(world)).await.unwrap();
    crd["metadata"]["annotations"][CLAIM].clone()
}

async fn write_claim(world: &World, claim: Value) {
    let patch = json!({ "metadata": { "annotations": { CLAIM: claim } } });
    world.cluster.merge(&path(world), &patch).await.unwrap();
}

/// The time at which the operator last renewed its lease.
async fn renewal(world: &World) -> Value {
    let path = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases/clever-operator", world.name);
    world.cluster.get(&path).await.unwrap()["spec"]["renewTime"].clone()
}

fn path(world: &World) -> String {
    format!("{DEFINITIONS}/{}", world.kind("KV").definition())
}
