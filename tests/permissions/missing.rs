//! A missing permission is reported with the rule to add, and needs no restart once it is granted.

use std::sync::Arc;

use serde_json::{Value, json};

use harness::scene::condition;
use harness::{Operator, PLANE, Resource, Settings, World, block_on, eventually, kinds, rights, world_name};

/// What is taken away, and what is then told: by the condition of a resource, or else at `/readyz`.
struct Case {
    /// Of resources in this group; in it, `GROUP` is the world's own.
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    /// The rule that is told. In it, `NAMESPACE` is the resource's, and `OWN` the operator's.
    rule: &'static str,
    told: Told,
}

#[derive(Clone, Copy, PartialEq)]
enum Told {
    ByCondition,
    AtReadyz,
    /// Nobody can be told but by the log: it is the status that cannot be written, or something that nobody
    /// waits for.
    InLog,
}

const CASES: [Case; 9] = [
    Case {
        group: "",
        resource: "secrets",
        verbs: &["create"],
        rule: r#"{apiGroups: [""], resources: ["secrets"], verbs: [create]} in a Role in namespace NAMESPACE"#,
        told: Told::ByCondition,
    },
    Case {
        group: "",
        resource: "secrets",
        verbs: &["get"],
        rule: r#"{apiGroups: [""], resources: ["secrets"], verbs: [get]} in a Role in namespace NAMESPACE"#,
        told: Told::ByCondition,
    },
    Case {
        group: "GROUP",
        resource: "kvs",
        verbs: &["patch"],
        rule: r#"{apiGroups: ["GROUP"], resources: ["kvs"], verbs: [patch]} in a Role in namespace NAMESPACE"#,
        told: Told::ByCondition,
    },
    Case {
        group: "GROUP",
        resource: "kvs/status",
        verbs: &["patch"],
        rule: r#"{apiGroups: ["GROUP"], resources: ["kvs/status"], verbs: [patch]} in a Role in namespace NAMESPACE"#,
        told: Told::InLog,
    },
    Case {
        group: "events.k8s.io",
        resource: "events",
        verbs: &["create"],
        rule: r#"{apiGroups: ["events.k8s.io"], resources: ["events"], verbs: [create]} in a Role in namespace NAMESPACE"#,
        told: Told::InLog,
    },
    Case {
        group: "GROUP",
        resource: "kvs",
        verbs: &["list", "watch"],
        rule: r#"{apiGroups: ["GROUP"], resources: ["kvs"], verbs: [get, list, watch]} in a ClusterRole"#,
        told: Told::AtReadyz,
    },
    Case {
        group: "",
        resource: "secrets",
        verbs: &["list", "watch"],
        rule: r#"{apiGroups: [""], resources: ["secrets"], verbs: [get, list, watch]} in a ClusterRole"#,
        told: Told::AtReadyz,
    },
    Case {
        group: "apiextensions.k8s.io",
        resource: "customresourcedefinitions",
        verbs: &["get"],
        rule: r#"{apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], resourceNames: ["kvs.GROUP"], verbs: [get]} in a ClusterRole"#,
        told: Told::AtReadyz,
    },
    Case {
        group: "coordination.k8s.io",
        resource: "leases",
        verbs: &["get"],
        rule: r#"{apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["clever-operator"], verbs: [get]} in a Role in namespace OWN"#,
        told: Told::AtReadyz,
    },
];

#[test]
fn missing_permission_is_reported_until_it_is_granted() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        for (number, case) in CASES.iter().enumerate() {
            take_away(&world, case).await;
            let operator = world.operator(&format!("operator-{number}"), &settings()).await;
            let scene = world.scene().await;
            let resource = scene.example("KV");
            resource.apply().await;
            let rule = case
                .rule
                .replace("GROUP", world.group())
                .replace("NAMESPACE", &scene.namespace)
                .replace("OWN", &world.name);
            told(case, &rule, &operator, &resource).await;

            give(&world.rights());
            resource.until_ready().await;
            let log = operator.log();
            let lines = log
                .lines()
                .filter(|line| line.contains("missing RBAC permission") && line.contains(&quoted(&rule)));
            assert!(lines.count() <= 1, "one line for a right, however often it is missed:\n{log}");
            operator.until_readyz(200, "\"ready\":true").await;
            assert_eq!(world.cloud.addons(&scene.organisation).await.len(), 1);
            resource.delete_until_gone().await;
            scene.wait_empty().await;
            operator.stop().await;
        }
    });
}

