//! Deletions while the cloud is down, or while the credentials are refused.

use serde_json::json;

use harness::scene::{addon, condition};
use harness::{Settings, Stage, scenario};

#[test]
fn outage_delays_a_deletion() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, scene, .. }| {
            let resource = scene.example("PostgreSql");
            resource.apply_until_ready().await;
            scene.break_down().await;
            resource.delete().await;
            resource.until_ready_is("False", "CloudUnavailable").await;
            assert_eq!(world.cloud.live(&scene.organisation).await.len(), 1);
            world.cloud.heal().await;
            resource.wait_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn expired_credentials_hold_a_deletion() {
    scenario(&["PostgreSql"]).settings(Settings::frequent_polls()).run(
        async |Stage { world, operator, scene }| {
            let resource = scene.example("PostgreSql");
            resource.apply_until_ready().await;
            let good = world.cloud.accounts().await;
            let mut expired = good.clone();
            expired["accounts"][0]["oauth"]["token"] = json!("expired");
            world.cloud.set_accounts(expired).await;
            resource.delete().await;
            resource.until_ready_is("False", "CredentialsInvalid").await;
            operator.stop().await;
            world.cloud.set_accounts(good).await;
            let _operator = world.operator("renewed", &Settings::default()).await;
            resource.wait_gone().await;
            scene.wait_empty().await;
        },
    );
}

#[test]
fn empty_account_for_a_while_deletes_no_finalizer() {
    let settings = Settings { absence_time: "20s", ..Settings::frequent_polls() };
    scenario(&["KV"]).settings(settings).run(async |Stage { world, scene, .. }| {
        let [hidden, lost] = ["hidden", "lost"].map(|name| scene.example("KV").named(name));
        hidden.apply_until_ready().await;
        // The cloud answers as if the account were empty.
        let organisation = format!("/v2/organisations/{}", scene.organisation);
        let hide = async || {
            let empty = json!({ "path": format!("{organisation}/addons"), "method": "GET", "kind": "before", "times": null, "answer": { "status": 200, "body": [] } });
            world.cloud.fault(empty).await;
            let none = json!({ "path": format!("{organisation}/addons/*"), "kind": "before", "times": null, "answer": { "status": 404, "body": { "message": "not found" } } });
            world.cloud.fault(none).await;
        };
        hide().await;
        hidden.delete().await;
        hidden
            .until("waits for the end of the outage", |object| {
                let ready = condition(object, "Ready");
                ready["message"].as_str().is_some_and(|message| message.contains("which may be an outage"))
            })
            .await;
        world.cloud.heal().await;
        hidden.wait_gone().await;
        scene.wait_empty().await;

        // What stays away is let go in the end, with an event.
        let id = addon(&lost.apply_until_ready().await);
        hide().await;
        lost.delete_until_gone().await;
        lost.until_events("NotSeenDeleted", 1).await;
        let told = scene.events(lost.name()).await;
        assert!(told.iter().any(|event| event.starts_with("Warning") && event.contains(&id)), "{told:?}");
        assert_eq!(scene.live_ids().await, [id]);
    });
}
