//! Endpoints that the credentials of a namespace name: only those that the configuration of the operator allows get a
//! request.

use serde_json::json;

use harness::accounts::{self, credentials, record};
use harness::cloud::Files;
use harness::scene::condition;
use harness::{Cloud, Resource, Settings, World, block_on, world_name};

#[test]
fn endpoint_that_is_not_allowed_gets_no_request() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        let elsewhere = Cloud::start(Files::default()).await;
        let default = Settings::frequent_polls();
        let operator = world.operator("operator", &default).await;
        let scene = world.scene().await;
        let there = |endpoint: &str| format!("{}endpoint = \"{endpoint}\"\n", credentials("demo"));
        let since = world.cloud.latest().await;
        accounts::apply(&scene, "clever-operator", &there(elsewhere.url())).await;
        let resource = scene.example("KV");
        resource.apply().await;
        let host = elsewhere.url().trim_start_matches("http://").to_owned();
        for part in [&format!("`{host}`"), "`operator.endpoints`", "`clever-operator`"] {
            refused(&resource, part).await;
        }
        resource.until_events("CredentialsInvalid", 1).await;

        // Neither a host without encryption nor parts that only look like an allowed host.
        let own = world.cloud.url();
        let host_of_own = own.trim_start_matches("http://");
        for (endpoint, words) in [
            ("http://10.0.0.1".to_owned(), "`http://` is for loopback addresses only"),
            ("http://169.254.169.254/latest".to_owned(), "`http://` is for loopback addresses only"),
            (format!("http://{host_of_own}@{host}"), "must not have a user"),
            (format!("{own}?at={host}"), "must not have a user"),
            (format!("https://{host_of_own}"), "`operator.endpoints`"),
            (format!("{own}/below"), "`operator.endpoints`"),
        ] {
            accounts::apply(&scene, "clever-operator", &there(&endpoint)).await;
            refused(&resource, words).await;
        }
        assert_eq!(elsewhere.latest().await, 0, "nothing was ever sent there");
        assert!(world.cloud.log(since).await.is_empty(), "and nothing at the operator's own endpoint");

        // The operator's own endpoint is allowed, in any spelling.
        accounts::apply(&scene, "clever-operator", &there(&format!("{}/v2/", own.to_uppercase()))).await;
        let made = resource.apply_until_ready().await;
        assert_eq!(record(&made)["endpoint"], own);
        resource.delete_until_gone().await;

        // The list applies while the operator runs, both ways.
        let allowed = Settings { endpoints: vec![format!("{}/", elsewhere.url())], ..default };
        world.tell("operator", &allowed);
        accounts::apply(&scene, "clever-operator", &there(elsewhere.url())).await;
        let made = resource.apply_until_ready().await;
        assert_eq!(record(&made)["endpoint"], elsewhere.url());
        world.tell("operator", &Settings { endpoints: vec![own.to_owned()], ..allowed.clone() });
        refused(&resource, "`operator.endpoints`").await;
        let since = elsewhere.latest().await;
        resource.delete().await;
        resource.until("waits", |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
        refused(&resource, "`operator.endpoints`").await;
        assert!(elsewhere.log(since).await.is_empty(), "nothing is sent there any more");
        world.tell("operator", &allowed);
        resource.wait_gone().await;
        assert!(elsewhere.live(&scene.organisation).await.is_empty());
        assert!(operator.log().contains("configuration changed"));
    });
}

/// A namespace whose token a gateway repeats, with characters that each format writes in its own way.
#[test]
fn token_of_a_namespace_is_not_repeated() {
    const TOKEN: &str = r#"ca"na\ry <t>&%+/=1"#;
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        let operator = world.operator("operator", &Settings::frequent_polls()).await;
        let scene = world.scene().await;
        let text = "{authorization} {authorization.base64} {authorization.base64url} {authorization.percent}";
        let body = json!({ "message": format!("refused: {text}") });
        let answer = json!({ "status": 400, "body": body });
        world.cloud.fault(json!({ "path": "*", "kind": "before", "times": null, "answer": answer })).await;
        accounts::apply(&scene, "clever-operator", &format!("[api]\ntoken = '{TOKEN}'\n")).await;
        let resource = scene.example("KV");
        resource.apply().await;
        let object = resource.until_ready_is("False", "Rejected").await;
        let message = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("refused: [redacted] [redacted] [redacted] [redacted]"), "{message}");
        resource.until_events("Rejected", 1).await;
        let texts = [object.to_string(), scene.events(resource.name()).await.join("\n"), operator.log()];
        let json = json!(TOKEN).to_string();
        for text in texts {
            for secret in [TOKEN, json.trim_matches('"'), "ca%22na", "QmVhcmVyIG"] {
                assert!(!text.contains(secret), "{secret} is in {text}");
            }
        }
    });
}

/// Waits for the refusal of the credentials with these words.
async fn refused(resource: &Resource<'_>, words: &str) {
    let is_refused = |object: &serde_json::Value| {
        let ready = condition(object, "Ready");
        let message = ready["message"].as_str().unwrap_or_default();
        ready["reason"] == "CredentialsInvalid" && message.contains(words)
    };
    resource.until(&format!("refused: {words}"), is_refused).await;
}
