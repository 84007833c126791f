//! A restart at rest: the next process looks at everything, and writes nothing.

use harness::cluster::writes;
use harness::{Settings, World, block_on, eventually};

#[test]
fn restart_at_rest_writes_nothing_to_the_cluster() {
    block_on(async {
        let world = World::with_all_kinds("restart").await;
        let settings = Settings { ..Settings::default() };
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
            let counted =
                |line: &&str| line.starts_with("clever_operator_resources{") && line.ends_with(" 1");
            (metrics.lines().filter(counted).count() == resources.len()).then_some(())
        })
        .await;
        let after = writes(&user, &scene.namespace).split_off(before);
        let told: Vec<_> = after
            .iter()
            .map(|event| format!("{} {} {}", event["verb"], event["requestURI"], event["requestObject"]))
            .collect();
        let log = world.cloud.log(since).await;
        println!(
            "{}",
            log.iter()
                .map(|entry| format!("{} {}", entry["method"], entry["operation"]))
                .collect::<Vec<_>>()
                .join("\n")
        );
        assert_eq!(told, Vec::<String>::new());
        assert!(log.iter().all(|entry| entry["method"] == "GET"), "{log:?}");
    });
}
