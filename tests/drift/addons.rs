//! Add-ons that vanish, and add-ons that appear twice: nothing that may hold data is deleted or replaced.

use serde_json::{Value, json};

use harness::annotations::CONFIRM_RECREATE;
use harness::scene::{addon, condition};
use harness::{PLANE, Scene, Settings, SharedWorld, Stage, eventually, scenario};

/// A world that the tests of this file share; each test has an organisation of its own.
///
/// An add-on that is younger than the first attempt by creation window, timeout and list lag is a twin.
static WORLD: SharedWorld = SharedWorld::new("addons", &["PostgreSql", "ConfigProvider"], || Settings {
    creation_window: "2s",
    request_timeout: "2s",
    ..Settings::frequent_polls()
});

#[test]
fn vanished_database_is_recreated_only_when_confirmed() {
    WORLD.run(async |scene| {
        let world = &scene.world;
        let resource = scene.example("PostgreSql");
        let lost = addon(&resource.apply_until_ready().await);
        world.cloud.vanish(&lost).await;

        resource.until_ready_is("False", "ExternalResourceVanished").await;
        assert!(scene.live_ids().await.is_empty(), "nothing is made in its place");

        resource.annotate(CONFIRM_RECREATE, json!(lost)).await;
        let recreated = resource.until_ready().await;
        assert_eq!(scene.live_ids().await, [addon(&recreated)]);
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn resource_of_a_vanished_database_can_be_deleted() {
    WORLD.run(async |scene| {
        let world = &scene.world;
        let resource = scene.example("PostgreSql");
        world.cloud.vanish(&addon(&resource.apply_until_ready().await)).await;
        resource.until_ready_is("False", "ExternalResourceVanished").await;
        resource.delete_until_gone().await;
    });
}

/// Other clients may create an add-on without a name, which the list then shows as `null`.
#[test]
fn add_on_without_a_name_disturbs_no_resource() {
    WORLD.run(async |scene| {
        let nameless = json!({ "owner": scene.organisation, "provider": "postgresql-addon" });
        let nameless = scene.world.cloud.insert(nameless).await["id"].clone();
        let resource = scene.example("PostgreSql");
        resource.apply_until_ready().await;
        resource.delete_until_gone().await;
        assert_eq!(json!(scene.live_ids().await), json!([nameless]));
    });
}

#[test]
fn vanished_stateless_add_on_is_recreated() {
    WORLD.run(async |scene| {
        let world = &scene.world;
        let resource = scene.example("ConfigProvider");
        let lost = addon(&resource.apply_until_ready().await);
        world.cloud.vanish(&lost).await;
        let another =
            |object: &Value| addon(object) != lost && object["status"]["conditions"][0]["status"] == "True";
        let recreated = resource.until("has another add-on", another).await;
        assert_eq!(scene.live_ids().await, [addon(&recreated)]);
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn twin_of_another_attempt_is_deleted() {
    WORLD.run(async |scene| {
        let resource = scene.example("PostgreSql");
        let kept = addon(&resource.apply_until_ready().await);
        let twin = double(&scene, 7_000).await;
        eventually("the end of the twin", async || (!scene.live_ids().await.contains(&twin)).then_some(()))
            .await;
        assert_eq!(scene.live_ids().await, [kept]);
        resource.until_ready().await;
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn older_duplicate_is_reported_and_kept() {
    WORLD.run(async |scene| {
        let resource = scene.example("PostgreSql");
        let kept = addon(&resource.apply_until_ready().await);
        let elder = double(&scene, -3_600_000).await;
        resource.until_ready_is("False", "Duplicate").await;
        let both = scene.live_ids().await;
        assert!(both.len() == 2 && both.contains(&kept) && both.contains(&elder), "{both:?}");
        resource.delete_until_gone().await;
        scene.wait_empty().await;
    });
}

#[test]
fn confirmation_is_printed_as_a_command_and_a_wrong_one_is_answered() {
    scenario(&["PostgreSql"]).settings(Settings { list_lag: "2s", ..Settings::frequent_polls() }).run(
        async |Stage { world, scene, .. }| {
            let database = scene.example("PostgreSql");
            let lost = addon(&database.apply_until_ready().await).to_owned();
            world.cloud.vanish(&lost).await;
            let message = |object: &Value| {
                condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned()
            };
            database.until_ready_is("False", "ExternalResourceVanished").await;
            database.annotate(CONFIRM_RECREATE, json!("addon_of-another")).await;
            let answered = database
                .until("answers the wrong word", |object| {
                    message(object).contains("`addon_of-another` is not the id")
                })
                .await;
            let message = message(&answered);
            let command =
                message.split('`').find(|part| part.starts_with("kubectl annotate")).unwrap().to_owned();
            let expected = format!(
                "kubectl annotate postgresql {} {CONFIRM_RECREATE}={lost} -n {} --overwrite",
                database.name(),
                scene.namespace
            );
            assert_eq!(command, expected);
            // Other worlds have kinds of the same name.
            let kind = format!("postgresql.{}", world.group());
            let command = command.replacen("postgresql", &kind, 1);
            PLANE.kubectl().run(&command.split(' ').skip(1).collect::<Vec<_>>()).unwrap();
            let recreated = database.until_ready().await;
            assert_ne!(addon(&recreated), lost);
            database.delete_until_gone().await;
            scene.wait_empty().await;
        },
    );
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
