//! What the operator tells of itself over HTTP is true, and what becomes of it while parts of the control
//! plane are away: played by the binary as it is, on a real control plane.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::sync::RwLock;

use harness::{Operator, PLANE, Settings, World, block_on, cluster, eventually};

/// Whoever takes a part of the control plane away must be alone.
static STAGE: RwLock<()> = RwLock::const_new(());

#[test]
fn it_is_ready_when_it_watches_leads_or_stands_by_and_its_credentials_work() {
    block_on(async {
        let _stage = STAGE.read().await;
        let world = World::with("pair", &["PostgreSql", "ConfigProvider", "KV", "Keycloak"]).await;
        let first = world.operator("first", &Settings::default()).await;
        let second = world.operator("second", &Settings::default()).await;
        for operator in [&first, &second] {
            until_ready(operator).await;
        }
        let lease = async |operator: &Operator| status(operator).await["lease"].clone();
        let leads = async |operator: &Operator| lease(operator).await["state"] == "held";
        let (leader, other) = if leads(&first).await { (first, second) } else { (second, first) };
        assert!(leads(&leader).await);
        let told = lease(&other).await;
        assert_eq!(told["state"], "standby", "{told}");
        assert!(told["detail"].as_str().unwrap().starts_with("held by "), "{told}");
        let log = other.log();
        let told =
            log.lines().filter(|line| line.contains("standing by: another process holds the lease")).count();
        assert_eq!(told, 1, "{log}");
        assert_eq!(credentials(&leader).await, "untried", "nobody needed them");

        let scene = world.scene().await;
        scene.example("PostgreSql").apply_until_ready().await;
        let status = status(&leader).await;
        let api = &status["apis"]["clever-cloud"];
        assert_eq!(api["credentials"]["state"], "working", "{status:#}");
        assert_eq!(format!("http://{}", api["endpoint"].as_str().unwrap()), world.cloud.url());
        assert!(api["lastList"].is_string(), "{status:#}");
        assert_eq!(status["kinds"].as_object().unwrap().len(), world.kinds().count(), "{status:#}");
        assert_eq!(
            status["kinds"]["postgresqls.pair.example.test"]["resources"],
            json!({ "InSync": 1 }),
            "{status:#}"
        );
        assert_eq!(credentials(&other).await, "untried", "who stands by asks nobody");

        let metrics = leader.ask("/metrics").await.1;
        let line = r#"clever_operator_resources{kind="postgresqls.pair.example.test",reason="InSync"} 1"#;
        assert!(metrics.lines().any(|known| known == line), "{metrics}");
        let secrets = ["demo-token", "demo-secret", "demo-consumer"];
        let pages = format!("{status} {metrics} {}", leader.ask("/readyz").await.1);
        assert!(!secrets.iter().any(|secret| pages.contains(secret)), "{pages}");
        let log = leader.log();
        assert!(log.contains(r#""kind":"postgresqls.pair.example.test""#), "{log}");
    });
}

#[test]
fn it_is_not_ready_while_its_credentials_are_refused() {
    block_on(async {
        let _stage = STAGE.read().await;
        let world = World::with("refused", &["PostgreSql", "ConfigProvider", "KV", "Keycloak"]).await;
        let good = world.cloud.accounts().await;
        let mut expired = good.clone();
        expired["accounts"][0]["oauth"]["token"] = json!("expired");
        world.cloud.set_accounts(expired).await;
        let operator = world.operator("operator", &Settings::frequent_polls()).await;
        until_ready(&operator).await;
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        resource.apply().await;
        let unready = until_unready(&operator, "credentials/clever-cloud").await;
        assert_eq!(unready["state"], "refused", "{unready}");
        assert_eq!(operator.ask("/livez").await.0, 200, "a restart would not mend it");

        world.cloud.set_accounts(good).await;
        resource.edit("/instance/plan", json!("xs_sml")).await;
        resource.until_ready().await;
        until_ready(&operator).await;
        assert_eq!(credentials(&operator).await, "working");
    });
}

#[test]
fn it_is_not_ready_while_a_definition_is_missing() {
    block_on(async {
        let _stage = STAGE.read().await;
        let world = World::with("missing", &["PostgreSql", "ConfigProvider", "KV", "Keycloak"]).await;
        let definition = world.kind("KV").definition();
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}");
        let mut manifest = world.cluster.get(&path).await.unwrap();
        manifest["metadata"] = json!({ "name": definition });
        world.cluster.delete(&path).await;
        world.cluster.wait_gone(&path).await;
        let operator = world.operator("operator", &Settings::default()).await;
        let check = format!("watch/{definition}");
        eventually("what it waits for", async || {
            let unready = until_unready(&operator, &check).await;
            let detail = unready["detail"].as_str().unwrap_or_default();
            (unready["state"] == "waiting" && detail.starts_with("the CRD is not installed")).then_some(())
        })
        .await;
        world
            .cluster
            .create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &manifest)
            .await
            .unwrap();
        until_ready(&operator).await;
        world.scene().await.example("KV").apply_until_ready().await;

        world.cluster.delete(&path).await;
        world.cluster.wait_gone(&path).await;
        until_unready(&operator, &check).await;
    });
}

