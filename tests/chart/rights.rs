//! The rights that the chart grants for kinds are those that `crd role` and `crd user-roles` print of the
//! same catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::users::{aggregated_to, is_for_users, roles};
use harness::helm::objects;
use harness::kinds::{documents, printed};
use harness::used::{Right, bound, granted};
use harness::{Helm, world};

/// The groups of what is needed whatever the kinds are.
const FIXED: [&str; 4] = ["", "events.k8s.io", "coordination.k8s.io", "operator.clever-cloud.com"];
/// Prints the policies as a release `clever-operator` in the namespace `home` has them.
const POLICY: [&str; 6] =
    ["crd", "policy", "--name", "clever-operator-home", "--service-account", "home:clever-operator"];

/// Entries that are added to what is built in: a name for the case, and their texts.
fn cases() -> Vec<(&'static str, Vec<String>)> {
    let read = |path: &str| fs::read_to_string(format!("tests/catalogs/{path}")).unwrap();
    let (api, shelf) = (read("crud/library.yaml"), read("crud/shelf.yaml"));
    let named = |from: &str, to: &str| {
        assert!(shelf.contains(from), "the entry looks otherwise now");
        shelf.replace(from, to)
    };
    vec![
        ("nothing", vec![]),
        ("all-names-given", vec![api.clone(), shelf.clone()]),
        ("plural-of-the-kind", vec![api.clone(), named("plural: shelves, singular: shelf, ", "")]),
        (
            "plural-of-the-singular",
            vec![api.clone(), named("plural: shelves, singular: shelf", "singular: board")],
        ),
        (
            "a-group-that-is-there",
            vec![api.clone(), named("group: library.example.test", "group: api.clever-cloud.com")],
        ),
        (
            "one-that-can-be-scaled",
            vec![
                api.clone(),
                named("plural: shelves", "scale: { spec: boards, status: boards }, plural: shelves"),
            ],
        ),
        ("one-of-no-namespace", vec![api, named("plural: shelves", "scope: Cluster, plural: shelves")]),
        ("another-cloud", vec![read("scalingo/scalingo.yaml"), read("scalingo/postgresql.yaml")]),
    ]
}

#[test]
fn the_kinds_of_inline_entries_have_the_rights_that_the_program_asks_for() {
    for (case, entries) in cases() {
        let catalog = catalog("roles", case, &entries);
        let wanted = granted(&documents(&printed(Some(&catalog), &["crd", "role"])));
        let entries: Value =
            entries.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), json!(text))).collect();
        let values = json!({ "manageCrds": false, "catalog": { "entries": entries } });
        assert_eq!(of_kinds(&values), wanted, "{case}");
    }
}

#[test]
fn users_may_do_with_the_kinds_of_inline_entries_what_the_program_prints_for_them() {
    for (case, entries) in cases() {
        let catalog = catalog("users", case, &entries);
        let printed = documents(&printed(Some(&catalog), &["crd", "user-roles"]));
        let entries: Value =
            entries.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), json!(text))).collect();
        let values = json!({ "catalog": { "entries": entries } });
        assert_eq!(for_users(&roles("users", "home", &values)), for_users(&printed), "{case}");
    }
}

#[test]
fn the_kinds_of_inline_entries_are_protected_as_the_program_prints_it() {
    for (case, entries) in cases() {
        let catalog = catalog("policies", case, &entries);
        let printed = documents(&printed(Some(&catalog), &POLICY));
        let entries: Value =
            entries.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), json!(text))).collect();
        let values = json!({ "catalog": { "entries": entries } });
        assert_eq!(protection(&values), printed, "{case}");
    }
}

#[test]
fn limited_to_namespaces_it_protects_records_there_alone_and_binds_no_role() {
    let entry = fs::read_to_string("tests/catalogs/crud/shelf.yaml").unwrap();
    let of_cluster = entry.replace("plural: shelves", "scope: Cluster, plural: shelves");
    let catalog = catalog(
        "limited",
        "limited",
        &[fs::read_to_string("tests/catalogs/crud/library.yaml").unwrap(), of_cluster.clone()],
    );
    let mut arguments = POLICY.to_vec();
    arguments.extend(["--namespace", "a", "--namespace", "b"]);
    let mut wanted = documents(&printed(Some(&catalog), &arguments));
    wanted.retain(|object| !object["kind"].as_str().unwrap().starts_with("Cluster"));
    let values = json!({
        "manageCrds": false, "watchNamespaces": ["a", "b"],
        "catalog": { "entries": { "shelf.yaml": of_cluster } },
    });
    assert_eq!(protection(&values), wanted);
    let mut with_tool = values;
    with_tool["recordProtection"] = json!({ "writers": [{ "kind": "User", "name": "backup" }] });
    let bound = protection(&with_tool).pop().unwrap();
    assert_eq!(bound["kind"], "ClusterRoleBinding");
    let subject = json!({ "kind": "User", "name": "backup", "apiGroup": "rbac.authorization.k8s.io" });
    assert_eq!(bound["subjects"], json!([subject]));
}

