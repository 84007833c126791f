//! Credentials of a namespace's own: in force at once, never replaced by the operator's, and kept as long as
//! they are needed.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::harness::cloud::{Files, organisation};
use crate::harness::scene::condition;
use crate::harness::{Cloud, Operator, Resource, Scene, World, eventually, expect, play};

/// Of the other account alone.
const THEIRS: u32 = 1000;
/// Of both accounts.
const SHARED: u32 = 2000;
const NAMES: [&str; 3] = ["clever-operator", "clever-kubernetes-operator", "clever-secret"];

#[test]
fn two_namespaces_with_two_accounts_never_mix() {
    play(async {
        let (world, _operator) = own("two-accounts").await;
        let since = world.cloud.latest().await;
        let ours = world.scene().await;
        let theirs = scene_of(&world, THEIRS).await;
        override_with(&theirs, "clever-secret", &credentials("other")).await;
        let kinds = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"];
        let all: Vec<_> =
            [&ours, &theirs].into_iter().flat_map(|scene| kinds.map(|kind| scene.example(kind))).collect();
        futures::future::join_all(all.iter().map(Resource::come)).await;
        futures::future::join_all(all.iter().map(Resource::go)).await;
        ours.wait_empty().await;
        theirs.wait_empty().await;
        assert_no_refusals(&world, since).await;
        assert_asked_only_by(&ours, since, "demo").await;
        assert_asked_only_by(&theirs, since, "other").await;
        assert_eq!(world.refusals(), [""; 0], "every right that it needs is given");
    });
}

#[test]
fn each_name_works_in_its_order_and_base64_is_tolerated() {
    play(async {
        let (world, _operator) = own("names").await;
        for (at, name) in NAMES.into_iter().enumerate() {
            let scene = scene_of(&world, THEIRS + 1 + u32::try_from(at).unwrap()).await;
            let text = credentials("other");
            let text = if at == 1 { BASE64_STANDARD.encode(text) } else { text };
            override_with(&scene, name, &text).await;
            // Those whose turn comes later are not looked at.
            for later in NAMES.iter().skip(at + 1) {
                override_with(&scene, later, "nonsense").await;
            }
            let resource = scene.example("KV");
            resource.come().await;
            assert_eq!(record(&resource.live().await.unwrap())["credentials"], name);
            resource.go().await;
            assert_asked_only_by(&scene, 0, "other").await;
        }
    });
}

#[test]
fn an_override_is_in_force_at_once_for_what_is_there_already() {
    play(async {
        let (world, _operator) = own("made-later").await;
        let scene = scene_of(&world, SHARED).await;
        let resource = scene.example("ConfigProvider");
        resource.come().await;
        assert_asked_only_by(&scene, 0, "demo").await;

        override_with(&scene, "clever-operator", &credentials("other")).await;
        eventually("the first request of the other account", async || {
            asked_by(&scene, 0, "other").await.then_some(())
        })
        .await;
        let since = world.cloud.latest().await;
        resource.edit("/variables", json!({ "FEATURE": "on" })).await;
        resource.until_ready().await;
        assert_asked_only_by(&scene, since, "other").await;

        // Made with the operator's own, so they may go on with it once the override is gone, which nothing
        // holds.
        let secret = scene.secret("clever-operator");
        world.cluster.delete(&secret).await;
        world.cluster.wait_gone(&secret).await;
        let since = world.cloud.latest().await;
        resource.go().await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, since, "demo").await;
    });
}

