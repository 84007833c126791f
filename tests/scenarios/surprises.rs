//! What happens behind the operator's back: add-ons vanish and double, records are copied, Secrets of others
//! stand in the way. Nothing that might be somebody's data is deleted, and nothing is made anew in silence.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::harness::{Operator, PLANE, Scene, Settings, World, eventually, play};

const RECORD: &str = "operator.clever-cloud.com/record";
const CONFIRM_RECREATE: &str = "operator.clever-cloud.com/confirm-recreate";

#[test]
fn a_vanished_database_is_never_recreated_unless_confirmed() {
    play(async {
        let scene = scene().await;
        let resource = scene.example("PostgreSql");
        let lost = addon(&resource.come().await);
        scene.world.cloud.vanish(&lost).await;

        resource.until_told("False", "ExternalResourceVanished").await;
        assert!(live(&scene).await.is_empty(), "nothing is made in its place");

        resource.annotate(CONFIRM_RECREATE, json!(lost)).await;
        let recreated = resource.until_ready().await;
        assert_eq!(live(&scene).await, [addon(&recreated)]);
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_vanished_database_can_be_deleted() {
    play(async {
        let scene = scene().await;
        let resource = scene.example("PostgreSql");
        scene.world.cloud.vanish(&addon(&resource.come().await)).await;
        resource.until_told("False", "ExternalResourceVanished").await;
        resource.go().await;
    });
}

#[test]
fn a_vanished_configuration_is_made_anew_because_all_of_it_stands_in_the_spec() {
    play(async {
        let scene = scene().await;
        let resource = scene.example("ConfigProvider");
        let lost = addon(&resource.come().await);
        scene.world.cloud.vanish(&lost).await;
        let another =
            |object: &Value| addon(object) != lost && object["status"]["conditions"][0]["status"] == "True";
        let recreated = resource.until("has another add-on", another).await;
        assert_eq!(live(&scene).await, [addon(&recreated)]);
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_twin_that_came_of_another_attempt_goes() {
    play(async {
        let scene = scene().await;
        let resource = scene.example("PostgreSql");
        let kept = addon(&resource.come().await);
        let twin = double(&scene, 7_000).await;
        eventually("the end of the twin", async || (!live(&scene).await.contains(&twin)).then_some(())).await;
        assert_eq!(live(&scene).await, [kept]);
        resource.until_ready().await;
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn of_an_elder_nobody_knows_whose_data_it_holds_until_the_resource_goes() {
    play(async {
        let scene = scene().await;
        let resource = scene.example("PostgreSql");
        let kept = addon(&resource.come().await);
        let elder = double(&scene, -3_600_000).await;
        resource.until_told("False", "Duplicate").await;
        let both = live(&scene).await;
        assert!(both.len() == 2 && both.contains(&kept) && both.contains(&elder), "{both:?}");
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_copied_record_claims_nothing() {
    play(async {
        let scene = scene().await;
        let original = scene.example("PostgreSql");
        let owned = addon(&original.come().await);
        let record = original.live().await.unwrap()["metadata"]["annotations"][RECORD].clone();

        let mut copy = scene.example("PostgreSql").named("copy");
        copy.manifest["metadata"]["annotations"] = json!({ RECORD: record });
        copy.apply().await;
        copy.until_told("False", "OwnedByOther").await;
        assert_eq!(live(&scene).await, std::slice::from_ref(&owned), "the copy has no add-on of its own");
        copy.go().await;
        assert_eq!(live(&scene).await, [owned], "and takes none with it");
        original.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_secret_of_somebody_else_is_never_taken_over() {
    play(async {
        let scene = scene().await;
        let resource = scene.example("PostgreSql");
        let theirs = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "my-database-secrets" }, "stringData": { "theirs": "kept" },
        });
        scene.world.cluster.apply(&resource.secret(), &theirs).await.unwrap();
        resource.apply().await;
        resource.until_told("False", "SecretConflict").await;
        let kept = scene.world.cluster.get(&resource.secret()).await.unwrap();
        assert_eq!(kept["data"], json!({ "theirs": "a2VwdA==" }));

        scene.world.cluster.delete(&resource.secret()).await;
        resource.until_ready().await;
        resource.go().await;
        scene.wait_empty().await;
    });
}

#[test]
fn a_secret_of_somebody_else_that_goes_wakes_whoever_waits_for_it() {
    play(async {
        // Nothing is looked at again by itself while this test has patience.
        let world = World::own("waiting").await;
        let operator =
            world.operator("resident", &Settings { poll_interval: "3600s", ..Settings::default() }).await;
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        let manifest = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "my-database-secrets" }, "stringData": { "theirs": "kept" },
        });
        world.cluster.apply(&resource.secret(), &manifest).await.unwrap();
        resource.apply().await;
        resource.until_told("False", "SecretConflict").await;
        let looks = || read_by(&world, "my-database-secrets");
        eventually("the lookout", async || looks().iter().any(|verb| verb == "watch").then_some(())).await;
        let before = looks().iter().filter(|verb| *verb == "get").count();

        world.cluster.merge(&resource.secret(), &json!({ "stringData": { "more": "too" } })).await.unwrap();
        eventually("a second look", async || {
            (looks().iter().filter(|verb| *verb == "get").count() > before).then_some(())
        })
        .await;
        resource.until_told("False", "SecretConflict").await;
        world.cluster.delete(&resource.secret()).await;
        resource.until_ready().await;
        assert!(!operator.log().contains("theirs"), "what others keep secret is not logged");
        resource.go().await;
        scene.wait_empty().await;
    });
}

/// In a world that these tests share; each has an organisation of its own.
async fn scene() -> Scene {
    static SHARED: OnceCell<(Arc<World>, Operator)> = OnceCell::const_new();
    let start = async || {
        let world = World::own("surprises").await;
        // What is younger than the first attempt by fence, timeout and settling is a twin beyond doubt.
        let settings =
            Settings { creation_window: "2s", request_timeout: "2s", ..World::settings_of_shared() };
        let operator = world.operator("resident", &settings).await;
        (world, operator)
    };
    SHARED.get_or_init(start).await.0.scene().await
}

/// Another add-on of the same name, so many milliseconds younger than the one that is there.
async fn double(scene: &Scene, younger: i64) -> String {
    let addons = scene.world.cloud.live(&scene.organisation).await;
    let [original] = addons.as_slice() else { panic!("{addons:#?}") };
    let created = original["createdAt"].as_i64().unwrap() + younger;
    let same = |field: &str| original[field].clone();
    let double = json!({
        "owner": same("owner"), "provider": same("provider"), "name": same("name"), "region": same("region"),
        "plan": same("plan")["slug"], "createdAt": created,
    });
    scene.world.cloud.insert(double).await["id"].as_str().unwrap().to_owned()
}

/// How an operator of this world read the Secrets of this name, as far as the API server has told.
fn read_by(world: &World, secret: &str) -> Vec<String> {
    let events = PLANE.audit_events().unwrap();
    let of = |event: &&Value| {
        let named = event["objectRef"]["name"] == secret
            || event["requestURI"].as_str().is_some_and(|uri| uri.contains(secret));
        event["user"]["username"] == world.user().as_str()
            && event["objectRef"]["resource"] == "secrets"
            && named
    };
    events.iter().filter(of).map(|event| event["verb"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The add-ons of the organisation, by their ids.
async fn live(scene: &Scene) -> Vec<String> {
    let addons = scene.world.cloud.live(&scene.organisation).await;
    addons.iter().map(|addon| addon["id"].as_str().unwrap().to_owned()).collect()
}

/// The add-on that a resource names in its status.
fn addon(object: &Value) -> String {
    object["status"]["addon"].as_str().unwrap().to_owned()
}
