//! A resource that names no organisation, where the configuration names none either: the only one that the
//! credentials see is used, and stays.

use std::sync::Arc;

use serde_json::{Value, json};

use harness::accounts::{self, THEIRS, credentials, record};
use harness::cloud::organisation;
use harness::scene::condition;
use harness::{Resource, Scene, Settings, World, block_on, world_name};

#[test]
fn the_only_organisation_is_used_and_a_second_one_moves_nothing() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        sees(&world, &[organisation(THEIRS)]).await;
        let operator = world.operator("operator", &Settings::frequent_polls()).await;
        let scene = accounts::scene(&world, THEIRS).await;
        accounts::apply(&scene, "clever-operator", &credentials("other")).await;
        let since = world.cloud.latest().await;
        let (first, second) = (unnamed(&scene), unnamed(&scene).named("second"));
        first.apply_until_ready().await;
        second.apply_until_ready().await;
        for resource in [&first, &second] {
            assert_eq!(record(&resource.live().await.unwrap())["account"], organisation(THEIRS));
        }
        let asked = world.cloud.log(since).await;
        let asked = asked.iter().filter(|one| one["path"] == "/v2/summary" && one["credential"] == "other");
        // The marks of the add-ons are read from the same address, once for all resources.
        assert!(asked.count() <= 6, "the answer is shared");

        // A second organisation: another process finds both.
        drop(operator);
        sees(&world, &[organisation(THEIRS), organisation(THEIRS + 1)]).await;
        let _operator = world.operator("operator", &Settings::frequent_polls()).await;
        let third = unnamed(&scene).named("third");
        third.apply().await;
        let refused = third.until_ready_is("False", "InvalidSpec").await;
        let message = condition(&refused, "Ready")["message"].as_str().unwrap().to_owned();
        for part in ["`spec.organisation` is missing", &organisation(THEIRS), &organisation(THEIRS + 1)] {
            assert!(message.contains(part), "{message}");
        }
        first.until_ready().await;
        let live = world.cloud.live(&organisation(THEIRS)).await;
        assert_eq!(live.len(), 2, "{live:#?}");
        assert!(world.cloud.live(&organisation(THEIRS + 1)).await.is_empty());

        // What the message says to write.
        third.edit("/organisation", json!(organisation(THEIRS + 1))).await;
        third.until_ready().await;
        first.delete_until_gone().await;
        assert_eq!(world.cloud.live(&organisation(THEIRS)).await.len(), 1);
    });
}

#[test]
fn a_namespace_finds_only_organisations_that_it_may_use() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        sees(&world, &[organisation(THEIRS), organisation(THEIRS + 1)]).await;
        let (one, none) = (accounts::scene(&world, THEIRS).await, accounts::scene(&world, THEIRS).await);
        let tenants = json!({ &one.namespace: [organisation(THEIRS + 1)], &none.namespace: ["orga_other"] });
        let settings = Settings { tenants: tenants.to_string(), ..Settings::frequent_polls() };
        let _operator = world.operator("operator", &settings).await;
        for scene in [&one, &none] {
            accounts::apply(scene, "clever-operator", &credentials("other")).await;
        }
        let (used, refused) = (unnamed(&one), unnamed(&none));
        used.apply_until_ready().await;
        assert_eq!(record(&used.live().await.unwrap())["account"], organisation(THEIRS + 1));
        refused.apply().await;
        let object = refused.until_ready_is("False", "InvalidSpec").await;
        let message = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
        assert!(message.contains("`operator.tenants`"), "{message}");
        assert!(!message.contains(&organisation(THEIRS)), "ids of others are not shown: {message}");
    });
}

/// The personal space counts where the credentials see no organisation.
#[test]
fn without_an_organisation_the_personal_space_is_used() {
    block_on(async {
        let world = World::with(&world_name(), &["KV"]).await;
        sees(&world, &[]).await;
        let _operator = world.operator("operator", &Settings::frequent_polls()).await;
        let scene = accounts::scene(&world, THEIRS).await;
        accounts::apply(&scene, "clever-operator", &credentials("other")).await;
        let resource = unnamed(&scene);
        resource.apply_until_ready().await;
        let account = record(&resource.live().await.unwrap())["account"].clone();
        assert!(account.as_str().unwrap().starts_with("user_"), "{account}");
    });
}

/// Sets the organisations that the account `other` sees.
async fn sees(world: &Arc<World>, organisations: &[String]) {
    let mut accounts = world.cloud.accounts().await;
    accounts["accounts"][1]["organisations"] = json!(organisations);
    world.cloud.set_accounts(accounts).await;
}

fn unnamed(scene: &Scene) -> Resource<'_> {
    scene.example("KV").with("/organisation", Value::Null)
}