#[test]
fn an_account_that_the_override_cannot_see_is_a_stall_and_never_an_end() {
    play(async {
        let (world, _operator) = own("blind").await;
        let scene = world.scene().await;
        let resource = scene.example("KV");
        resource.come().await;
        override_with(&scene, "clever-operator", &credentials("other")).await;
        resource.until_told("False", "Unauthorized").await;
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        resource.until_told("False", "Unauthorized").await;
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
        world.cluster.delete(&scene.secret("clever-operator")).await;
        resource.wait_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn an_override_may_name_another_endpoint_and_what_was_made_there_stays_there() {
    play(async {
        let (world, _operator) = own("endpoints").await;
        let elsewhere = Cloud::start(Files::default()).await;
        let scene = world.scene().await;
        let here = credentials("demo");
        let there = format!("{here}endpoint = \"{}\"\n", elsewhere.url());
        override_with(&scene, "clever-operator", &there).await;
        let resource = scene.example("KV");
        let made = resource.come().await;
        assert_eq!(record(&made)["endpoint"], elsewhere.url());
        assert_eq!(elsewhere.live(&scene.organisation).await.len(), 1);

        override_with(&scene, "clever-operator", &here).await;
        let told = resource.until_told("False", "CredentialsInvalid").await;
        assert!(condition(&told, "Ready")["message"].as_str().unwrap().contains(elsewhere.url()), "{told:#}");
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        override_with(&scene, "clever-operator", &there).await;
        resource.wait_gone().await;
        assert!(elsewhere.live(&scene.organisation).await.is_empty());
        assert!(
            asked(&scene, 0).await.is_empty(),
            "nothing of it was ever asked at the operator's own endpoint"
        );
    });
}

#[test]
fn a_broken_override_is_named_and_never_replaced_by_the_operators_credentials() {
    play(async {
        let (world, _operator) = own("broken").await;
        let scene = scene_of(&world, SHARED + 1).await;
        override_with(&scene, "clever-secret", &credentials("other")).await;
        let settled = scene.example("KV").named("settled");
        settled.come().await;
        let mut told = String::new();
        for (case, data) in broken() {
            let since = world.cloud.latest().await;
            let replace = json!([{ "op": "replace", "path": "/data", "value": data }]);
            world.cluster.patch(&scene.secret("clever-secret"), &replace).await.unwrap();
            let fresh = scene.example("KV").named(case);
            fresh.apply().await;
            let object = fresh.until_told("False", "CredentialsInvalid").await;
            let message = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
            assert!(!message.contains("other-"), "no value is ever shown: {message}");
            told += &format!("== {case}\n{message}\n\n");
            settled
                .until("says what is wrong", |object| {
                    condition(object, "Ready")["message"] == message.as_str()
                })
                .await;
            assert_eq!(condition(&object, "Stalled")["status"], "True");
            fresh.delete().await;
            fresh.wait_gone().await;
            assert!(asked(&scene, since).await.is_empty(), "{case}: nothing is asked without credentials");
        }
        expect("scenarios/overrides-broken.txt", &told);

        settled.delete().await;
        settled.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        settled.until_told("False", "CredentialsInvalid").await;
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
        override_with(&scene, "clever-secret", &credentials("other")).await;
        settled.wait_gone().await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

#[test]
fn an_override_stays_while_add_ons_made_with_it_are_there() {
    play(async {
        let (world, _operator) = own("kept-override").await;
        let scene = scene_of(&world, SHARED + 2).await;
        override_with(&scene, "clever-kubernetes-operator", &credentials("other")).await;
        let resource = scene.example("ConfigProvider");
        resource.come().await;
        let secret = scene.secret("clever-kubernetes-operator");
        world.cluster.delete(&secret).await;

        resource.edit("/variables", json!({ "FEATURE": "on" })).await;
        resource.until_ready().await;
        let late = scene.example("KV").named("late");
        late.apply().await;
        late.until_told("False", "CredentialsInvalid").await;
        late.go().await;
        let held = world.cluster.get(&secret).await.unwrap();
        assert_eq!(held["metadata"]["finalizers"], json!([format!("{}/credentials", world.group())]));

        resource.go().await;
        world.cluster.wait_gone(&secret).await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

#[test]
fn an_override_that_made_nothing_goes_at_once() {
    play(async {
        let (world, _operator) = own("free").await;
        let scene = scene_of(&world, SHARED + 3).await;
        override_with(&scene, "clever-operator", &credentials("other")).await;
        let resource = scene.example("KV");
        resource.come().await;
        resource.go().await;
        let secret = scene.secret("clever-operator");
        let free = async || {
            world.cluster.get(&secret).await.filter(|secret| secret["metadata"]["finalizers"].is_null())
        };
        eventually("a Secret that nothing holds any more", free).await;
        world.cluster.delete(&secret).await;
        world.cluster.wait_gone(&secret).await;
    });
}

#[test]
fn what_was_made_with_an_override_waits_for_it_and_is_never_touched_with_other_credentials() {
    play(async {
        let (world, operator) = own("taken-away").await;
        let scene = scene_of(&world, SHARED + 4).await;
        override_with(&scene, "clever-secret", &credentials("other")).await;
        let resource = scene.example("KV");
        resource.come().await;
        operator.stop().await;
        // By somebody who means it: with the finalizer gone, nothing holds it.
        let secret = scene.secret("clever-secret");
        world.cluster.merge(&secret, &json!({ "metadata": { "finalizers": null } })).await.unwrap();
        world.cluster.delete(&secret).await;
        world.cluster.wait_gone(&secret).await;

        let since = world.cloud.latest().await;
        let _operator = world.operator("second", &World::settings_of_shared()).await;
        let object = resource.until_told("False", "CredentialsInvalid").await;
        assert!(
            condition(&object, "Ready")["message"].as_str().unwrap().contains("`clever-secret`"),
            "{object:#}"
        );
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        resource.until_told("False", "CredentialsInvalid").await;
        assert!(asked(&scene, since).await.is_empty());

        override_with(&scene, "clever-secret", &credentials("other")).await;
        resource.wait_gone().await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

#[test]
fn a_namespace_with_an_override_goes_and_takes_its_add_ons_with_it() {
    play(async {
        let (world, _operator) = own("going").await;
        let scene = scene_of(&world, SHARED + 5).await;
        override_with(&scene, "clever-operator", &credentials("other")).await;
        let resources = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"].map(|kind| scene.example(kind));
        futures::future::join_all(resources.iter().map(Resource::come)).await;
        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        world.cluster.delete(&namespace).await;
        world.cluster.wait_gone(&namespace).await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

/// What may be wrong with it: the pages' own example first.
fn broken() -> [(&'static str, Value); 7] {
    let page = "[api]\nendpoint = \"https://api.clever-cloud.com/v2\"\ntoken = <your_token>\nsecret = <your_secret>\n\
                consumerKey = <your_consumer_key>\nconsumerSecret = <your_consumer_secret>\n";
    let under = |key: &str, text: &str| json!({ key: BASE64_STANDARD.encode(text) });
    let config = |text: &str| under("config", text);
    [
        ("as-the-page-has-it", config(page)),
        ("placeholders-in-quotes", config(&page.replace('<', "\"<").replace('>', ">\""))),
        ("without-quotes", config(&credentials("other").replace('"', ""))),
        ("another-key", under("config.toml", &credentials("other"))),
        ("half-of-the-credentials", config("[api]\ntoken = \"other-token\"\nsecret = \"other-secret\"\n")),
        ("an-endpoint-alone", config("[api]\nendpoint = \"https://elsewhere.example.test\"\n")),
        ("nothing", config("[api]\n")),
    ]
}

/// What a Secret says to be an account of the sandbox.
pub(crate) fn credentials(account: &str) -> String {
    let line = |key: &str, value: &str| format!("{key} = \"{account}-{value}\"\n");
    let lines = [
        ("token", "token"),
        ("secret", "secret"),
        ("consumerKey", "consumer"),
        ("consumerSecret", "consumer-secret"),
    ];
    format!("[api]\n{}", lines.map(|(key, value)| line(key, value)).concat())
}

pub(crate) async fn override_with(scene: &Scene, name: &str, text: &str) {
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "data": { "config": BASE64_STANDARD.encode(text) } });
    scene.world.cluster.apply(&scene.secret(name), &secret).await.unwrap();
}

/// A world with an operator of the account `demo`, in which the account `other` has organisations, too.
async fn own(name: &str) -> (Arc<World>, Operator) {
    let world = World::own(name).await;
    share(&world).await;
    let operator = world.operator("resident", &World::settings_of_shared()).await;
    (world, operator)
}

pub(crate) async fn share(world: &World) {
    let mut accounts = world.cloud.accounts().await;
    let shared: Vec<_> = (SHARED..SHARED + 10).map(organisation).collect();
    let theirs = (THEIRS..THEIRS + 10).map(organisation).chain(shared.clone());
    accounts["accounts"][1]["organisations"].as_array_mut().unwrap().extend(theirs.map(Value::from));
    accounts["accounts"][0]["organisations"]
        .as_array_mut()
        .unwrap()
        .extend(shared.into_iter().map(Value::from));
    world.cloud.set_accounts(accounts).await;
}

pub(crate) async fn scene_of(world: &Arc<World>, number: u32) -> Scene {
    Scene { organisation: organisation(number), ..world.scene().await }
}

/// The requests about this organisation, or about an add-on of it.
pub(crate) async fn asked(scene: &Scene, since: u64) -> Vec<Value> {
    let addons = scene.world.cloud.addons(&scene.organisation).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut words: Vec<String> =
        addons.iter().flat_map(|addon| [text(&addon["id"]), text(&addon["realId"])]).collect();
    words.retain(|word| !word.is_empty());
    words.push(scene.organisation.clone());
    let mut log = scene.world.cloud.log(since).await;
    log.retain(|entry| words.iter().any(|word| entry.to_string().contains(word.as_str())));
    log
}

async fn asked_by(scene: &Scene, since: u64, account: &str) -> bool {
    asked(scene, since).await.iter().any(|entry| entry["credential"] == account)
}

async fn assert_asked_only_by(scene: &Scene, since: u64, account: &str) {
    let asked = asked(scene, since).await;
    assert!(!asked.is_empty());
    let others: Vec<_> = asked.iter().filter(|entry| entry["credential"] != account).collect();
    assert!(others.is_empty(), "only {account} may ask: {others:#?}");
}

async fn assert_no_refusals(world: &World, since: u64) {
    let log = world.cloud.log(since).await;
    let refused: Vec<_> =
        log.iter().filter(|entry| [401, 403].iter().any(|status| entry["status"] == *status)).collect();
    assert!(refused.is_empty(), "nobody is asked in vain: {refused:#?}");
}

pub(crate) fn record(object: &Value) -> Value {
    let text =
        object["metadata"]["annotations"]["operator.clever-cloud.com/record"].as_str().unwrap_or("null");
    serde_json::from_str(text).unwrap()
}
