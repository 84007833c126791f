//! What is seen of the exhibits: how each stands, as a table; and what must be the same before and after.

use std::fmt::Write as _;

use regex::Regex;
use serde_json::{Value, json};

use crate::previous_operator::{Placed, owner};
use harness::scene::condition;
use harness::{Cluster, Operator, World, cluster, eventually};

/// Reasons of what is still under way.
const UNDER_WAY: [&str; 7] =
    ["Creating", "ConfirmingNotCreated", "Verifying", "WaitingForOutputs", "Changing", "Deleting", "Unknown"];

/// An exhibit as it was at some moment.
pub(super) struct Seen {
    pub(super) object: Option<Value>,
    secret: Option<Value>,
}

/// All of them, as they are now.
pub(super) async fn all(cluster: &Cluster, placed: &[Placed]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for one in placed {
        seen.push(Seen {
            object: cluster.get(&one.path()).await,
            secret: cluster.get(&one.secret_path()).await,
        });
    }
    seen
}

/// Waits until this operator has judged every resource, and nothing is under way any more: what an operator
/// before it wrote looks at rest, too.
pub(super) async fn at_rest(operator: &Operator, cluster: &Cluster, placed: &[Placed]) {
    eventually("an operator that has judged every resource", async || {
        let there = all(cluster, placed).await.iter().filter(|seen| seen.object.is_some()).count();
        let status: Value = serde_json::from_str(&operator.ask("/status").await.1).unwrap();
        let kinds = status["kinds"].as_object().unwrap().values();
        let reasons: Vec<_> = kinds.filter_map(|kind| kind["resources"].as_object()).flatten().collect();
        let is_under_way = reasons.iter().any(|(reason, count)| {
            UNDER_WAY.contains(&reason.as_str()) && count.as_u64().is_some_and(|count| count > 0)
        });
        let judged: u64 = reasons.iter().filter_map(|(_, count)| count.as_u64()).sum();
        (judged >= there as u64 && !is_under_way).then_some(())
    })
    .await;
    for one in placed {
        eventually(&format!("{} at rest", one.title()), async || {
            let Some(object) = cluster.get(&one.path()).await else { return Some(()) };
            let ready = condition(&object, "Ready");
            let judged = object["status"]["observedGeneration"] == object["metadata"]["generation"]
                && !ready.is_null();
            let under_way = UNDER_WAY.iter().any(|reason| ready["reason"] == *reason)
                || !object["metadata"]["deletionTimestamp"].is_null();
            (judged && !under_way).then_some(())
        })
        .await;
    }
}

/// How each stands, in words that are the same in every run.
pub(super) fn table(placed: &[Placed], seen: &[Seen]) -> String {
    let mut table = String::new();
    for (one, Seen { object, .. }) in placed.iter().zip(seen) {
        let Some(object) = object else {
            writeln!(table, "{}: gone", one.title()).unwrap();
            continue;
        };
        let ready = condition(object, "Ready");
        let text = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
        let (status, reason, message) = (text("status"), text("reason"), text("message"));
        let addon = object["status"]["addon"].as_str().unwrap_or("no add-on");
        writeln!(table, "{}: {addon}, Ready {status}, {reason}\n    {message}", one.title()).unwrap();
    }
    readable(&table)
}

/// Short names for the ids that the museum chooses.
pub(super) fn readable(text: &str) -> String {
    let text = ["FIRST", "SECOND", "THEIRS", "UNKNOWN"]
        .iter()
        .fold(text.to_owned(), |text, word| text.replace(&owner(word), word));
    let text = Regex::new("addon_00000000-0000-4000-8000-0*([0-9]+)")
        .unwrap()
        .replace_all(&text, "addon-$1")
        .into_owned();
    Regex::new("(, )?real_00000000-0000-4000-8000-[0-9]+").unwrap().replace_all(&text, "").into_owned()
}