#[test]
fn an_api_server_that_is_away_is_told_of_and_all_comes_back_by_itself() {
    block_on(async {
        let _stage = STAGE.write().await;
        let world = World::with("away", &["PostgreSql", "ConfigProvider", "KV", "Keycloak"]).await;
        let operator = world.operator("operator", &Settings::frequent_polls()).await;
        let scene = world.scene().await;
        let before = scene.example("PostgreSql").named("before");
        before.apply_until_ready().await;
        until_ready(&operator).await;
        let kept = world.cloud.live(&scene.organisation).await;

        PLANE.stop_api_server().unwrap();
        until_unready(&operator, "secrets").await;
        let lease = until_unready(&operator, "lease").await;
        assert_eq!(lease["state"], "unreachable", "{lease}");
        for kind in world.kinds() {
            let watch = until_unready(&operator, &format!("watch/{}", kind.definition())).await;
            assert_eq!(watch["state"], "broken", "{watch}");
        }
        assert_eq!(operator.ask("/livez").await.0, 200, "a restart would not mend it");
        assert_eq!(world.cloud.live(&scene.organisation).await, kept);

        PLANE.restart_api_server().unwrap();
        until_ready(&operator).await;
        let after = scene.example("PostgreSql").named("after");
        after.apply_until_ready().await;
        before.edit("/instance/plan", json!("s_sml")).await;
        before.until_ready().await;
        assert_eq!(world.cloud.addons(&scene.organisation).await.len(), 2, "none was made twice");
        for resource in [before, after] {
            resource.delete_until_gone().await;
        }
        scene.wait_empty().await;
    });
}

#[test]
fn a_namespace_that_goes_takes_no_secret_any_more_and_that_holds_nothing() {
    block_on(async {
        let _stage = STAGE.write().await;
        let world = World::with("going", &["PostgreSql", "ConfigProvider", "KV", "Keycloak"]).await;
        let _operator = world.operator("operator", &Settings::frequent_polls()).await;
        let scene = world.scene().await;
        let resource = scene.example("PostgreSql");
        resource.apply_until_ready().await;

        // Nobody empties the namespace: its contents go in the order that is chosen here, the Secret first.
        let emptier = Pid::from_raw(i32::try_from(PLANE.pids().kube_controller_manager).unwrap());
        kill(emptier, Signal::SIGSTOP).unwrap();
        let namespace = format!("/api/v1/namespaces/{}", scene.namespace);
        world.cluster.delete(&namespace).await;
        world.cluster.delete(&resource.secret()).await;
        let refused = || {
            let writes = cluster::writes(&world.user(), &scene.namespace);
            let refused = |write: &&Value| {
                write["objectRef"]["resource"] == "secrets" && write["responseStatus"]["code"] == 403
            };
            writes.iter().filter(refused).count()
        };
        eventually("a Secret that is refused", async || (refused() > 0).then_some(())).await;
        assert_eq!(resource.live().await.unwrap()["metadata"]["finalizers"].as_array().unwrap().len(), 1);
        resource.delete().await;
        resource.wait_gone().await;
        scene.wait_empty().await;
        assert!(refused() < 20, "looked at now and then, not in a loop: {} times", refused());

        kill(emptier, Signal::SIGCONT).unwrap();
        world.cluster.wait_gone(&namespace).await;
    });
}

async fn until_ready(operator: &Operator) {
    eventually("an operator that is ready", async || (operator.ask("/readyz").await.0 == 200).then_some(()))
        .await;
}

/// Waits until it says that it is not ready because of this check, and returns the check.
async fn until_unready(operator: &Operator, check: &str) -> Value {
    eventually(&format!("an operator that is not ready because of {check}"), async || {
        let (status, page) = operator.ask("/readyz").await;
        let page: Value = serde_json::from_str(&page).unwrap();
        let checks = page["checks"].as_array().cloned().unwrap();
        let bad = checks.into_iter().find(|one| one["name"] == check && one["ok"] == false)?;
        (status == 503).then_some(bad)
    })
    .await
}

async fn status(operator: &Operator) -> Value {
    serde_json::from_str(&operator.ask("/status").await.1).unwrap()
}

async fn credentials(operator: &Operator) -> Value {
    status(operator).await["apis"]["clever-cloud"]["credentials"]["state"].clone()
}
