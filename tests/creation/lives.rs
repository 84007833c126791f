//! The whole life of one resource of every kind: the conversation that the operator has with the cloud and
//! with the cluster, what stands in the Secret, and what `kubectl get` shows.

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::FutureExt as _;
use futures::future::join_all;
use regex::Regex;
use serde_json::{Map, Value, json};

use harness::kinds::Kind;
use harness::{Conversation, PLANE, Resource, Settings, World, block_on, expect};

/// What one life left behind, in words that are the same in every run.
pub(crate) struct Played {
    pub(crate) conversation: String,
    /// What `kubectl get` showed while it was settled.
    columns: String,
}

#[test]
fn every_kind_lives_and_goes() {
    block_on(async {
        let world = World::built_in("shared").await;
        let _operator = world.operator("operator", &Settings::frequent_polls()).await;
        let lives = join_all(world.kinds().map(|kind| as_it_is(&world, kind))).await;
        expect("creation/lives/columns.txt", &lives.concat());
    });
}

/// What `kubectl get` showed of it, or that it failed: each kind is played to its end, whatever becomes of
/// the others.
async fn as_it_is(world: &Arc<World>, kind: &Kind) -> String {
    let life = async {
        let Played { conversation, columns } = played(world, &kind.kind).await;
        expect(&file(&kind.kind), &conversation);
        columns
    };
    AssertUnwindSafe(life).catch_unwind().await.unwrap_or_else(|_| format!("{}: failed\n\n", kind.kind))
}

/// The file that holds the conversation of a kind.
pub(crate) fn file(kind: &str) -> String {
    format!("creation/lives/{}.txt", kind.to_lowercase())
}

/// Plays the life of a kind in a world.
pub(crate) async fn played(world: &Arc<World>, kind: &str) -> Played {
    let scene = world.scene().await;
    let resource = scene.example(kind);
    let mut conversation = Conversation::of(&scene);
    comes(&resource, &mut conversation).await;
    conversation.settled_chapter("at rest, through three checks");
    conversation.lists(3).await;
    let said = conversation.said().await.len();
    assert_eq!(
        said,
        0,
        "a settled resource asks for nothing but the shared list:\n{}",
        conversation.text().await
    );
    its_secret_is_what_the_cloud_gives(&resource).await;
    let columns =
        conversation.words(&format!("{}\n{}\n", resource.kind.plural, shown(&resource).await)).await;
    its_secret_is_repaired(&resource, &mut conversation).await;
    if resource.manifest["spec"].get("variables").is_some() {
        is_edited(&resource, variables(), &mut conversation).await;
    }
    goes(&resource, &mut conversation).await;
    assert_eq!(world.refusals(), [""; 0], "every right that it needs is given");
    Played { conversation: conversation.text().await, columns }
}

/// What people see who ask for a little and for all.
async fn shown(resource: &Resource<'_>) -> String {
    let (kind, namespace) = (resource.kind.definition(), resource.scene.namespace.clone());
    let show = move || {
        ["", "wide"]
            .map(|output| PLANE.kubectl().run(&["get", &kind, "-n", &namespace, "-o", output]).unwrap())
    };
    tokio::task::spawn_blocking(show).await.unwrap().map(|table| cells(&table)).concat()
}

/// A table, without what depends on how long its names are, and how slow the machine.
fn cells(table: &str) -> String {
    let heads = Regex::new(r"\S+ *").unwrap();
    let heads: Vec<_> = heads.find_iter(table.lines().next().unwrap()).map(|head| head.range()).collect();
    let cell = |line: &str, at: &Range<usize>| {
        let end =
            if at.end < line.len() && at.end < heads[heads.len() - 1].end { at.end } else { line.len() };
        line.get(at.start..end).unwrap_or_default().trim().to_owned()
    };
    let row = |line: &str| heads.iter().map(|at| cell(line, at)).collect::<Vec<_>>().join(" | ");
    let age = Regex::new(r"\| \d+m?\d*s\b").unwrap();
    age.replace_all(&table.lines().map(|line| row(line) + "\n").collect::<String>(), "| <age>").into_owned()
}

/// All that the cloud gives, byte by byte, and nothing else.
async fn its_secret_is_what_the_cloud_gives(resource: &Resource<'_>) {
    let world = &resource.scene.world;
    let addon = resource.live().await.unwrap()["status"]["addon"].as_str().unwrap().to_owned();
    let given = world.cloud.outputs(&resource.scene.organisation, &addon).await;
    let secret = world.cluster.get(&resource.secret()).await.unwrap();
    let decoded =
        |value: &Value| String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
    let held: Map<_, _> = secret["data"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.clone(), decoded(value).into()))
        .collect();
    assert_eq!(Value::Object(held), given, "{}", resource.secret());
}

fn variables() -> (&'static str, Value) {
    ("/variables", json!({ "FEATURE_X": "off", "FEATURE_Y": "on" }))
}

async fn comes(resource: &Resource<'_>, conversation: &mut Conversation<'_>) {
    conversation.coming_chapter("applied");
    resource.apply_until_ready().await;
    let scene = resource.scene;
    let live = scene.world.cloud.live(&scene.organisation).await;
    assert_eq!(
        live.iter().filter(|addon| addon["parent"].is_null()).count(),
        1,
        "exactly one add-on: {live:#?}"
    );
}

/// Edited and deleted by hand, it is as before soon after.
async fn its_secret_is_repaired(resource: &Resource<'_>, conversation: &mut Conversation<'_>) {
    let cluster = &resource.scene.world.cluster;
    let before = cluster.get(&resource.secret()).await.unwrap();
    let key = before["data"].as_object().unwrap().keys().next().unwrap().clone();

    conversation.settled_chapter("a value in the Secret edited by hand");
    cluster.merge(&resource.secret(), &json!({ "data": { key: "Zm9yZ2Vk" } })).await.unwrap();
    resource.until_secret("is repaired", |secret| secret["data"] == before["data"]).await;

    conversation.settled_chapter("the Secret deleted by hand");
    cluster.delete(&resource.secret()).await;
    let anew = |secret: &Value| {
        secret["data"] == before["data"] && secret["metadata"]["uid"] != before["metadata"]["uid"]
    };
    resource.until_secret("is there again", anew).await;
}

async fn is_edited(
    resource: &Resource<'_>,
    (pointer, value): (&str, Value),
    conversation: &mut Conversation<'_>,
) {
    conversation.settled_chapter(&format!("spec{} edited", pointer.replace('/', ".")));
    resource.edit(pointer, value).await;
    resource.until_ready().await;
}

async fn goes(resource: &Resource<'_>, conversation: &mut Conversation<'_>) {
    let scene = resource.scene;
    conversation.chapter("deleted");
    resource.delete().await;
    resource.wait_gone().await;
    scene.world.cluster.wait_gone(&resource.secret()).await;
    let live = scene.world.cloud.live(&scene.organisation).await;
    assert!(live.is_empty(), "nothing is left at the cloud, no child either: {live:#?}");
}
