//! The fixture of most tests: a world of its own with one operator and one namespace.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;

use tokio::sync::OnceCell;

use super::{Operator, Scene, Settings, World, block_on};

/// A scenario before it runs: the kinds and settings that its operator gets.
#[must_use = "a scenario does nothing before `run`"]
pub struct Scenario {
    kinds: Vec<&'static str>,
    settings: Settings,
}

/// A running world with one operator and one namespace.
pub struct Stage {
    pub world: Arc<World>,
    pub operator: Operator,
    pub scene: Scene,
}

/// Prepares a scenario with these kinds of the built-in catalog.
///
/// The fewer kinds a scenario names, the faster it is: each kind is a CRD that the shared control plane serves.
pub fn scenario(kinds: &[&'static str]) -> Scenario {
    Scenario { kinds: kinds.to_vec(), settings: Settings::default() }
}

impl Scenario {
    /// Sets how the operator is configured.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Starts the world and its operator, and runs the test in it.
    pub fn run(self, test: impl AsyncFnOnce(Stage)) {
        block_on(async {
            let world = World::with(&world_name(), &self.kinds).await;
            let operator = world.operator("operator", &self.settings).await;
            let scene = world.scene().await;
            test(Stage { world, operator, scene }).await;
        });
    }
}

/// A world with one operator that several tests of a file share. Each test gets a namespace and an organisation
/// of its own, and changes nothing of the cloud as a whole.
pub struct SharedWorld {
    name: &'static str,
    kinds: &'static [&'static str],
    settings: fn() -> Settings,
    running: OnceCell<(Arc<World>, Operator)>,
}

impl SharedWorld {
    /// Describes the world; the first test that runs in it starts it.
    pub const fn new(name: &'static str, kinds: &'static [&'static str], settings: fn() -> Settings) -> Self {
        Self { name, kinds, settings, running: OnceCell::const_new() }
    }

    /// Runs a test in a namespace of its own.
    pub fn run(&self, test: impl AsyncFnOnce(Scene)) {
        block_on(async {
            let start = async || {
                let world = World::with(self.name, self.kinds).await;
                let operator = world.operator("operator", &(self.settings)()).await;
                (world, operator)
            };
            let (world, _operator) = self.running.get_or_init(start).await;
            test(world.scene().await).await;
        });
    }
}

/// Returns a name for the world of the running test: the test's own, short enough for a namespace and unique in
/// this process.
pub fn world_name() -> String {
    const MAX_LEN: usize = 40;
    static TAKEN: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);
    let current = thread::current();
    let test = current.name().unwrap_or("test").rsplit("::").next().unwrap_or_default().replace('_', "-");
    let name = test[..test.len().min(MAX_LEN)].trim_end_matches('-').to_owned();
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let unique = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
    let unique = unique.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(unique.clone());
    unique
}
