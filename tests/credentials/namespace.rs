//! Credentials of a namespace: they apply at once, are never replaced by those of the operator, and stay as long as
//! an add-on needs them.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use harness::accounts::{self, SHARED, THEIRS, credentials, record, requests_about};
use harness::cloud::Files;
use harness::scene::condition;
use harness::{Cloud, Operator, Resource, Scene, Settings, World, block_on, eventually, expect, world_name};

const NAMES: [&str; 3] = ["clever-operator", "clever-kubernetes-operator", "clever-secret"];

#[test]
fn two_namespaces_with_two_accounts_never_mix() {
    block_on(async {
        let (world, _operator) = start(&["PostgreSql", "ConfigProvider", "Keycloak", "KV"]).await;
        let since = world.cloud.latest().await;
        let ours = world.scene().await;
        let theirs = accounts::scene(&world, THEIRS).await;
        accounts::apply(&theirs, "clever-secret", &credentials("other")).await;
        let kinds = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"];
        let all: Vec<_> =
            [&ours, &theirs].into_iter().flat_map(|scene| kinds.map(|kind| scene.example(kind))).collect();
        futures::future::join_all(all.iter().map(Resource::apply_until_ready)).await;
        futures::future::join_all(all.iter().map(Resource::delete_until_gone)).await;
        ours.wait_empty().await;
        theirs.wait_empty().await;
        assert_no_refusals(&world, since).await;
        assert_asked_only_by(&ours, since, "demo").await;
        assert_asked_only_by(&theirs, since, "other").await;
        assert_eq!(world.refusals(), [""; 0], "every right that it needs is given");
    });
}

#[test]
fn each_secret_name_works_in_its_order_and_in_base64() {
    block_on(async {
        let (world, _operator) = start(&["KV"]).await;
        for (at, name) in NAMES.into_iter().enumerate() {
            let scene = accounts::scene(&world, THEIRS + 1 + u32::try_from(at).unwrap()).await;
            let text = credentials("other");
            let text = if at == 1 { BASE64_STANDARD.encode(text) } else { text };
            accounts::apply(&scene, name, &text).await;
            // Those whose turn comes later are not looked at.
            for later in NAMES.iter().skip(at + 1) {
                accounts::apply(&scene, later, "nonsense").await;
            }
            let resource = scene.example("KV");
            resource.apply_until_ready().await;
            assert_eq!(record(&resource.live().await.unwrap())["credentials"], name);
            resource.delete_until_gone().await;
            assert_asked_only_by(&scene, 0, "other").await;
        }
    });
}

#[test]
fn new_credentials_apply_to_existing_resources_at_once() {
    block_on(async {
        let (world, _operator) = start(&["ConfigProvider"]).await;
        let scene = accounts::scene(&world, SHARED).await;
        let resource = scene.example("ConfigProvider");
        resource.apply_until_ready().await;
        assert_asked_only_by(&scene, 0, "demo").await;

        accounts::apply(&scene, "clever-operator", &credentials("other")).await;
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
        resource.delete_until_gone().await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, since, "demo").await;
    });
}

#[test]
fn credentials_without_access_stall_and_delete_nothing() {
    block_on(async {
        let (world, _operator) = start(&["KV"]).await;
        let scene = world.scene().await;
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        accounts::apply(&scene, "clever-operator", &credentials("other")).await;
        resource.until_ready_is("False", "Unauthorized").await;
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        resource.until_ready_is("False", "Unauthorized").await;
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
        world.cluster.delete(&scene.secret("clever-operator")).await;
        resource.wait_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn add_on_stays_at_the_endpoint_that_made_it() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        let elsewhere = Cloud::start(Files::default()).await;
        let endpoints = vec![elsewhere.url().to_owned()];
        let settings = Settings { endpoints, ..Settings::frequent_polls() };
        let _operator = world.operator("operator", &settings).await;
        let scene = world.scene().await;
        let here = credentials("demo");
        let there = format!("{here}endpoint = \"{}\"\n", elsewhere.url());
        accounts::apply(&scene, "clever-operator", &there).await;
        let resource = scene.example("KV");
        let made = resource.apply_until_ready().await;
        assert_eq!(record(&made)["endpoint"], elsewhere.url());
        assert_eq!(elsewhere.live(&scene.organisation).await.len(), 1);

        accounts::apply(&scene, "clever-operator", &here).await;
        let told = resource.until_ready_is("False", "CredentialsInvalid").await;
        assert!(condition(&told, "Ready")["message"].as_str().unwrap().contains(elsewhere.url()), "{told:#}");
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        accounts::apply(&scene, "clever-operator", &there).await;
        resource.wait_gone().await;
        assert!(elsewhere.live(&scene.organisation).await.is_empty());
        assert!(
            requests_about(&scene, 0).await.is_empty(),
            "nothing of it was ever asked at the operator's own endpoint"
        );
    });
}

