//! The ClusterRoles of a release that let users of a namespace manage the kinds, by Kubernetes' own roles
//! `view`, `edit` and `admin`.

use std::fs;

use serde_json::{Value, json};

use super::extend::with_gadgets;
use super::life::{STAGE, cloud, values};
use harness::helm::objects;
use harness::kinds::{documents, printed};
use harness::users::kinds_of;
use harness::{Helm, PLANE, Release, Users, block_on};

/// Prefix of the label that aggregates a role to one of Kubernetes.
const AGGREGATE_TO: &str = "rbac.authorization.k8s.io/aggregate-to-";
const NAME: &str = "for-users";
const TEAM: &str = "users-team";
const LIBRARY: &str = "library.example.test";

#[test]
fn users_of_a_namespace_can_use_every_kind_of_a_release_until_the_value_is_off() {
    block_on(async {
        let _stage = STAGE.lock().await;
        let cloud = cloud().await;
        let mut values = with_gadgets(values(cloud.url()), &cloud);
        let (release, _) = Release::install(Helm::V4, NAME, &values).await;
        let mut kinds = kinds_of(&documents(&printed(None, &["crd", "view", "--all"])));
        kinds.push(("shop.example.test".to_owned(), "gadgets".to_owned()));
        let users = Users::of(TEAM).await;
        users.until_they_may_use(&kinds).await;

        let example = fs::read_to_string("examples/postgresql.yaml").unwrap();
        let by = |user: &str, verb: &str| {
            users.kubectl(user).run_with_input(&[verb, "--namespace", TEAM, "-f", "-"], &example)
        };
        assert!(by("view", "create").unwrap_err().to_string().contains("is forbidden"));
        by("edit", "create").unwrap();
        users
            .meet_what_their_roles_say((
                "/apis/api.clever-cloud.com/v1/namespaces/NAMESPACE/postgresqls",
                "my-database",
            ))
            .await;
        by("admin", "delete").unwrap();

        // Kinds whose entries have gone: what the operator has accepted of them says which they are, or at
        // least the key does.
        accepted(&release);
        release.upgrade(&values).unwrap();
        kinds.extend(["shelves", "ruins"].map(|plural| (LIBRARY.to_owned(), plural.to_owned())));
        users.until_they_may_use(&kinds).await;
        users.until_they_may_not_use(&[(LIBRARY.to_owned(), "atlases".to_owned())]).await;

        values["rbac"] = json!({ "userRoles": false });
        release.upgrade(&values).unwrap();
        users.until_they_may_not_use(&kinds).await;
        release.uninstall();
    });
}

#[test]
fn they_are_made_wherever_the_operator_works_and_not_without_rbac() {
    let count = |values: Value| roles("users", "home", &values).len();
    assert_eq!(count(json!({})), 2);
    assert_eq!(count(json!({ "watchNamespaces": ["a"], "manageCrds": false })), 2);
    assert_eq!(count(json!({ "rbac": { "userRoles": false } })), 0);
    assert_eq!(count(json!({ "rbac": { "create": false } })), 0);
}

#[test]
fn two_releases_of_one_name_have_roles_of_their_own() {
    let names = |namespace: &str| {
        roles("users", namespace, &json!({}))
            .iter()
            .map(|role| role["metadata"]["name"].clone())
            .collect::<Vec<_>>()
    };
    let [one, other] = [names("one"), names("other")];
    assert!(one.iter().all(|name| !other.contains(name)), "{one:?} {other:?}");
}

/// Writes what an operator would have accepted: a kind, one outside of namespaces, and one that cannot be
/// read.
fn accepted(release: &Release) {
    let shelf = fs::read_to_string("tests/catalogs/crud/shelf.yaml").unwrap();
    let atlas = shelf.replace("plural: shelves", "scope: Cluster, plural: atlases");
    let text = |entry: &str| {
        serde_yaml::to_string(&json!({ "addon": { "path": "entry.yaml", "text": entry }, "api": "api-0" }))
            .unwrap()
    };
    let data = json!({
        format!("shelves.{LIBRARY}"): text(&shelf), format!("atlases.{LIBRARY}"): text(&atlas), format!("ruins.{LIBRARY}"): "addon: lost",
    });
    let metadata = json!({ "name": "clever-operator-accepted-catalog", "namespace": release.namespace });
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data });
    PLANE.kubectl().apply(&object.to_string()).unwrap();
}

/// The roles for users that a release has.
pub(super) fn roles(name: &str, namespace: &str, values: &Value) -> Vec<Value> {
    objects(&Helm::V4.template(name, namespace, values).unwrap()).into_iter().filter(is_for_users).collect()
}

/// Returns true when Kubernetes aggregates this role to roles of its own.
pub(super) fn is_for_users(role: &Value) -> bool {
    !aggregated_to(role).is_empty()
}

/// To which roles of Kubernetes it is added.
pub(super) fn aggregated_to(role: &Value) -> Vec<String> {
    let labels = role["metadata"]["labels"].as_object().into_iter().flatten();
    let mut roles: Vec<_> = labels
        .filter(|(_, value)| *value == "true")
        .filter_map(|(key, _)| key.strip_prefix(AGGREGATE_TO))
        .collect();
    roles.sort_unstable();
    roles.into_iter().map(str::to_owned).collect()
}
