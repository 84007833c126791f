//! Deletions while the cloud is down, or while the credentials are refused.

use serde_json::json;

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
