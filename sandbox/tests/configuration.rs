//! Sandboxes started with a state file, a seed, other offers or another service description; and creation
//! with every provider.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{OWNER, admin, ask, client, config, create, live};
use clever_sandbox::{Config, Sandbox};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

async fn get(client: &reqwest::Client, sandbox: &Sandbox, path: &str) -> Value {
    ask(client, sandbox, Method::GET, path)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn add_ons_survive_a_restart_and_ids_are_not_reused() {
    let client = client();
    let kept =
        Config { state: Some(scratch("restart").join("state.json")), seed: Some("same".into()), ..config() };
    let sandbox = Sandbox::start(kept.clone()).await.unwrap();
    let first: Value = create(&client, &sandbox, "db").await.unwrap().json().await.unwrap();
    let env = format!("/v2/organisations/{OWNER}/addons/{}/env", first["id"].as_str().unwrap());
    let before = get(&client, &sandbox, &env).await;
    drop(sandbox);

    let sandbox = Sandbox::start(kept).await.unwrap();
    assert_eq!(get(&client, &sandbox, &env).await, before);
    let second: Value = create(&client, &sandbox, "db").await.unwrap().json().await.unwrap();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(live(&client, &sandbox, "db").await, 2);
}

#[tokio::test]
async fn a_start_without_state_generates_new_ids_unless_seeded() {
    let client = client();
    let mut ids = Vec::new();
    for seed in [None, None, Some("a".to_owned()), Some("a".to_owned())] {
        let sandbox = Sandbox::start(Config { seed, ..config() }).await.unwrap();
        let created: Value = create(&client, &sandbox, "db").await.unwrap().json().await.unwrap();
        ids.push(created["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[2], ids[3], "a seed makes ids reproducible");
}

#[tokio::test]
async fn every_provider_can_be_created_in_every_set_of_offers() {
    let client = client();
    for (offers, expected) in [("offers.json", 17), ("offers-2024.json", 15)] {
        let sandbox = Sandbox::start(Config { offers: Some(data(offers)), ..config() }).await.unwrap();
        let providers = get(&client, &sandbox, "/v2/products/addonproviders").await;
        assert_eq!(providers.as_array().unwrap().len(), expected, "{offers}");
        for provider in providers.as_array().unwrap() {
            for plan in provider["plans"].as_array().unwrap() {
                check_creation(&client, &sandbox, provider, plan).await;
            }
        }
    }
}

async fn check_creation(client: &reqwest::Client, sandbox: &Sandbox, provider: &Value, plan: &Value) {
    let body = json!({"name": "x", "providerId": provider["id"], "plan": plan["id"], "region": plan["zones"][0], "options": {}});
    let path = format!("/v2/organisations/{OWNER}/addons");
    let response = ask(client, sandbox, Method::POST, &path).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{body}");
    let addon: Value = response.json().await.unwrap();
    assert_eq!(addon["plan"], *plan);
    let env = get(client, sandbox, &format!("{path}/{}/env", addon["id"].as_str().unwrap())).await;
    let values: Vec<&str> =
        env.as_array().unwrap().iter().map(|variable| variable["value"].as_str().unwrap()).collect();
    assert!(values.iter().all(|value| !value.is_empty() && !value.contains("${")), "{env}");
    assert_eq!(values.is_empty(), provider["id"] == "config-provider");
    let mut keys: Vec<&Value> = env.as_array().unwrap().iter().map(|variable| &variable["name"]).collect();
    keys.sort_by_key(|key| key.as_str().unwrap());
    assert_eq!(json!(keys), addon["configKeys"]);
}

#[tokio::test]
async fn provider_information_has_one_shape_or_is_missing() {
    let (client, sandbox) = (client(), Sandbox::start(config()).await.unwrap());
    let providers = get(&client, &sandbox, "/v2/products/addonproviders").await;
    let mut missing = Vec::new();
    for provider in providers.as_array().unwrap() {
        let id = provider["id"].as_str().unwrap();
        let response =
            ask(&client, &sandbox, Method::GET, &format!("/v4/addon-providers/{id}")).send().await.unwrap();
        if response.status() == StatusCode::NOT_FOUND {
            missing.push(id);
            continue;
        }
        let about: Value = response.json().await.unwrap();
        assert_eq!(about["providerId"], id);
        assert!(about["clusters"].is_array() && about["dedicated"].is_object(), "{about}");
        let default = about["defaultDedicatedVersion"].as_str();
        assert!(default.is_none_or(|version| about["dedicated"][version]["features"].is_array()), "{about}");
        let is_type =
            |feature: &Value| feature["name"].as_str().is_some_and(|name| name.to_lowercase() == "type");
        for plan in provider["plans"].as_array().unwrap() {
            let kind = plan["features"].as_array().unwrap().iter().find(|feature| is_type(feature));
            assert_eq!(kind.map(|kind| &kind["name_code"]), Some(&json!("is-dedicated")), "{id}: {plan}");
        }
    }
    assert_eq!(missing, ["azimutt", "cellar-addon", "config-provider", "fs-bucket", "mailpace"]);
}

#[tokio::test]
async fn older_offers_sell_older_versions() {
    let client = client();
    let sandbox =
        Sandbox::start(Config { offers: Some(data("offers-2024.json")), ..config() }).await.unwrap();
    let path = format!("/v2/organisations/{OWNER}/addons");
    for (version, expected) in [("13", 200), ("18", 400)] {
        let body = json!({"name": "x", "providerId": "postgresql-addon", "plan": support::SMALL, "region": "par", "options": {"version": version}});
        assert_eq!(
            ask(&client, &sandbox, Method::POST, &path).json(&body).send().await.unwrap().status(),
            expected
        );
    }
}

#[tokio::test]
async fn data_files_alone_rename_the_cloud() {
    let folder = scratch("renamed");
    let renames = [
        ("postgresql_", "pg_"),
        ("postgresql-addon", "pg-thing"),
        ("POSTGRESQL_ADDON", "PG_THING"),
        ("organisations", "orgs"),
        ("addon", "thing"),
        ("/v2/", "/api/"),
    ];
    for name in ["service.json", "offers.json"] {
        let text = fs::read_to_string(data(name)).unwrap();
        fs::write(folder.join(name), renames.iter().fold(text, |text, (old, new)| text.replace(old, new)))
            .unwrap();
    }
    let renamed = Config {
        service: Some(folder.join("service.json")),
        offers: Some(folder.join("offers.json")),
        ..config()
    };
    let (client, sandbox) = (client(), Sandbox::start(renamed).await.unwrap());
    let path = format!("/api/orgs/{OWNER}/things");
    let body = json!({"name": "x", "providerId": "pg-thing", "plan": support::SMALL, "region": "par", "options": {}});
    let created: Value =
        ask(&client, &sandbox, Method::POST, &path).json(&body).send().await.unwrap().json().await.unwrap();
    assert!(created["id"].as_str().unwrap().starts_with("thing_"), "{created}");
    assert!(created["realId"].as_str().unwrap().starts_with("pg_"), "{created}");
    let id = created["id"].as_str().unwrap();
    assert_eq!(get(&client, &sandbox, &format!("{path}/{id}/env")).await[0]["name"], "PG_THING_HOST");
    assert_eq!(
        get(&client, &sandbox, &format!("/v4/thing-providers/pg-thing/things/{id}")).await["app_id"],
        id
    );
    assert_eq!(ask(&client, &sandbox, Method::GET, "/v2/self").send().await.unwrap().status(), 404);
    assert_eq!(ask(&client, &sandbox, Method::GET, "/api/self").send().await.unwrap().status(), 200);
    assert_eq!(admin(&client, &sandbox, Method::GET, "log", Value::Null).await[0]["operation"], "create");
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let public = Config { listen: ([0, 0, 0, 0], 0).into(), ..config() };
    let refused = Sandbox::start(public).await.expect_err("it listens").to_string();
    assert!(refused.contains("loopback"), "{refused}");
}
