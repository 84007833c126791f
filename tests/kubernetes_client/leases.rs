//! Elections over a Lease of the API server. Their logic is tested beside it; here it meets the real thing.

use std::{pin::Pin, time::Duration};

use clever_operator::cluster::lease::{
    Leadership, Settings, elect, identity, store::ClusterLease, system_clock,
};
use tokio::time::timeout;

use super::world::{PATIENCE, World, world};

/// Short enough for a test, long enough for a busy machine: only orders are asserted, not times.
const SETTINGS: Settings = Settings {
    duration: Duration::from_secs(4),
    renew_deadline: Duration::from_secs(3),
    retry: Duration::from_millis(300),
};

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

fn candidate(world: &World, pod: &str) -> (Leadership, Running) {
    let store = ClusterLease::new(world.cluster.clone(), world.key("leader"));
    let (leadership, running) = elect(store, SETTINGS, identity(pod), system_clock());
    (leadership, Box::pin(running))
}

async fn until_elected(leadership: &Leadership, running: &mut Running) {
    let election = async {
        tokio::select! { () = leadership.elected() => {}, () = running => panic!("the election ended") }
    };
    timeout(PATIENCE, election).await.expect("elected in time");
}

fn holder(world: &World) -> String {
    world.kubectl(&["get", "lease", "leader", "-o", "jsonpath={.spec.holderIdentity}"])
}

#[tokio::test]
async fn a_lease_is_handed_over_when_its_holder_resigns() {
    let world = world().await;
    let (a, mut a_runs) = candidate(&world, "a");
    until_elected(&a, &mut a_runs).await;
    assert!(holder(&world).starts_with("a_"));
    a.resign();
    timeout(PATIENCE, a_runs).await.unwrap();
    assert_eq!(holder(&world), "");
    let (b, mut b_runs) = candidate(&world, "b");
    until_elected(&b, &mut b_runs).await;
    assert!(holder(&world).starts_with("b_") && !a.is_leader());
    assert_eq!(world.kubectl(&["get", "lease", "leader", "-o", "jsonpath={.spec.leaseTransitions}"]), "2");
}

#[tokio::test]
async fn a_frozen_holder_has_no_fence_when_the_next_leads() {
    let world = world().await;
    let (a, mut a_runs) = candidate(&world, "a");
    until_elected(&a, &mut a_runs).await;
    let fence = a.fence();
    // From here on nobody polls a: it is frozen, and its lease lapses.
    let (b, mut b_runs) = candidate(&world, "b");
    until_elected(&b, &mut b_runs).await;
    assert!(!a.is_leader() && !fence.is_some_and(|fence| fence.holds()));
    // Awake again it finds out, and takes nothing back while b goes on.
    let both_run = async {
        tokio::select! { () = a.lost() => {}, () = &mut a_runs => {}, () = &mut b_runs => {} }
    };
    timeout(PATIENCE, both_run).await.expect("a learns of its loss");
    assert!(holder(&world).starts_with("b_"));
}
