//! The sandbox as tests use it: its world, its log, and the trouble it is told to make. See
//! `sandbox/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use clever_sandbox::{Config, Sandbox};
use serde_json::{Value, json};

use super::eventually;

/// Organisations of the account that operators use.
const ORGANISATIONS: u32 = 200;

/// Who the tests are, where they ask as its users do.
pub const TESTER: &str = "tester";
const AUTHORIZATION: &str = "OAuth oauth_consumer_key=\"demo-consumer\", oauth_token=\"demo-token\", \
                             oauth_signature_method=\"PLAINTEXT\", oauth_signature=\"demo-consumer-secret%26demo-secret\"";

/// A sandbox cloud.
pub struct Cloud {
    sandbox: Sandbox,
    http: reqwest::Client,
    /// Where an add-on's outputs stand.
    environment: String,
}

/// Files that make the sandbox another cloud; those left out are the built-in ones.
#[derive(Debug, Default)]
pub struct Files {
    pub service: Option<PathBuf>,
    pub offers: Option<PathBuf>,
}

/// The id of the organisation with this number.
pub fn organisation(number: u32) -> String {
    format!("orga_00000000-0000-4000-8000-{number:012}")
}

fn environment(service: &Path) -> String {
    let service: Value = serde_json::from_str(&fs::read_to_string(service).unwrap()).unwrap();
    service["operations"]["env"][0].as_str().and_then(|route| route.strip_prefix("GET ")).unwrap().to_owned()
}

impl Cloud {
    /// Starts a cloud in which one account has all the organisations of [`organisation`].
    pub async fn start(Files { service, offers }: Files) -> Self {
        let environment = environment(service.as_deref().unwrap_or(Path::new("sandbox/data/service.json")));
        let sandbox = Sandbox::start(Config { service, offers, ..Config::default() }).await.unwrap();
        let http = reqwest::Client::builder().build().unwrap();
        let cloud = Cloud { sandbox, http, environment };
        let mut accounts = cloud.accounts().await;
        accounts["accounts"][0]["organisations"] = (0..ORGANISATIONS).map(organisation).collect();
        cloud.set_accounts(accounts).await;
        cloud
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// Changes the settings that are named.
    pub async fn set(&self, settings: Value) {
        self.admin("PUT", "settings", settings).await;
    }

    /// Orders a fault.
    pub async fn fault(&self, fault: Value) {
        self.admin("POST", "faults", fault).await;
    }

    /// Forgets the faults to come.
    pub async fn heal(&self) {
        self.admin("DELETE", "faults", Value::Null).await;
    }

    /// Who may use it.
    pub async fn accounts(&self) -> Value {
        self.admin("GET", "accounts", Value::Null).await
    }

    /// Says who may use it from now on.
    pub async fn set_accounts(&self, accounts: Value) {
        self.admin("PUT", "accounts", accounts).await;
    }

    /// The requests after this number, in the order they arrived.
    pub async fn log(&self, since: u64) -> Vec<Value> {
        self.list(&format!("log?since={since}")).await
    }

    /// The number of the latest request.
    pub async fn latest(&self) -> u64 {
        self.log(0).await.last().map_or(0, |entry| entry["number"].as_u64().unwrap())
    }

    /// Waits until a request is held (a fault of kind `hold`), and returns those that are.
    pub async fn held(&self) -> Vec<Value> {
        eventually("a request that is held", async || {
            Some(self.list("held?wait=1000").await).filter(|held| !held.is_empty())
        })
        .await
    }

    /// Lets all held requests go on.
    pub async fn release(&self) {
        self.admin("POST", "release", json!({})).await;
    }

    /// The list of an organisation, as the cloud gives it to whoever asks.
    pub async fn list_of(&self, organisation: &str) -> Value {
        self.set(json!({ "bearer": true })).await;
        let request = self
            .http
            .get(format!("{}/v2/organisations/{organisation}/addons", self.url()))
            .bearer_auth("demo-bearer");
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// Every add-on of an organisation, deleted ones too.
    pub async fn addons(&self, organisation: &str) -> Vec<Value> {
        let state = self.admin("GET", "state", Value::Null).await;
        let all = state["addons"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|addon| addon["owner"] == organisation).collect()
    }

    /// The add-ons of an organisation that nobody has deleted.
    pub async fn live(&self, organisation: &str) -> Vec<Value> {
        self.addons(organisation).await.into_iter().filter(|addon| addon["deletedAt"].is_null()).collect()
    }

    /// What an add-on gives, by name, as its own tools would show it.
    pub async fn outputs(&self, organisation: &str, id: &str) -> Value {
        let path = self.environment.replace("{owner}", organisation).replace("{id}", id);
        let variables = self.ask("GET", &path).await;
        let variables = variables.as_array().unwrap().iter();
        variables
            .map(|variable| (variable["name"].as_str().unwrap().to_owned(), variable["value"].clone()))
            .collect()
    }

    /// Asks as one of its users does.
    pub async fn ask(&self, method: &str, path: &str) -> Value {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url()));
        let answer =
            request.header("authorization", AUTHORIZATION).header("user-agent", TESTER).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Puts an add-on into the world, as somebody else might.
    pub async fn insert(&self, addon: Value) -> Value {
        self.admin("POST", "addons", addon).await
    }

    /// Renames an add-on, as a user does in the console.
    pub async fn rename(&self, id: &str, name: &str) {
        self.admin("PATCH", &format!("addons/{id}"), json!({ "name": name })).await;
    }

    /// Changes an add-on, as a user does in the console.
    pub async fn edit(&self, id: &str, change: Value) {
        self.admin("PATCH", &format!("addons/{id}"), change).await;
    }

    /// Sets the tags of an add-on, as a user does in the console.
    pub async fn retag(&self, id: &str, tags: &[&str]) {
        self.admin("PATCH", &format!("addons/{id}"), json!({ "tags": tags })).await;
    }

    /// Returns the tags of an add-on.
    pub async fn tags(&self, id: &str) -> Vec<String> {
        let state = self.admin("GET", "state", Value::Null).await;
        let addon =
            state["addons"].as_array().unwrap().iter().find(|addon| addon["id"] == id).unwrap().clone();
        serde_json::from_value(addon["tags"].clone()).unwrap_or_default()
    }

    /// Removes every trace of an add-on.
    pub async fn vanish(&self, id: &str) {
        self.admin("DELETE", &format!("addons/{id}"), Value::Null).await;
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        self.admin("GET", path, Value::Null).await.as_array().cloned().unwrap()
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.http.request(method.parse().unwrap(), format!("{}/_sandbox/{path}", self.url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