/// Waits until a deletion is told to be held up for this reason.
pub(super) async fn held(cluster: &Cluster, one: &Placed, reason: &str) {
    eventually(&format!("{} held up as {reason}", one.title()), async || {
        let object = cluster.get(&one.path()).await?;
        let told = condition(&object, "Ready")["reason"] == reason
            && !object["metadata"]["deletionTimestamp"].is_null();
        (told && object["metadata"]["finalizers"] == json!([one.definition.finalizer()])).then_some(())
    })
    .await;
}

/// What was asked of the cloud since then, but for reads.
pub(super) async fn cloud_writes(world: &World, since: u64) -> String {
    let log = world.cloud.log(since).await;
    let writes = log.iter().filter(|entry| entry["method"] != "GET");
    let mut lines: Vec<_> = writes
        .map(|entry| {
            readable(&format!("{} {}\n", entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap()))
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// Specs are as they were, and were not written; Secrets hold what they held; labels of users are there.
pub(super) fn is_kept(placed: &[Placed], before: &[Seen], after: &[Seen]) {
    for ((one, before), after) in placed.iter().zip(before).zip(after) {
        let title = one.title();
        let (Some(old), Some(new)) = (&before.object, &after.object) else { continue };
        assert_eq!(old["spec"], new["spec"], "{title}");
        assert_eq!(old["metadata"]["generation"], new["metadata"]["generation"], "{title}");
        assert_eq!(old["metadata"]["labels"], new["metadata"]["labels"], "{title}");
        let named = &old["status"]["addon"];
        assert!(named.is_null() || *named == new["status"]["addon"], "{title}");
        let Some(old) = &before.secret else { continue };
        let new = after.secret.as_ref().unwrap_or_else(|| panic!("{title} has lost its Secret"));
        assert_eq!(old["data"], new["data"], "the Secret of {title}");
        assert_eq!(old["type"], new["type"], "the Secret of {title}");
        for part in ["labels", "annotations"] {
            let kept = old["metadata"][part].as_object().into_iter().flatten();
            kept.for_each(|(key, value)| {
                assert_eq!(&new["metadata"][part][key], value, "{part} of the Secret of {title}")
            });
        }
    }
}

/// Custom resources were written in their metadata and status alone.
pub(super) fn spec_is_never_written(world: &World, placed: &[Placed]) {
    let namespaces: std::collections::BTreeSet<_> =
        placed.iter().map(|one| one.exhibit.namespace.as_str()).collect();
    let mut judged = 0;
    for event in namespaces.into_iter().flat_map(|namespace| cluster::writes(&world.user(), namespace)) {
        if event["objectRef"]["apiGroup"] != world.group() {
            continue;
        }
        let written = &event["requestObject"];
        // A JSON patch names what it writes.
        let patched = written.as_array().map(|operations| {
            operations.iter().map(|one| one["path"].as_str().unwrap().split('/').nth(1).unwrap())
        });
        let merged = || written.as_object().unwrap().keys().map(String::as_str).collect();
        let parts: Vec<_> = patched.map_or_else(merged, Iterator::collect);
        let allowed: &[&str] = if event["objectRef"]["subresource"] == "status" {
            &["metadata", "status"]
        } else {
            &["metadata"]
        };
        assert!(parts.iter().all(|part| allowed.contains(part)), "{event:#}");
        judged += 1;
    }
    assert!(judged > 0, "the audit log was not read");
}

/// What the operator of old would go by is still there.
pub(super) fn can_go_back(placed: &[Placed], before: &[Seen], after: &[Seen]) {
    for ((one, before), after) in placed.iter().zip(before).zip(after) {
        let (Some(old), Some(new)) = (&before.object, &after.object) else { continue };
        let named = &old["status"]["addon"];
        assert!(named.is_null() || *named == new["status"]["addon"], "{}", one.title());
        let finalizers =
            |object: &Value| object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
        let kept = finalizers(old).iter().all(|finalizer| finalizers(new).contains(finalizer));
        assert!(kept && finalizers(new).len() <= 1, "{}: {:?}", one.title(), finalizers(new));
        assert!(before.secret.is_none() || after.secret.is_some(), "{}", one.title());
        for field in one.definition.urls.keys() {
            assert_eq!(old["status"][field], new["status"][field], "{}", one.title());
        }
        assert_ne!(new["status"], json!(null));
    }
}
