//! The deletion of add-ons that are younger than the list lag.

use harness::{Settings, World, block_on, eventually};

#[test]
fn young_add_on_of_each_kind_goes_before_the_list_lag_has_passed() {
    block_on(async {
        let world = World::with_all_kinds("young").await;
        // Longer than any test waits.
        let settings = Settings { list_lag: "1h", ..Settings::default() };
        let _operator = world.operator("operator", &settings).await;
        let scene = world.scene().await;
        let resources: Vec<_> = world.kinds().map(|kind| scene.example(&kind.kind)).collect();
        for resource in &resources {
            resource.apply().await;
        }
        for resource in &resources {
            resource.until_ready().await;
        }
        let since = world.cloud.latest().await;
        for resource in &resources {
            resource.delete().await;
        }
        for resource in &resources {
            resource.wait_gone().await;
        }
        eventually("an empty account", async || scene.live_ids().await.is_empty().then_some(())).await;
        let log = world.cloud.log(since).await;
        let answered = |method: &str, status: u64| {
            log.iter().filter(|entry| entry["method"] == method && entry["status"] == status).count()
        };
        assert_eq!(answered("GET", 404), resources.len(), "each is looked up by its id: {log:#?}");
    });
}
