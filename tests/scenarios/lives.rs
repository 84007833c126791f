//! The whole life of one resource of each kind: the conversation that the operator has with the cloud and with the cluster.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Conversation, Resource, World, expect, play};

/// What a life is made of besides what every kind has.
pub(crate) struct Life {
    pub(crate) kind: &'static str,
    /// The file that holds the conversation.
    pub(crate) file: &'static str,
    /// What is edited in its spec, where that can be done on the spot.
    edit: Option<fn() -> (&'static str, Value)>,
}

pub(crate) const DATABASE: Life = Life { kind: "PostgreSql", file: "postgresql.txt", edit: None };
pub(crate) const CONFIGURATION: Life = Life { kind: "ConfigProvider", file: "config-provider.txt", edit: Some(variables) };
pub(crate) const PRODUCT: Life = Life { kind: "Keycloak", file: "keycloak.txt", edit: None };
pub(crate) const STORE: Life = Life { kind: "KV", file: "kv.txt", edit: None };

#[test]
fn a_database_lives_and_goes() {
    play(as_it_is(DATABASE));
}

#[test]
fn a_configuration_lives_and_goes() {
    play(as_it_is(CONFIGURATION));
}

#[test]
fn a_product_of_several_add_ons_lives_and_goes() {
    play(as_it_is(PRODUCT));
}

#[test]
fn a_store_without_a_plan_lives_and_goes() {
    play(as_it_is(STORE));
}

async fn as_it_is(life: Life) {
    let conversation = played(&World::shared().await, &life, life.kind).await;
    expect(&format!("scenarios/{}", life.file), &conversation);
}

/// Plays a life in a world, where the kind may have another name, and returns the conversation.
pub(crate) async fn played(world: &Arc<World>, life: &Life, kind: &str) -> String {
    let scene = world.scene().await;
    let resource = scene.example(kind);
    let mut conversation = Conversation::of(&scene);
    comes(&resource, &mut conversation).await;
    conversation.settled_chapter("at rest, through three checks");
    conversation.lists(3).await;
    let said = conversation.said().await.len();
    assert_eq!(said, 0, "a settled resource asks for nothing but the shared list:\n{}", conversation.text().await);
    its_secret_is_repaired(&resource, &mut conversation).await;
    if let Some(edit) = life.edit {
        is_edited(&resource, edit(), &mut conversation).await;
    }
    goes(&resource, &mut conversation).await;
    assert_eq!(world.refusals(), [""; 0], "every right that it needs is given");
    conversation.text().await
}

fn variables() -> (&'static str, Value) {
    ("/variables", json!({ "FEATURE_X": "off", "FEATURE_Y": "on" }))
}

async fn comes(resource: &Resource<'_>, conversation: &mut Conversation<'_>) {
    conversation.chapter("applied");
    resource.come().await;
    let scene = resource.scene;
    let live = scene.world.cloud.live(&scene.organisation).await;
    assert_eq!(live.iter().filter(|addon| addon["parent"].is_null()).count(), 1, "exactly one add-on: {live:#?}");
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
    let anew = |secret: &Value| secret["data"] == before["data"] && secret["metadata"]["uid"] != before["metadata"]["uid"];
    resource.until_secret("is there again", anew).await;
}

async fn is_edited(resource: &Resource<'_>, (pointer, value): (&str, Value), conversation: &mut Conversation<'_>) {
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
