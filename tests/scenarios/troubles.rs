//! What a person is told who asked for the impossible, and that trouble neither becomes a flood nor holds a
//! resource for ever.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::OnceCell;

use crate::harness::scene::condition;
use crate::harness::{Conversation, Operator, Resource, Scene, Settings, World, expect, play};

/// Belongs to the other account of the sandbox.
const SOMEBODY_ELSES: &str = "orga_99999999-8888-4777-8666-555555555555";
const NOBODYS: &str = "orga_ffffffff-0000-4000-8000-000000000000";

#[test]
fn a_plan_that_is_not_offered_is_named() {
    play(refused("unknown-plan", "/instance/plan", "xxs_smal", "NotOffered"));
}

#[test]
fn a_region_that_is_not_offered_is_named() {
    play(refused("unknown-region", "/instance/region", "atlantis", "NotOffered"));
}

#[test]
fn an_organisation_that_nobody_has_is_named() {
    play(refused("unknown-organisation", "/organisation", NOBODYS, "OrganisationNotFound"));
}

#[test]
fn an_organisation_of_somebody_else_is_no_place_to_create() {
    play(refused("organisation-of-somebody-else", "/organisation", SOMEBODY_ELSES, "Unauthorized"));
}

#[test]
fn what_cannot_be_changed_later_can_be_corrected_until_there_is_an_add_on() {
    play(async {
        let scene = shared_scene().await;
        let good = scene.example("Keycloak");
        let resource = scene
            .example("Keycloak")
            .with("/organisation", json!(NOBODYS))
            .with("/instance/region", json!("atlantis"));
        resource.apply().await;
        resource.until_told("False", "OrganisationNotFound").await;
        resource.edit("/organisation", json!(scene.organisation)).await;
        resource.until_told("False", "NotOffered").await;
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
        resource.go().await;
    });
}

#[test]
fn wrong_credentials_are_named_and_hold_nothing_that_was_never_created() {
    play(async {
        let world = World::own("strangers").await;
        let _operator =
            world.operator("stranger", &Settings { token: "nobodys-token", ..Settings::default() }).await;
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        let told = told(&resource, "CredentialsInvalid").await;
        expect("scenarios/troubles/wrong-credentials.txt", &told);
    });
}

#[test]
fn a_cloud_that_is_down_is_asked_ever_less_often() {
    play(async {
        let world = World::own("outage").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        // It pays for the offers.
        scene.example("PostgreSql").named("before").come().await;
        break_down(&scene).await;
        let resource = scene.example("PostgreSql");
        let mut conversation = Conversation::of(&scene);
        conversation.chapter("applied while the cloud is down");
        resource.apply().await;
        resource.until_told("False", "CloudUnavailable").await;
        conversation.lists(4).await;
        let times = conversation.list_times().await;
        assert!(times[3] - times[0] >= Duration::from_secs(7), "pauses of 1, 2 and 4 s: {times:?}");
        assert_eq!(scene.events(resource.name()).await.len(), 1, "one event, however often it is tried");
        world.cloud.heal().await;
        resource.until_ready().await;
        resource.until_events("InSync", 1).await;
        expect("scenarios/troubles/cloud-down.txt", &conversation.text().await);
    });
}

#[test]
fn what_cannot_be_deleted_while_the_cloud_is_down_is_deleted_afterwards() {
    play(async {
        let (world, _operator) = own("late").await;
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        resource.come().await;
        break_down(&scene).await;
        resource.delete().await;
        resource.until_told("False", "CloudUnavailable").await;
        assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
        world.cloud.heal().await;
        resource.wait_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn what_cannot_be_deleted_with_expired_credentials_says_so_and_goes_with_good_ones() {
    play(async {
        let (world, operator) = own("expiry").await;
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        resource.come().await;
        let good = world.cloud.accounts().await;
        let mut expired = good.clone();
        expired["accounts"][0]["oauth"]["token"] = json!("expired");
        world.cloud.set_accounts(expired).await;
        resource.delete().await;
        resource.until_told("False", "CredentialsInvalid").await;
        operator.stop().await;
        world.cloud.set_accounts(good).await;
        let _operator = world.operator("renewed", &Settings::default()).await;
        resource.wait_gone().await;
        scene.wait_empty().await;
    });
}

/// A spec that the cloud refuses: told once, and deleted without a trace.
async fn refused(case: &str, pointer: &str, value: &str, reason: &str) {
    let mut scene = shared_scene().await;
    if pointer == "/organisation" {
        value.clone_into(&mut scene.organisation);
    }
    let resource = scene.example("PostgreSql").with(pointer, json!(value));
    expect(&format!("scenarios/troubles/{case}.txt"), &told(&resource, reason).await);
}

/// In a world that these tests share: none of them changes it.
async fn shared_scene() -> Scene {
    static SHARED: OnceCell<(Arc<World>, Operator)> = OnceCell::const_new();
    SHARED.get_or_init(async || own("troubles").await).await.0.scene().await
}

/// A world with an operator in it.
async fn own(name: &str) -> (Arc<World>, Operator) {
    let world = World::own(name).await;
    let operator = world.operator("resident", &World::settings_of_shared()).await;
    (world, operator)
}

/// Nothing of this organisation is answered any more, but by a page of somebody in between.
async fn break_down(scene: &Scene) {
    let path = format!("/v2/organisations/{}/*", scene.organisation);
    let page = json!({ "status": 503, "html": "<html>Service Unavailable</html>" });
    scene.world.cloud.fault(json!({ "path": path, "kind": "before", "times": null, "answer": page })).await;
}

async fn told(resource: &Resource<'_>, reason: &str) -> String {
    let scene = resource.scene;
    let mut conversation = Conversation::of(scene);
    conversation.chapter("applied");
    resource.apply().await;
    let told = resource.until_told("False", reason).await;
    assert_eq!(condition(&told, "Stalled")["status"], "True", "only a person can help");
    resource.until_events(reason, 1).await;
    conversation.chapter("deleted");
    resource.delete().await;
    resource.wait_gone().await;
    assert!(scene.world.cloud.addons(&scene.organisation).await.is_empty(), "nothing was ever created");
    conversation.text().await
}
