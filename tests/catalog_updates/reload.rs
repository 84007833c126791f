//! An entry that is edited again and again while many resources rest: nobody but its own kind notices, and
//! nothing is kept of what was before.

use std::fs;

use futures::future::join_all;
use serde_json::{Value, json};

use super::shelf::Shelf;
use harness::{Operator, PLANE, Settings, block_on, eventually};

/// So many of the kind that is edited, and of each of two others.
const GADGETS: usize = 68;
const OTHERS: usize = 66;
const KINDS: [&str; 2] = ["ConfigProvider", "KV"];
/// Until the allocator has what it takes for each of its threads.
const FIRST: usize = 25;
const EDITS: usize = 20;
/// What an allocator may keep besides, in KiB. Twenty entries that were kept, each with its API, would be
/// several times as much.
const SLACK: u64 = 16 * 1024;
/// Connections come and go: so many mean nothing.
const FEW: usize = 64;

#[test]
fn editing_one_entry_twenty_times_costs_nobody_anything_and_leaves_nothing_behind() {
    block_on(async {
        let shelf = Shelf::told(
            "reload",
            Settings { poll_interval: "600s", arguments: &["--manage-crds"], ..Settings::default() },
            &|text| {
                // So that it does not take minutes to come to rest.
                text.replace(
                    "perSecond: 10, burst: 20, creatingAtOnce: 4",
                    "perSecond: 200, burst: 200, creatingAtOnce: 20",
                )
            },
        )
        .await;
        let operator = shelf.operator().await;
        shelf.put(&edited(&shelf, 0)).await;
        let others: Vec<_> = KINDS
            .iter()
            .flat_map(|kind| {
                (0..OTHERS).map(|number| {
                    shelf.scene.example(kind).named(&format!("{}-{number}", kind.to_lowercase()))
                })
            })
            .collect();
        join_all(others.iter().map(harness::Resource::apply)).await;
        join_all((0..GADGETS).map(|number| {
            let shelf = &shelf;
            async move { shelf.make(&format!("gadget-{number}"), json!({ "colour": "red" })).await }
        }))
        .await;
        join_all(others.iter().map(harness::Resource::until_ready)).await;
        for number in 0..GADGETS {
            shelf.until_ready_is(&format!("gadget-{number}"), "True", "InSync").await;
        }

        for edit in 1..=FIRST {
            edit_once(&shelf, &operator, edit).await;
        }
        let before = Figures::of(&shelf, &operator).await;
        for edit in FIRST + 1..=FIRST + EDITS {
            edit_once(&shelf, &operator, edit).await;
        }
        let after = Figures::of(&shelf, &operator).await;
        println!("before {before:#?}\nafter {after:#?}");
        assert_eq!(after.writes, before.writes, "nothing is written to the cloud");
        assert_eq!(after.lists, before.lists, "nothing is listed anew: no controller has started again");
        assert_eq!(after.patches, before.patches, "no resource is written");
        assert!(after.descriptors <= before.descriptors.max(FEW), "{before:?} {after:?}");
        assert!(after.resident <= before.resident + SLACK, "{before:?} {after:?}");
    });
}

/// The entry after so many edits: each takes a little more than the one before.
fn edited(shelf: &Shelf, edit: usize) -> String {
    let description = format!("How big it is after edit {edit}.");
    shelf.gadget(&[("How big it is.", &description), ("maximum: 9", &format!("maximum: {}", 9 + edit))])
}

/// Edits it, and waits until the definition says so and every resource of the kind was looked at in the new
/// light.
async fn edit_once(shelf: &Shelf, operator: &Operator, edit: usize) {
    let before = reconciliations(shelf, operator).await;
    shelf.put(&edited(shelf, edit)).await;
    let definition =
        format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", shelf.definition());
    let says = format!("after edit {edit}.");
    eventually(&format!("a definition that says {says}"), async || {
        let definition = shelf.world.cluster.get(&definition).await?;
        definition.to_string().contains(&says).then_some(())
    })
    .await;
    eventually("a reconciliation of each", async || {
        (reconciliations(shelf, operator).await >= before + GADGETS).then_some(())
    })
    .await;
}

/// Number of reconciliations of the kind that is edited.
async fn reconciliations(shelf: &Shelf, operator: &Operator) -> usize {
    let (_, metrics) = operator.ask("/metrics").await;
    let kind = format!("kind=\"{}\"", shelf.definition());
    let own = metrics
        .lines()
        .filter(|line| line.starts_with("clever_operator_reconcile_total{") && line.contains(&kind));
    own.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

#[derive(Debug)]
struct Figures {
    /// Requests to any cloud that are no reads.
    writes: usize,
    /// Lists that were asked of the API server, but for the kind that is edited: there it ends the watch
    /// itself when a definition changes.
    lists: usize,
    /// Writes to resources, of their metadata or their status.
    patches: usize,
    /// In KiB.
    resident: u64,
    descriptors: usize,
}

impl Figures {
    async fn of(shelf: &Shelf, operator: &Operator) -> Self {
        let asked = shelf.world.cloud.log(0).await;
        let user = shelf.world.user();
        let events = PLANE.audit_events_with(&[&format!("\"{user}\"")]).unwrap();
        let done: Vec<_> = events
            .iter()
            .filter(|event| event["user"]["username"] == user && event["stage"] == "ResponseComplete")
            .collect();
        let is_resource = |event: &Value| event["objectRef"]["namespace"] == shelf.scene.namespace;
        Self {
            writes: asked.iter().filter(|request| request["method"] != "GET").count(),
            lists: done
                .iter()
                .filter(|event| {
                    event["verb"] == "list" && event["objectRef"]["apiGroup"] != shelf.group.as_str()
                })
                .count(),
            patches: done.iter().filter(|event| event["verb"] == "patch" && is_resource(event)).count(),
            resident: resident(operator.pid()),
            descriptors: fs::read_dir(format!("/proc/{}/fd", operator.pid())).unwrap().count(),
        }
    }
}

/// What is resident, in KiB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
