//! Abuse of the operator's permissions by a spec: refused by the CRD and, where a CRD lacks the rules, by the operator.

use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Settings, SharedWorld, Stage, scenario};

/// A world that the tests of this file share; each test has an organisation of its own.
static WORLD: SharedWorld = SharedWorld::new("privileges", &["Redis"], Settings::default);

/// Shapes, each with words of the refusal by the API server and of the one by the operator.
fn refused() -> Vec<(Value, &'static str, &'static str)> {
    let reserved = "name cannot begin with clever-operator";
    let domain = "keys of the domains kubernetes.io and k8s.io";
    let own = "cannot have keys of the operator";
    vec![
        (json!({ "name": "clever-operator" }), reserved, "cannot be `clever-operator`"),
        (json!({ "name": "clever-kubernetes-operator" }), reserved, "cannot be `clever-kubernetes-operator`"),
        (json!({ "name": "clever-secret" }), reserved, "cannot be `clever-secret`"),
        (
            json!({ "name": "clever-operator-configuration" }),
            reserved,
            "cannot be `clever-operator-configuration`",
        ),
        (
            json!({ "name": "clever-operator-record-keys" }),
            reserved,
            "cannot be `clever-operator-record-keys`",
        ),
        (json!({ "name": "UPPER" }), "spec.connectionSecret.name", "is not a name in Kubernetes"),
        (json!({ "labels": { "kubernetes.io/x": "a" } }), domain, "is reserved for Kubernetes"),
        (
            json!({ "labels": { "pod-security.kubernetes.io/enforce": "a" } }),
            domain,
            "is reserved for Kubernetes",
        ),
        (json!({ "labels": { "x.k8s.io/a": "a" } }), domain, "is reserved for Kubernetes"),
        (
            json!({ "annotations": { "kubernetes.io/service-account.name": "default" } }),
            domain,
            "is reserved for Kubernetes",
        ),
        (json!({ "labels": { "operator.clever-cloud.com/owner": "u" } }), own, "belongs to the operator"),
        (
            json!({ "annotations": { "operator.clever-cloud.com/digest": "0" } }),
            own,
            "belongs to the operator",
        ),
        (json!({ "labels": { "app.kubernetes.io/managed-by": "helm" } }), own, "belongs to the operator"),
        (
            json!({ "type": "kubernetes.io/service-account-token" }),
            "spec.connectionSecret.type",
            "cannot be `kubernetes.io/service-account-token`",
        ),
        (json!({ "type": "bootstrap.kubernetes.io/token" }), "spec.connectionSecret.type", "cannot be"),
        (
            json!({ "keys": { "A": "REDIS_HOST" }, "keyPrefix": "B" }),
            "remove keyPrefix",
            "gives each key its whole name",
        ),
        (
            json!({ "keys": { "A": "REDIS_HOST" }, "template": { "A": "x" } }),
            "the same key",
            "`keys` has this key, too",
        ),
    ]
}

#[test]
fn crd_refuses_what_would_give_users_the_rights_of_the_operator() {
    WORLD.run(async |scene| {
        for (shape, words, _) in refused() {
            let said = scene.example("Redis").with("/connectionSecret", shape.clone()).try_apply().await;
            let said = said.expect_err(&shape.to_string());
            assert!(said.contains(words), "{shape}: {said}");
        }
        assert!(scene.live_ids().await.is_empty());
        let harmless = json!({ "labels": { "app.kubernetes.io/part-of": "shop", "example.test/a": "b" }, "type": "servicebinding.io/redis" });
        let resource = scene.example("Redis").with("/connectionSecret", harmless);
        resource.apply_until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn operator_refuses_the_same_where_the_crd_lacks_the_rules() {
    scenario(&["Redis"]).run(async |Stage { world, operator: _operator, scene }| {
        let path = format!(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}",
            world.kind("Redis").definition()
        );
        let shape = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/connectionSecret";
        let free = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
        world
            .cluster
            .patch(&path, &json!([{ "op": "replace", "path": shape, "value": free }]))
            .await
            .unwrap();
        let resource = scene.example("Redis");
        resource.apply_until_ready().await;
        let before = world.cluster.get(&resource.secret()).await.unwrap();
        for (shape, _, words) in refused() {
            // The new schema may not be served yet.
            let edited = harness::eventually("a CRD without rules", async || {
                resource.try_edit("/connectionSecret", shape.clone()).await.ok()
            })
            .await;
            assert_eq!(edited["spec"]["connectionSecret"], shape);
            let object = resource.until(words, |object| message(object).contains(words)).await;
            let reason = &condition(&object, "Ready")["reason"];
            assert!(["InvalidSpec", "TemplateInvalid"].iter().any(|one| reason == one), "{shape}: {reason}");
        }
        let after = world.cluster.get(&resource.secret()).await.unwrap();
        assert_eq!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
        resource.edit("/connectionSecret", Value::Null).await;
        resource.until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

fn message(object: &Value) -> String {
    condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned()
}
