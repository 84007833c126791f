//! The examples of every kind: planned, applied, and planned again.

use harness::call::only_read;
use harness::placeholders::Placeholders;
use harness::{PLANE, Settings, Users, World, block_on, cluster, eventually, expect, rights};
use serde_json::{Value, json};

use crate::asked::{
    expected_writes, file, grant_user_roles, only_reads_and_dry_runs, plan_as, planned, sent_writes,
};

#[test]
fn the_plan_of_the_examples_is_what_their_apply_does() {
    block_on(async {
        let world = World::with_all_kinds("plan-all").await;
        grant_user_roles(&world);
        let scene = world.scene().await;
        let users = Users::of(&scene.namespace).await;
        users.until_they_may_use(&kinds_of(&world)).await;
        grant_cluster_id(&scene.namespace);
        let kinds: Vec<String> = world.kinds().map(|kind| kind.kind.clone()).collect();
        let resources: Vec<_> = kinds.iter().map(|kind| scene.example(kind)).collect();
        let mut manifests: Vec<_> = resources.iter().map(|resource| resource.manifest.clone()).collect();
        manifests.insert(0, json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" } }));
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": manifests });
        let file = file(&world, "all.yaml", &[list]);

        let since = world.cloud.latest().await;
        let kubeconfig = PLANE.kubeconfig_for(&scene.namespace, "admin").unwrap();
        let said = plan_as(&world, &kubeconfig, &file, &["-o", "json"]);
        assert_eq!(said.code, 2, "{said:?}");
        let before: Value = serde_json::from_str(&said.out).unwrap();
        let text = plan_as(&world, &kubeconfig, &file, &[]);
        let markdown = plan_as(&world, &kubeconfig, &file, &["-o", "markdown"]);
        only_read(&world, since).await;
        only_reads_and_dry_runs(&format!("system:serviceaccount:{}:admin", scene.namespace));
        assert_eq!(before["summary"]["create"], kinds.len(), "{before:#}");
        assert_eq!(before["skipped"], json!([{ "kind": "Namespace", "count": 1 }]));
        let mut placeholders = Placeholders::default();
        for (known, word) in [
            (scene.namespace.as_str(), "namespace"),
            (&scene.organisation, "organisation"),
            (file.to_str().unwrap(), "file"),
            (world.group(), "group"),
        ] {
            placeholders.learn(known, word);
        }
        expect("plan/examples.txt", &placeholders.put(&text.out));
        expect("plan/examples.md", &placeholders.put(&markdown.out));

        let since = world.cloud.latest().await;
        let operator = world.operator("operator", &Settings::with_marks()).await;
        for resource in &resources {
            resource.apply().await;
        }
        for (resource, planned) in resources.iter().zip(before["resources"].as_array().unwrap()) {
            let live = resource.until_ready().await;
            assert_eq!(planned["kind"], *resource.kind.kind);
            let hidden =
                planned["steps"].as_array().unwrap().iter().any(|one| one["request"]["confidential"] == true);
            let shapes = |all: Vec<String>| -> Vec<String> {
                let shape = |one: String| {
                    if hidden { one.split(" [").next().unwrap().replace(" null", "") } else { one }
                };
                all.into_iter().map(shape).collect()
            };
            let expected = expected_writes(planned);
            let sent = eventually(&format!("{expected:#?}"), async || {
                let sent = sent_writes(&scene, &live, since).await;
                (sent.len() >= expected.len()).then_some(sent)
            })
            .await;
            assert_eq!(shapes(expected), shapes(sent), "{}", resource.kind.kind);
            assert_eq!(
                cluster_steps(planned),
                written(&world, resource.name(), &resource.kind.plural, &scene.namespace),
                "{}",
                resource.kind.kind
            );
        }
        operator.stop().await;

        let since = world.cloud.latest().await;
        let (code, after) = planned(&world, &file);
        assert_eq!(code, 0, "{after:#}");
        assert_eq!(after["summary"]["unchanged"], kinds.len(), "{after:#}");
        only_read(&world, since).await;
    });
}

/// Lets a user read the namespace whose uid identifies the cluster: marks contain it.
fn grant_cluster_id(namespace: &str) {
    let (name, of) = (format!("{namespace}-id"), "kube-system");
    let metadata = json!({ "name": name, "namespace": of });
    let rule =
        json!({ "apiGroups": [""], "resources": ["namespaces"], "resourceNames": [of], "verbs": ["get"] });
    let group = "rbac.authorization.k8s.io";
    let version = format!("{group}/v1");
    let role = json!({ "apiVersion": version, "kind": "Role", "metadata": metadata, "rules": [rule] });
    let binding = json!({
        "apiVersion": version,
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": { "apiGroup": group, "kind": "Role", "name": name },
        "subjects": [{ "kind": "ServiceAccount", "name": "admin", "namespace": namespace }],
    });
    PLANE.kubectl().apply(&rights::text(&[role, binding])).unwrap();
}

/// The writes to resource and Secret that a plan expects of the operator.
fn cluster_steps(planned: &Value) -> Vec<&'static str> {
    let steps = planned["steps"].as_array().unwrap().iter();
    steps
        .filter_map(|step| match step["step"].as_str().unwrap() {
            "intend" | "record" | "hold" => Some("resource"),
            "secret" => Some("secret"),
            _ => None,
        })
        .collect()
}

/// The same as the audit log has it, without the status and the events.
fn written(world: &World, name: &str, plural: &str, namespace: &str) -> Vec<&'static str> {
    let writes = cluster::writes(&world.user(), namespace);
    let kind = |event: &Value| {
        let target = &event["objectRef"];
        if target["subresource"].is_string() {
            return None;
        }
        let is = |resource: &str, name: &str| target["resource"] == resource && target["name"] == name;
        if is(plural, name) {
            return Some("resource");
        }
        is("secrets", &format!("{name}-secrets")).then_some("secret")
    };
    writes.iter().filter_map(kind).collect()
}

/// Group and plural of each kind.
fn kinds_of(world: &World) -> Vec<(String, String)> {
    world.kinds().map(|kind| (kind.group.clone(), kind.plural.clone())).collect()
}
