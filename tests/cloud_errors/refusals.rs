//! Requests that the cloud refuses: the message names the cause, and nothing is left behind.

use serde_json::json;

use harness::scene::condition;
use harness::{Conversation, Resource, Settings, SharedWorld, Stage, expect, scenario};

/// A world that these tests share; none of them changes it.
static WORLD: SharedWorld =
    SharedWorld::new("refusals", &["PostgreSql", "Keycloak"], Settings::frequent_polls);

/// Belongs to the other account of the sandbox.
const SOMEBODY_ELSES: &str = "orga_99999999-8888-4777-8666-555555555555";
const NOBODYS: &str = "orga_ffffffff-0000-4000-8000-000000000000";

#[test]
fn unknown_plan_is_named() {
    refused("unknown-plan", "/instance/plan", "xxs_smal", "NotOffered");
}

#[test]
fn unknown_region_is_named() {
    refused("unknown-region", "/instance/region", "atlantis", "NotOffered");
}

#[test]
fn unknown_organisation_is_named() {
    refused("unknown-organisation", "/organisation", NOBODYS, "OrganisationNotFound");
}

#[test]
fn organisation_of_another_account_is_named() {
    refused("organisation-of-somebody-else", "/organisation", SOMEBODY_ELSES, "Unauthorized");
}

#[test]
fn immutable_field_can_be_corrected_before_creation() {
    WORLD.run(async |scene| {
        let good = scene.example("Keycloak");
        let resource = scene
            .example("Keycloak")
            .with("/organisation", json!(NOBODYS))
            .with("/instance/region", json!("atlantis"));
        resource.apply().await;
        resource.until_ready_is("False", "OrganisationNotFound").await;
        resource.edit("/organisation", json!(scene.organisation)).await;
        resource.until_ready_is("False", "NotOffered").await;
        resource.edit("/instance/region", good.manifest["spec"]["instance"]["region"].clone()).await;
        resource.until_ready().await;
        let live = scene.world.cloud.live(&scene.organisation).await;
        assert_eq!(
            live.iter().filter(|addon| addon["parent"].is_null()).count(),
            1,
            "exactly one add-on: {live:#?}"
        );
        for (pointer, value) in [
            ("/organisation", json!(NOBODYS)),
            ("/organisation", json!(null)),
            ("/instance/region", json!("rbx")),
        ] {
            let refused = resource.try_edit(pointer, value).await.unwrap_err();
            assert!(refused.contains("cannot be changed after creation"), "{refused}");
        }
        resource.delete_until_gone().await;
    });
}

#[test]
fn wrong_credentials_are_named() {
    scenario(&["PostgreSql"]).settings(Settings { token: "nobodys-token", ..Settings::default() }).run(
        async |Stage { scene, .. }| {
            let resource = scene.example("PostgreSql");
            let told = told(&resource, "CredentialsInvalid").await;
            expect("cloud_errors/wrong-credentials.txt", &told);
        },
    );
}

/// A spec that the cloud refuses: told once, and deleted without a trace.
fn refused(case: &str, pointer: &str, value: &str, reason: &str) {
    WORLD.run(async |mut scene| {
        if pointer == "/organisation" {
            value.clone_into(&mut scene.organisation);
        }
        let resource = scene.example("PostgreSql").with(pointer, json!(value));
        expect(&format!("cloud_errors/{case}.txt"), &told(&resource, reason).await);
    });
}

async fn told(resource: &Resource<'_>, reason: &str) -> String {
    let scene = resource.scene;
    let mut conversation = Conversation::of(scene);
    conversation.chapter("applied");
    resource.apply().await;
    let told = resource.until_ready_is("False", reason).await;
    assert_eq!(condition(&told, "Stalled")["status"], "True", "only a person can help");
    resource.until_events(reason, 1).await;
    conversation.chapter("deleted");
    resource.delete().await;
    resource.wait_gone().await;
    assert!(scene.world.cloud.addons(&scene.organisation).await.is_empty(), "nothing was ever created");
    conversation.text().await
}
