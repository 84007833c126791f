//! The Secret is current: new values at the cloud arrive in Secret and status, with one event.

use serde_json::{Value, json};

use harness::annotations::RECONCILE_REQUESTED_AT;
use harness::scene::addon;
use harness::{Resource, Settings, Stage, scenario};

const PASSWORD: &str = "POSTGRESQL_ADDON_PASSWORD";
const HOST: &str = "POSTGRESQL_ADDON_HOST";

#[test]
fn new_values_at_the_cloud_arrive_on_request_twice() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("PostgreSql");
            let id = addon(&resource.apply_until_ready().await);
            for round in ["first", "second"] {
                let (password, host) = (format!("{round}-password"), format!("{round}.example.test"));
                world.cloud.edit(&id, json!({ "values": { "password": password, "host": host } })).await;
                request(&resource, round).await;
                arrived(&resource, &password).await;
                resource
                    .until("shows the host", |object| object["status"]["connection"]["host"] == host.as_str())
                    .await;
            }
            resource.until_events("SecretUpdated", 2).await;
            let events = scene.events(resource.name()).await;
            let told: Vec<_> = events.iter().filter(|event| event.contains(" SecretUpdated: ")).collect();
            assert!(told.iter().all(|event| event.contains(HOST) && event.contains(PASSWORD)), "{told:?}");
            assert!(!told.iter().any(|event| event.contains("-password")), "{told:?}");
            resource.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn new_values_at_the_cloud_arrive_on_request_after_a_restart() {
    let patient = Settings { poll_interval: "3600s", ..Settings::default() };
    scenario(&["PostgreSql"]).settings(patient).run(async |Stage { world, scene, operator }| {
        let resource = scene.example("PostgreSql");
        let id = addon(&resource.apply_until_ready().await);
        operator.stop().await;
        world.cloud.edit(&id, json!({ "values": { "password": "rotated-password" } })).await;
        let patient = Settings { poll_interval: "3600s", ..Settings::default() };
        let _operator = world.operator("second", &patient).await;
        resource.annotate(RECONCILE_REQUESTED_AT, json!("2026-01-01T00:00:00Z")).await;
        arrived(&resource, "rotated-password").await;
        resource.until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

/// Asks for a look: by themselves, outputs are read again after minutes.
pub(crate) async fn request(resource: &Resource<'_>, value: &str) {
    resource.annotate(RECONCILE_REQUESTED_AT, json!(value)).await;
}

async fn arrived(resource: &Resource<'_>, password: &str) {
    let data = |secret: &Value| decoded(&secret["data"][PASSWORD]);
    resource.until_secret("has the new password", |secret| data(secret).as_deref() == Some(password)).await;
}

/// A value of a Secret, as text.
pub(crate) fn decoded(value: &Value) -> Option<String> {
    use base64::Engine;
    let bytes = base64::prelude::BASE64_STANDARD.decode(value.as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}
