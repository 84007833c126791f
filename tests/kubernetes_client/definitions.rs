//! Definitions: served or not, claimed by one installation.

use clever_operator::cluster::{
    Cluster, Failure,
    crd::{Presence, claim, holder, read},
};

use super::world::{define, definition, eventually, world};

const ANNOTATION: &str = "example.com/installation";

async fn presence(cluster: &Cluster, name: &str) -> Result<Presence, Failure> {
    Ok(Presence::of(read(cluster, name).await?.as_ref()))
}

#[tokio::test]
async fn a_definition_is_waited_for_until_it_is_served() {
    let world = world().await;
    let name = "gadgets.example.com";
    assert_eq!(presence(&world.cluster, name).await, Ok(Presence::Absent));
    world.plane.kubectl().apply(&definition("Gadget")).unwrap();
    eventually("an established definition", async || {
        let presence = presence(&world.cluster, name).await.unwrap();
        assert!(matches!(presence, Presence::Pending | Presence::Established), "{presence:?}");
        presence.wait_reason().is_none().then_some(())
    })
    .await;
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
    let claims = ["a/one", "b/two"].map(|installation| settle(&world, "prizes.example.com", installation));
    let holders = futures::future::join_all(claims).await;
    assert_eq!(holders[0], holders[1], "both see the same installation");
}

#[tokio::test]
async fn a_claim_is_kept_by_its_holder_and_written_only_over_the_version_that_was_read() {
    let world = world().await;
    define(world.plane, "Trophy");
    let name = "trophys.example.com";
    let before = read(&world.cluster, name).await.unwrap().unwrap();
    assert_eq!(settle(&world, name, "a/one").await, "a/one");
    assert_eq!(settle(&world, name, "b/two").await, "a/one");
    let late = claim(&world.cluster, &before, ANNOTATION, "b/two").await;
    assert_eq!(late, Err(Failure::Conflict));
    assert_eq!(read(&world.cluster, "nothings.example.com").await.map(|it| it.is_some()), Ok(false));
}

/// Claims an unclaimed definition and returns its holder. Tries again when another client writes in between:
/// the API server itself writes to a young definition.
async fn settle(world: &super::world::World, name: &str, installation: &str) -> String {
    eventually("a settled claim", async || {
        let live = read(&world.cluster, name).await.unwrap().unwrap();
        if let Some(holder) = holder(&live, ANNOTATION) {
            return Some(holder.to_owned());
        }
        match claim(&world.cluster, &live, ANNOTATION, installation).await {
            Ok(()) => Some(installation.to_owned()),
            Err(Failure::Conflict) => None,
            Err(failure) => panic!("{failure}"),
        }
    })
    .await
}