#[test]
fn broken_credentials_are_named_and_never_replaced() {
    block_on(async {
        let (world, _operator) = start(&["KV"]).await;
        let scene = accounts::scene(&world, SHARED + 1).await;
        accounts::apply(&scene, "clever-secret", &credentials("other")).await;
        let settled = scene.example("KV").named("settled");
        settled.apply_until_ready().await;
        let mut told = String::new();
        for (case, data) in broken() {
            let since = world.cloud.latest().await;
            let replace = json!([{ "op": "replace", "path": "/data", "value": data }]);
            world.cluster.patch(&scene.secret("clever-secret"), &replace).await.unwrap();
            let fresh = scene.example("KV").named(case);
            fresh.apply().await;
            let object = fresh.until_ready_is("False", "CredentialsInvalid").await;
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
            assert!(
                requests_about(&scene, since).await.is_empty(),
                "{case}: nothing is asked without credentials"
            );
        }
        expect("credentials/broken.txt", &told);

        settled.delete().await;
        settled.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        settled.until_ready_is("False", "CredentialsInvalid").await;
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
        accounts::apply(&scene, "clever-secret", &credentials("other")).await;
        settled.wait_gone().await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

#[test]
fn credentials_stay_while_their_add_ons_exist() {
    block_on(async {
        let (world, _operator) = start(&["ConfigProvider", "KV"]).await;
        let scene = accounts::scene(&world, SHARED + 2).await;
        accounts::apply(&scene, "clever-kubernetes-operator", &credentials("other")).await;
        let resource = scene.example("ConfigProvider");
        resource.apply_until_ready().await;
        let secret = scene.secret("clever-kubernetes-operator");
        world.cluster.delete(&secret).await;

        resource.edit("/variables", json!({ "FEATURE": "on" })).await;
        resource.until_ready().await;
        let late = scene.example("KV").named("late");
        late.apply().await;
        late.until_ready_is("False", "CredentialsInvalid").await;
        late.delete_until_gone().await;
        let held = world.cluster.get(&secret).await.unwrap();
        assert_eq!(held["metadata"]["finalizers"], json!([format!("{}/credentials", world.group())]));

        resource.delete_until_gone().await;
        world.cluster.wait_gone(&secret).await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

#[test]
fn credentials_without_add_ons_can_be_deleted() {
    block_on(async {
        let (world, _operator) = start(&["KV"]).await;
        let scene = accounts::scene(&world, SHARED + 3).await;
        accounts::apply(&scene, "clever-operator", &credentials("other")).await;
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        resource.delete_until_gone().await;
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
fn add_on_waits_for_the_credentials_that_made_it() {
    block_on(async {
        let (world, operator) = start(&["KV"]).await;
        let scene = accounts::scene(&world, SHARED + 4).await;
        accounts::apply(&scene, "clever-secret", &credentials("other")).await;
        let resource = scene.example("KV");
        resource.apply_until_ready().await;
        operator.stop().await;
        // By somebody who means it: with the finalizer gone, nothing holds it.
        let secret = scene.secret("clever-secret");
        world.cluster.merge(&secret, &json!({ "metadata": { "finalizers": null } })).await.unwrap();
        world.cluster.delete(&secret).await;
        world.cluster.wait_gone(&secret).await;

        let since = world.cloud.latest().await;
        let _operator = world.operator("second", &Settings::frequent_polls()).await;
        let object = resource.until_ready_is("False", "CredentialsInvalid").await;
        assert!(
            condition(&object, "Ready")["message"].as_str().unwrap().contains("`clever-secret`"),
            "{object:#}"
        );
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        resource.until_ready_is("False", "CredentialsInvalid").await;
        assert!(requests_about(&scene, since).await.is_empty());

        accounts::apply(&scene, "clever-secret", &credentials("other")).await;
        resource.wait_gone().await;
        scene.wait_empty().await;
        assert_asked_only_by(&scene, 0, "other").await;
    });
}

#[test]
fn namespace_with_credentials_can_be_deleted() {
    block_on(async {
        let (world, _operator) = start(&["PostgreSql", "ConfigProvider", "Keycloak", "KV"]).await;
        let scene = accounts::scene(&world, SHARED + 5).await;
        accounts::apply(&scene, "clever-operator", &credentials("other")).await;
        let resources = ["PostgreSql", "ConfigProvider", "Keycloak", "KV"].map(|kind| scene.example(kind));
        futures::future::join_all(resources.iter().map(Resource::apply_until_ready)).await;
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

/// Starts a world with an operator of the account `demo`, in which the account `other` has organisations, too.
async fn start(kinds: &[&str]) -> (Arc<World>, Operator) {
    let world = World::with(&world_name(), kinds).await;
    accounts::share(&world).await;
    let operator = world.operator("operator", &Settings::frequent_polls()).await;
    (world, operator)
}

async fn asked_by(scene: &Scene, since: u64, account: &str) -> bool {
    requests_about(scene, since).await.iter().any(|entry| entry["credential"] == account)
}

async fn assert_asked_only_by(scene: &Scene, since: u64, account: &str) {
    let asked = requests_about(scene, since).await;
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
