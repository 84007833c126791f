//! What a resource may cost: read off the log of the cloud and the audit log.

use futures::future::join_all;

use crate::harness::{Conversation, Resource, Settings, World, play};

/// Resources of one account.
const MANY: usize = 8;

#[test]
fn a_database_costs_three_requests_and_five_writes() {
    play(async {
        let world = World::own("costs").await;
        let _operator = world.operator("resident", &Settings::default()).await;
        let scene = world.scene().await;
        // It pays for the offers.
        scene.example("PostgreSql").named("first").come().await;

        let mut conversation = Conversation::of(&scene);
        conversation.chapter("applied");
        let second = scene.example("PostgreSql").named("second");
        second.come().await;

        let said = conversation.said().await;
        let (cloud, cluster): (Vec<_>, Vec<_>) = said.iter().partition(|remark| remark.is_cloud());
        let text = conversation.text().await;
        assert!(cloud.len() <= 3, "at most list, create and outputs:\n{text}");
        assert!(cluster.len() <= 5, "at most intent, id, Secret, status and one event:\n{text}");
    });
}

#[test]
fn all_that_is_settled_shares_one_list_for_each_interval() {
    play(async {
        let world = World::own("rest").await;
        let creator = world.operator("creator", &Settings::default()).await;
        let scene = world.scene().await;
        let databases: Vec<_> = (0..MANY)
            .map(|number| scene.example("PostgreSql").named(&format!("database-{number}")))
            .collect();
        join_all(databases.iter().map(Resource::come)).await;
        creator.stop().await;

        let _keeper = world.operator("keeper", &World::settings_of_shared()).await;
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
