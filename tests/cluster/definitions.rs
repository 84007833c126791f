//! Definitions: served or not, claimed by one installation.

use clever_operator::cluster::{
    Failure,
    crd::{Claim, Presence, claim, established, presence},
};

use super::world::{define, definition, eventually, world};

const ANNOTATION: &str = "example.com/installation";

#[tokio::test]
async fn a_definition_is_waited_for_until_it_is_served() {
    let world = world().await;
    let name = "gadgets.example.com";
    assert_eq!(presence(&world.cluster, name).await, Ok(Presence::Absent));
    let waiting = tokio::spawn({
        let cluster = world.cluster.clone();
        async move { established(&cluster, name, &mut drop).await }
    });
    world.plane.kubectl().apply(&definition("Gadget")).unwrap();
    waiting.await.unwrap();
    assert_eq!(presence(&world.cluster, name).await, Ok(Presence::Established));
}

#[tokio::test]
async fn a_definition_whose_names_are_taken_says_so() {
    let world = world().await;
    define(world.plane, "Sprocket");
    let rival = definition("Cog").replace("kind: Cog", "kind: Sprocket");
    world.plane.kubectl().apply(&rival).unwrap();
    let taken =
        eventually("refused names", async || match presence(&world.cluster, "cogs.example.com").await {
            Ok(Presence::NamesTaken(message)) => Some(message),
            _ => None,
        });
    let message = taken.await;
    assert!(message.contains("Sprocket"), "{message}");
}

#[tokio::test]
async fn a_definition_that_is_being_deleted_says_so() {
    let world = world().await;
    define(world.plane, "Relic");
    let relic = r#"{"apiVersion":"example.com/v1","kind":"Relic","metadata":{"name":"r","finalizers":["example.com/hold"]}}"#;
    world.apply(serde_json::from_str(relic).unwrap());
    world.plane.kubectl().run(&["delete", "crd", "relics.example.com", "--wait=false"]).unwrap();
    assert!(matches!(presence(&world.cluster, "relics.example.com").await, Ok(Presence::Deleting { .. })));
    let release = r#"{"metadata":{"finalizers":null}}"#;
    world.kubectl(&["patch", "relic", "r", "--type=merge", "-p", release]);
    eventually("the end of the definition", async || {
        let presence = presence(&world.cluster, "relics.example.com").await;
        (presence == Ok(Presence::Absent)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_two_installations_that_claim_at_once_one_is_told_of_the_other() {
    let world = world().await;
    define(world.plane, "Prize");
    let claims = ["a/one", "b/two"].map(|installation| settle(&world, installation));
    let [a, b] = <[Claim; 2]>::try_from(futures::future::join_all(claims).await).unwrap();
    let outcomes = match (a, b) {
        (Claim::Claimed, Claim::HeldBy(holder)) => holder == "a/one",
        (Claim::HeldBy(holder), Claim::Claimed) => holder == "b/two",
        other => panic!("{other:?}"),
    };
    assert!(outcomes);
}

#[tokio::test]
async fn a_claim_is_renewed_by_its_holder_and_needs_a_definition() {
    let world = world().await;
    define(world.plane, "Trophy");
    assert_eq!(settle_on(&world, "trophys.example.com", "a/one").await, Claim::Claimed);
    assert_eq!(settle_on(&world, "trophys.example.com", "a/one").await, Claim::Claimed);
    assert_eq!(settle_on(&world, "nothings.example.com", "a/one").await, Claim::Absent);
}

async fn settle(world: &super::world::World, installation: &str) -> Claim {
    settle_on(world, "prizes.example.com", installation).await
}

/// Asks until nobody else writes in between: the API server itself writes to a young definition.
async fn settle_on(world: &super::world::World, name: &str, installation: &str) -> Claim {
    eventually("a settled claim", async || {
        match claim(&world.cluster, name, ANNOTATION, installation).await {
            Ok(claim) => Some(claim),
            Err(Failure::Conflict) => None,
            Err(failure) => panic!("{failure}"),
        }
    })
    .await
}
