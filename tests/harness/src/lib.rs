//! Runs the product as its users do, for the tests of `tests/`: a real control plane, a sandbox cloud, and the
//! operator's binary, as processes of their own.
//!
//! A [`World`] is a cloud, a set of kinds and the operators between them. All worlds of a test process share
//! its control plane: each world that [`scenario()`] makes serves its kinds under an API group of its own, so no
//! operator sees the resources of another. A [`Scene`] is a namespace and an organisation of a world.
//! `tests/README.md` says which helper serves which test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(missing_docs, reason = "fields and constructors of a test harness that their names describe")]

pub mod accounts;
pub mod annotations;
pub mod call;
pub mod cases;
pub mod cloud;
pub mod cluster;
pub mod conversation;
pub mod examples;
pub mod helm;
pub mod kinds;
pub mod operator;
pub mod placeholders;
pub mod pod;
pub mod pod_root;
pub mod program;
pub mod release;
pub mod rights;
pub mod scenario;
pub mod scene;
pub mod used;
pub mod users;
pub mod volumes;
pub mod world;

use std::env;
use std::fs;
use std::future::Future;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use control_plane::ControlPlane;
use tokio::runtime::Runtime;

pub use cloud::Cloud;
pub use cluster::Cluster;
pub use conversation::Conversation;
pub use helm::Helm;
pub use operator::{Operator, Settings};
pub use pod::Pod;
pub use release::Release;
pub use scenario::{SharedWorld, Stage, scenario, world_name};
pub use scene::{Resource, Scene};
pub use users::Users;
pub use world::World;

/// How long anything may take before it counts as broken: generous, for machines that are busy.
const PATIENCE: Duration = Duration::from_mins(4);
/// Between two looks: ever more, for many look at once, and what they look for needs the machine too.
const BETWEEN_LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(400));

/// The control plane of this test process.
///
/// Panics if `CONTROL_PLANE=none` says that the suite runs without one.
pub static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| {
    let allowed = env::var_os("CONTROL_PLANE").is_none_or(|value| value != "none");
    assert!(allowed, "this suite needs a control plane: take it out of `fast_suites` in scripts/test.sh");
    ControlPlane::start().unwrap()
});

/// Outlives every test: what tests share is driven by it, and connections of one test serve the next.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
});

/// Runs a test to its end.
pub fn block_on(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// Looks until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
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
pub fn expect(file: &str, actual: &str) {
    let path = Path::new("tests").join(file);
    if env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, actual).unwrap();
    }
    same(&fs::read_to_string(&path).unwrap_or_default(), actual, file);
}

/// Two texts are the same, or the first line in which they differ is shown, and all that happened.
pub fn same(expected: &str, actual: &str, what: &str) {
    let line =
        expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual).count();
    let [wanted, got] = [expected, actual].map(|text| text.lines().nth(line).unwrap_or("(the end)"));
    assert!(
        expected == actual,
        "{what} says otherwise in line {} (if it is wrong: UPDATE_EXPECTED=1).\nexpected: {wanted}\nbut was:  {got}\nThis is what happened:\n{actual}",
        line + 1
    );
}
