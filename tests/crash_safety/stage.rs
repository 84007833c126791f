//! Worlds with room for many resources at once, and the operators that are made to fail in them.

use std::sync::Arc;

use regex::Regex;

use super::wire::Wire;
use harness::cloud::organisation;
use harness::operator::Surroundings;
use harness::world::folder;
use harness::{Operator, Resource, Scene, Settings, World};

/// Dozens of resources stand at their crash points together; the budget, which would hold them up, is tested
/// elsewhere.
const ROOMY: &str = "budget: { perSecond: 1000, burst: 1000, creatingAtOnce: 100 }";

/// Of an operator that is about to be killed: it gives nothing up while others are brought to their crash
/// points.
///
/// Its patience helps nobody: waits are counted by those who come after it, from when they first see what it
/// left. It takes every list for the truth, so that a deletion is the same requests at any age of the add-on;
/// who is patient with lists are those who come after it.
pub(crate) fn patient() -> Settings {
    Settings {
        creation_window: "60s",
        list_lag: "1ms",
        request_timeout: "300s",
        poll_interval: "3600s",
        ..quick()
    }
}

/// Of an operator that shows what it does soon. A new attempt is made 8 s after somebody else's was first
/// seen.
pub(crate) fn quick() -> Settings {
    Settings {
        creation_window: "3s",
        list_lag: "2s",
        request_timeout: "3s",
        poll_interval: "5s",
        lease: ["3s", "2s", "400ms"],
        ..Settings::default()
    }
}

/// All kinds of the built-in catalog and a cloud of their own, with a roomy budget.
pub(crate) async fn stage(name: &str) -> Arc<World> {
    let budget = Regex::new("(?m)^budget: .*$").unwrap();
    World::with_catalog(name, &[], &|text| budget.replace(text, ROOMY).into_owned()).await
}

/// So many organisations in one namespace: resources in different ones share neither a list nor offers.
pub(crate) async fn scenes(world: &Arc<World>, count: u32) -> Vec<Scene> {
    let Scene { namespace, .. } = world.scene().await;
    let scene = |number| Scene {
        world: world.clone(),
        namespace: namespace.clone(),
        organisation: organisation(number),
    };
    (1..=count).map(scene).collect()
}

/// The example of a kind in an organisation, under a name of its own.
pub(crate) fn resource<'a>(scene: &'a Scene, kind: &str) -> Resource<'a> {
    let number = scene.organisation.rsplit('-').next().unwrap_or_default().trim_start_matches('0');
    let name = format!("{}-{number}", kind.to_lowercase());
    scene.example(kind).named(&name)
}

/// Starts an operator at the end of a wire.
pub(crate) async fn wired(world: &World, name: &str, settings: &Settings) -> (Operator, Wire) {
    let wire = Wire::lay(world).await;
    let surroundings = Surroundings {
        folder: &world.folder,
        kubeconfig: &wire.kubeconfig,
        namespace: &world.name,
        catalog: Some(&folder(&world.name).join("catalog")),
        endpoint: world.cloud.url(),
    };
    (Operator::start(surroundings, name, settings).await, wire)
}
