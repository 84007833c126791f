//! Watches: what changes, what is kept, and which right is missing.

use clever_operator::cluster::{
    Kind,
    watch::{Change, Changes, Health, Scope, Watched, watch_kind, watch_metadata},
};
use futures::StreamExt;
use serde_json::json;
use tokio::time::timeout;

use super::world::{PATIENCE, World, cluster, eventually, widget, widgets, world};

/// The next change: what happened, and to which object.
pub(crate) async fn next<K: Watched>(changes: &mut Changes<K>) -> String {
    let change = timeout(PATIENCE, changes.next()).await.expect("a change").expect("changes never end");
    let name = change.key().name;
    match change {
        Change::Added(_) => format!("+{name}"),
        Change::Modified { .. } => format!("~{name}"),
        Change::Deleted(_) => format!("-{name}"),
    }
}

fn here(world: &World) -> Scope {
    Scope::Namespaces(vec![world.namespace.clone()])
}

#[tokio::test]
async fn a_watch_tells_what_appears_changes_and_vanishes() {
    let world = world().await;
    world.apply(widget("first"));
    let (watch, mut changes) = watch_kind(&world.cluster, &widgets(), &here(&world));
    assert_eq!(watch.health(), Health::Starting);
    assert_eq!(next(&mut changes).await, "+first");
    assert_eq!(watch.health(), Health::Established);
    watch.ready().await;
    world.apply(widget("second"));
    assert_eq!(next(&mut changes).await, "+second");
    world.kubectl(&["annotate", "widget", "second", "example.com/touched=yes"]);
    assert_eq!(next(&mut changes).await, "~second");
    world.kubectl(&["delete", "widget", "first"]);
    assert_eq!(next(&mut changes).await, "-first");
    assert!(watch.get(&world.key("first")).is_none());
    assert_eq!(watch.all().len(), 1);
}

#[tokio::test]
async fn what_is_kept_has_no_managed_fields_and_the_rest_is_whole() {
    let world = world().await;
    world.apply(widget("a"));
    let (watch, mut changes) = watch_kind(&world.cluster, &widgets(), &Scope::Cluster);
    let kept = async || {
        next(&mut changes).await;
        watch.get(&world.key("a"))
    };
    let kept = eventually("the widget in the cache", kept).await;
    assert_eq!(kept.metadata.managed_fields, None);
    assert_eq!(kept.data["spec"], json!({ "size": 1 }));
}

#[tokio::test]
async fn of_secrets_only_the_labelled_are_followed_and_never_their_data() {
    let world = world().await;
    let secret = |name: &str, labels: serde_json::Value| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name, "labels": labels }, "stringData": { "password": "x" } });
    world.apply(secret("other", json!({})));
    let (watch, mut changes) =
        watch_metadata(&world.cluster, &Kind::secrets(), &here(&world), "example.com/owner=us");
    world.apply(secret("ours", json!({ "example.com/owner": "us" })));
    assert_eq!(next(&mut changes).await, "+ours");
    assert_eq!(watch.all().len(), 1);
    let kept = watch.get(&world.key("ours")).unwrap();
    assert!(!serde_json::to_string(&*kept).unwrap().contains("password"));
    world.kubectl(&["label", "secret", "ours", "example.com/owner-"]);
    assert_eq!(next(&mut changes).await, "-ours");
}

#[tokio::test]
async fn a_watch_without_rights_names_the_rule_and_begins_once_it_is_granted() {
    let world = world().await;
    world.kubectl(&["create", "serviceaccount", "reader"]);
    world.apply(widget("a"));
    let kubeconfig = world.plane.kubeconfig_for(&world.namespace, "reader").unwrap();
    let reader = cluster(&kubeconfig).await;
    let (watch, mut changes) = watch_kind(&reader, &widgets(), &here(&world));
    // The watch lives as long as somebody takes its changes.
    let first = tokio::spawn(async move { (next(&mut changes).await, changes) });
    let trouble = eventually("trouble", async || match watch.health() {
        Health::Failing(trouble) => Some(trouble),
        Health::Starting | Health::Established => None,
    });
    let rule = trouble.await.missing_permission.unwrap().to_string();
    assert!(rule.contains(r#"apiGroups: ["example.com"], resources: ["widgets"]"#), "{rule}");
    assert!(rule.contains(&world.namespace), "{rule}");

    let account = format!("{}:reader", world.namespace);
    world.kubectl(&["create", "role", "reader", "--verb=get,list,watch", "--resource=widgets.example.com"]);
    world.kubectl(&["create", "rolebinding", "reader", "--role=reader", "--serviceaccount", &account]);
    let (first, _changes) = first.await.unwrap();
    assert_eq!(first, "+a");
    assert_eq!(watch.health(), Health::Established);
}
