//! The product as its users run it: a real control plane, a sandbox cloud, and the operator's binary as
//! processes of their own.
//!
//! A [`World`] is a cloud and a set of kinds, and the operators between them. All worlds share one control
//! plane: those of their own ([`World::own`]) serve the catalog under an API group of their own, so that none
//! sees the resources of another. A [`Scene`] is a part of a world: a namespace and an organisation. What is
//! tested here stands elsewhere.

pub(crate) mod cloud;
pub(crate) mod cluster;
pub(crate) mod conversation;
pub(crate) mod examples;
pub(crate) mod helm;
pub(crate) mod kinds;
pub(crate) mod museum;
pub(crate) mod operator;
pub(crate) mod placeholders;
pub(crate) mod pod;
pub(crate) mod pod_root;
pub(crate) mod release;
pub(crate) mod rights;
pub(crate) mod scene;
pub(crate) mod used;
pub(crate) mod users;
pub(crate) mod volumes;
pub(crate) mod world;

use std::env;
use std::fs;
use std::future::Future;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use control_plane::ControlPlane;
use tokio::runtime::Runtime;

pub(crate) use cloud::Cloud;
pub(crate) use cluster::Cluster;
pub(crate) use conversation::Conversation;
pub(crate) use helm::Helm;
pub(crate) use operator::{Operator, Settings};
pub(crate) use pod::Pod;
pub(crate) use release::Release;
pub(crate) use scene::{Resource, Scene};
pub(crate) use users::Users;
pub(crate) use world::World;

/// How long anything may take before it counts as broken: generous, for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks: ever more, for many look at once, and what they look for needs the machine too.
const BETWEEN_LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(400));

/// The control plane of this test process.
pub(crate) static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| ControlPlane::start().unwrap());

/// Outlives every test: what tests share is driven by it, and connections of one test serve the next.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
});

/// Runs a test to its end.
pub(crate) fn play(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// Looks until there is something to see.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    let (mut pause, longest) = BETWEEN_LOOKS;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "never seen: {what}");
        tokio::time::sleep(pause).await;
        pause = (pause * 5 / 4).min(longest);
    }
}

/// Compares a text with the file that holds what it should be, or with `UPDATE_EXPECTED=1` writes that file.
pub(crate) fn expect(file: &str, actual: &str) {
    let path = Path::new("tests").join(file);
    if env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, actual).unwrap();
    }
    same(&fs::read_to_string(&path).unwrap_or_default(), actual, file);
}

/// Two texts are the same, or the first line in which they differ is shown, and all that happened.
pub(crate) fn same(expected: &str, actual: &str, what: &str) {
    let line =
        expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual).count();
    let [wanted, got] = [expected, actual].map(|text| text.lines().nth(line).unwrap_or("(the end)"));
    assert!(
        expected == actual,
        "{what} says otherwise in line {} (if it is wrong: UPDATE_EXPECTED=1).\nexpected: {wanted}\nbut was:  {got}\nThis is what happened:\n{actual}",
        line + 1
    );
}
