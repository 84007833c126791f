//! The cost of a resource in requests to the cloud and writes to the cluster, read from the logs of both.

use futures::future::join_all;

use harness::{Conversation, Resource, Settings, Stage, eventually, scenario};

/// Resources of one account.
const MANY: usize = 8;

#[test]
fn database_costs_four_requests_and_six_writes() {
    scenario(&["PostgreSql"]).run(async |Stage { scene, .. }| {
        // It pays for the offers.
        scene.example("PostgreSql").named("first").apply_until_ready().await;

        let mut conversation = Conversation::of(&scene);
        conversation.chapter("applied");
        let second = scene.example("PostgreSql").named("second");
        second.apply_until_ready().await;

        let said = conversation.said().await;
        let (cloud, cluster): (Vec<_>, Vec<_>) = said.iter().partition(|remark| remark.is_cloud());
        let text = conversation.text().await;
        assert!(cloud.len() <= 4, "at most list, create, outputs and a read of it:\n{text}");
        assert!(cluster.len() <= 6, "at most intent, id, Secret, status and two events:\n{text}");
    });
}

#[test]
fn mark_costs_two_requests_and_no_write() {
    let settings = Settings { marks: "own", ..Settings::default() };
    scenario(&["PostgreSql"]).settings(settings).run(async |Stage { world, scene, .. }| {
        let marked = async |since| {
            eventually("the mark", async || {
                let log = world.cloud.log(since).await;
                log.iter().any(|entry| entry["operation"] == "add-tag").then_some(())
            })
            .await;
        };
        let before = world.cloud.latest().await;
        scene.example("PostgreSql").named("first").apply_until_ready().await;
        // A mark is set after the status says Ready.
        marked(before).await;

        let mut conversation = Conversation::of(&scene);
        conversation.chapter("applied");
        let since = world.cloud.latest().await;
        scene.example("PostgreSql").named("second").apply_until_ready().await;
        marked(since).await;

        let log = world.cloud.log(since).await;
        assert!(log.len() <= 6, "at most list, marks, create, outputs, a read of it, and mark:\n{log:#?}");
        let said = conversation.said().await;
        let writes = said.iter().filter(|remark| !remark.is_cloud()).count();
        assert!(
            writes <= 6,
            "at most intent, id, Secret, status and two events:\n{}",
            conversation.text().await
        );
    });
}

#[test]
fn resources_in_sync_share_one_list_per_interval() {
    scenario(&["PostgreSql"]).run(async |Stage { world, operator: creator, scene }| {
        let databases: Vec<_> = (0..MANY)
            .map(|number| scene.example("PostgreSql").named(&format!("database-{number}")))
            .collect();
        join_all(databases.iter().map(Resource::apply_until_ready)).await;
        creator.stop().await;

        let _keeper = world.operator("keeper", &Settings::frequent_polls()).await;
        let mut conversation = Conversation::of(&scene);
        conversation.settled_chapter("a new process knows nothing, and looks");
        conversation.lists(2).await;
        conversation.settled_chapter("at rest");
        conversation.lists(4).await;
        let times = conversation.list_times().await;
        let apart = times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
        assert_eq!(conversation.said().await.len(), 0, "nothing but lists:\n{}", conversation.text().await);
        // Of an interval of 2 s, half may go by before those looked at last share the list of those looked at
        // first.
        assert!(
            apart.as_millis() >= 1000,
            "{MANY} resources share one list for each interval, but: {times:?}"
        );
    });
}