/// The policies of a release and what belongs to them, as the program prints them.
fn protection(values: &Value) -> Vec<Value> {
    let mut rendered = objects(&Helm::V4.template("clever-operator", "home", values).unwrap());
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap().to_owned();
    let parts = ["-deletion-protection", "-record-protection", "-record-writer"];
    rendered.retain(|object| parts.iter().any(|part| name(object).ends_with(part)));
    let kinds = [
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ClusterRole",
        "ClusterRoleBinding",
    ];
    let place = |object: &Value| kinds.iter().position(|kind| object["kind"] == *kind);
    rendered
        .sort_by_key(|object| (parts.iter().position(|part| name(object).ends_with(part)), place(object)));
    for object in &mut rendered {
        object["metadata"] = json!({ "name": name(object) });
    }
    rendered
}

/// Permissions that are added to roles of Kubernetes.
fn for_users(roles: &[Value]) -> BTreeMap<Vec<String>, BTreeSet<Right>> {
    let rights: BTreeMap<_, _> =
        roles.iter().map(|role| (aggregated_to(role), granted(std::slice::from_ref(role)))).collect();
    let aggregated: Vec<_> = rights.keys().map(|roles| roles.join(" ")).collect();
    assert_eq!(aggregated, ["admin edit", "admin edit view"]);
    rights
}

#[test]
fn an_entry_that_is_an_object_has_the_same_rights_as_its_text() {
    let text = fs::read_to_string("tests/catalogs/crud/shelf.yaml").unwrap();
    let object: Value = serde_yaml::from_str(&text).unwrap();
    let [of_text, of_object] = [json!(text), object]
        .map(|entry| of_kinds(&json!({ "catalog": { "entries": { "shelf.yaml": entry } } })));
    assert_eq!(of_text, of_object);
}

#[test]
fn who_manages_definitions_may_create_those_of_its_kinds_and_no_others() {
    let names = |values: Value, verb: &str| -> BTreeSet<Option<String>> {
        let rights = of_kinds(&values)
            .into_iter()
            .filter(|right| right.resource == "customresourcedefinitions" && right.verb == verb);
        rights.map(|right| right.name).collect()
    };
    let claimed = names(json!({ "manageCrds": true }), "patch");
    assert!(!claimed.is_empty() && !claimed.contains(&None));
    assert_eq!(names(json!({ "manageCrds": true }), "create"), claimed);
    assert!(names(json!({ "manageCrds": false }), "create").is_empty());
}

#[test]
fn limited_to_namespaces_it_has_the_same_rights_there_and_none_elsewhere() {
    let everywhere = of_kinds(&json!({ "manageCrds": false }));
    let printed = Helm::V4
        .template("limited", "home", &json!({ "manageCrds": false, "watchNamespaces": ["a", "b"] }))
        .unwrap();
    let objects = objects(&printed);
    // The roles for users are ClusterRoles, because Kubernetes aggregates no others. No binding names them.
    let of_cluster = |object: &&Value| object["kind"].as_str().unwrap().starts_with("Cluster");
    assert!(objects.iter().filter(of_cluster).all(is_for_users), "{printed}");
    let is_definition = |right: &Right| right.resource == "customresourcedefinitions";
    for namespace in ["a", "b"] {
        let there = |right: &&Right| {
            right.namespace.as_deref() == Some(namespace) && !FIXED.contains(&right.group.as_str())
        };
        let rights: BTreeSet<_> = granted(&objects)
            .iter()
            .filter(there)
            .map(|right| Right { namespace: None, ..right.clone() })
            .collect();
        assert_eq!(
            rights,
            everywhere.iter().filter(|right| !is_definition(right)).cloned().collect(),
            "{namespace}"
        );
    }
    let at_home: Vec<_> =
        granted(&objects).into_iter().filter(|right| right.namespace.as_deref() == Some("home")).collect();
    let secrets: BTreeSet<_> = at_home
        .iter()
        .filter(|right| right.resource == "secrets")
        .map(|right| (right.name.as_deref().unwrap_or_default(), right.verb.as_str()))
        .collect();
    let configuration = ["get", "list", "watch"].map(|verb| ("clever-operator-configuration", verb));
    let keys = [("clever-operator-record-keys", "get"), ("", "create")];
    assert_eq!(secrets, configuration.into_iter().chain(keys).collect());
}

#[test]
fn a_kind_that_belongs_to_no_namespace_is_in_no_role_of_one() {
    let values = |namespaces: &[&str]| {
        let entry = json!({ "addon": "shelf", "resource": { "group": "library.example.test", "kind": "Shelf", "scope": "Cluster" } });
        json!({ "watchNamespaces": namespaces, "manageCrds": false, "catalog": { "entries": { "shelf.yaml": entry } } })
    };
    let has_it = |values: &Value| of_kinds(values).iter().any(|right| right.resource == "shelfs");
    assert!(has_it(&values(&[])) && !has_it(&values(&["a"])));
}

/// What is granted for kinds with these values.
fn of_kinds(values: &Value) -> BTreeSet<Right> {
    let objects = objects(&Helm::V4.template("rights", "rights", values).unwrap());
    granted(&bound(&objects)).into_iter().filter(|right| !FIXED.contains(&right.group.as_str())).collect()
}

/// The built-in catalog with these entries, as a folder of one test: others run at the same time.
fn catalog(test: &str, case: &str, entries: &[String]) -> PathBuf {
    let folder = world::folder("rights").join(test).join(case);
    world::copy(Path::new("catalog"), &folder, &str::to_owned);
    for (at, text) in entries.iter().enumerate() {
        let part = if text.contains("\naddon: ") { "addons" } else { "apis" };
        fs::write(folder.join(part).join(format!("added-{at}.yaml")), text).unwrap();
    }
    folder
}
