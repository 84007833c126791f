//! A restart at rest: the next process lists the add-ons, reads none of them by itself, and writes nothing.

use harness::cluster::writes;
use harness::{Settings, World, block_on, eventually};

#[test]
fn restart_at_rest_writes_nothing_to_the_cluster() {
    block_on(async {
        let world = World::with_all_kinds("restart").await;
        let settings = Settings::default();
        let first = world.operator("first", &settings).await;
        let scene = world.scene().await;
        let kinds: Vec<_> = world.kinds().map(|kind| kind.kind.clone()).collect();
        let resources: Vec<_> = kinds.iter().map(|kind| scene.example(kind)).collect();
        for resource in &resources {
            resource.apply().await;
        }
        for resource in &resources {
            resource
                .until("Ready", |object| harness::scene::condition(object, "Ready")["status"] == "True")
                .await;
        }
        let user = world.user();
        first.stop().await;
        let before = writes(&user, &scene.namespace).len();
        let since = world.cloud.latest().await;
        let second = world.operator("second", &settings).await;
        eventually("all in sync again", async || {
            let metrics = second.ask("/metrics").await.1;
            let is_ready = |line: &&str| {
                line.starts_with("clever_operator_resources{") && line.ends_with(r#"reason="InSync"} 1"#)
            };
            // A reconciliation counts when it has ended, with its status.
            let ended = |line: &&str| line.starts_with("clever_operator_reconcile_total{");
            let count = |line: &str| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap();
            let all = metrics.lines().filter(is_ready).count() == resources.len();
            let done = metrics.lines().filter(ended).map(count).sum::<usize>() >= resources.len();
            (all && done).then_some(())
        })
        .await;
        let after = writes(&user, &scene.namespace).split_off(before);
        let told: Vec<_> = after
            .iter()
            .map(|event| format!("{} {} {}", event["verb"], event["requestURI"], event["requestObject"]))
            .collect();
        let log = world.cloud.log(since).await;
        // The status says when each add-on was compared, so none is read again by itself.
        let single: Vec<_> = log
            .iter()
            .map(|entry| entry["path"].to_string())
            .filter(|path| path.contains("addon_") || path.contains("/addons/"))
            .collect();
        assert_eq!(single, Vec::<String>::new(), "{log:?}");
        assert_eq!(told, Vec::<String>::new());
        assert!(log.iter().all(|entry| entry["method"] == "GET"), "{log:?}");
    });
}