#[test]
fn crds_can_be_applied_with_permission_for_their_names_alone() {
    block_on(async {
        let world = World::confined(&world_name(), &["KV"]).await;
        let (definition, stranger) = (kinds::crds(world.catalog()), kinds::crds(None));
        let path = format!(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}",
            world.kind("KV").definition()
        );
        world.cluster.delete(&path).await;
        world.cluster.wait_gone(&path).await;
        let author = PLANE.kubectl_as(&world.name, rights::ACCOUNT).unwrap();
        let apply = |crds: &str| {
            let applied = author.run_with_input(
                &["apply", "--server-side", "--field-manager=clever-operator", "-f", "-"],
                crds,
            );
            applied.map_err(|error| format!("{error:#}"))
        };
        let until_said = async |words: &str| {
            let said = async || apply(&definition).err().filter(|said| said.contains(words));
            eventually(&format!("a refusal that says {words}"), said).await;
        };

        until_said("cannot patch resource").await;
        let account = format!("--serviceaccount={}:{}", world.name, rights::ACCOUNT);
        let role = |mode: &[&str]| {
            kinds::printed(world.catalog(), &[&["crd", "role", "--name=author"], mode].concat())
        };
        PLANE.kubectl().apply(&role(&[])).unwrap();
        PLANE
            .kubectl()
            .run(&["create", "clusterrolebinding", "author", "--clusterrole=author", &account])
            .unwrap();
        until_said("cannot create resource").await;
        PLANE.kubectl().apply(&role(&["--manage-crds"])).unwrap();
        eventually("a definition that is applied", async || apply(&definition).ok()).await;
        assert!(world.cluster.get(&path).await.is_some());
        apply(&definition).unwrap();
        assert!(apply(&stranger).unwrap_err().contains("cannot patch resource"), "no other definition");
    });
}

async fn told(case: &Case, rule: &str, operator: &Operator, resource: &Resource<'_>) {
    let scene = resource.scene;
    match case.told {
        Told::ByCondition => {
            let says = |object: &Value| {
                condition(object, "Ready")["message"].as_str().is_some_and(|message| message.contains(rule))
            };
            let object = resource.until(&format!("says {rule}"), says).await;
            assert_eq!(condition(&object, "Ready")["status"], "False", "{object:#}");
            assert_eq!(condition(&object, "Ready")["reason"], "PermissionDenied", "{object:#}");
            assert_eq!(condition(&object, "Stalled")["status"], "True", "{object:#}");
        }
        Told::AtReadyz => operator.until_readyz(503, &quoted(rule)).await,
        Told::InLog => {
            let is_told = async || operator.log().contains(&quoted(rule)).then_some(());
            eventually(&format!("a line that says {rule}"), is_told).await;
            let made = async || (scene.world.cloud.live(&scene.organisation).await.len() == 1).then_some(());
            eventually("an add-on", made).await;
        }
    }
}

/// All rights but these, and the API server knows.
async fn take_away(world: &Arc<World>, case: &Case) {
    let group = case.group.replace("GROUP", world.group());
    let mut crippled = world.rights();
    let rules = crippled.iter_mut().filter_map(|object| object.get_mut("rules")?.as_array_mut()).flatten();
    let mut found = false;
    for rule in rules {
        let holds = |field: &str, value: &str| rule[field].as_array().unwrap().iter().any(|one| one == value);
        if holds("apiGroups", &group) && holds("resources", case.resource) {
            let verbs = rule["verbs"].as_array_mut().unwrap();
            let before = verbs.len();
            verbs.retain(|verb| !case.verbs.iter().any(|taken| verb == taken));
            found |= verbs.len() < before;
        }
    }
    assert!(found, "nothing was taken away");
    // A rule needs a verb.
    let rules = crippled.iter_mut().filter_map(|object| object.get_mut("rules")?.as_array_mut());
    rules.for_each(|rules| rules.retain(|rule| !rule["verbs"].as_array().unwrap().is_empty()));
    give(&crippled);
    for verb in case.verbs {
        eventually(&format!("an end of {verb} {}", case.resource), async || {
            (!may(world, &group, case, verb).await).then_some(())
        })
        .await;
    }
}

fn give(objects: &[Value]) {
    PLANE.kubectl().apply(&rights::text(objects)).unwrap();
}

/// What the authorizer says.
async fn may(world: &World, group: &str, case: &Case, verb: &str) -> bool {
    let (resource, subresource) = case.resource.split_once('/').unwrap_or((case.resource, ""));
    let (namespace, name) =
        if group == "coordination.k8s.io" { (world.name.as_str(), "clever-operator") } else { ("", "") };
    let name = if group == "apiextensions.k8s.io" { world.kind("KV").definition() } else { name.to_owned() };
    world
        .may(json!({
            "group": group, "resource": resource, "subresource": subresource, "verb": verb, "namespace": namespace, "name": name,
        }))
        .await
}

/// As it stands in JSON.
fn quoted(text: &str) -> String {
    text.replace('"', "\\\"")
}

fn settings() -> Settings {
    Settings { lease: ["3s", "2s", "500ms"], ..Settings::frequent_polls() }
}
