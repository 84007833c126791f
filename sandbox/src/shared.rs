//! The cloud as connections share it: the lock, the requests that are held, and the file that keeps the world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::cloud::Cloud;
use crate::faults::FaultKind;
use crate::state_file::StateFile;

/// One sandbox.
#[derive(Debug)]
pub(crate) struct SharedCloud {
    cloud: Mutex<Cloud>,
    store: Option<StateFile>,
    held: watch::Sender<BTreeMap<u64, HeldRequest>>,
    releases: Mutex<BTreeMap<u64, oneshot::Sender<()>>>,
    /// Requests being dealt with. They go on when their client leaves, as they do at a real cloud, and end with the sandbox.
    running: Mutex<JoinSet<()>>,
}

/// A request whose answer is held.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeldRequest {
    /// Its number in the log.
    pub(crate) number: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Held before or after its effect.
    pub(crate) kind: FaultKind,
}

impl SharedCloud {
    pub(crate) fn new(cloud: Cloud, store: Option<StateFile>) -> Self {
        let (held, _) = watch::channel(BTreeMap::new());
        Self { cloud: Mutex::new(cloud), store, held, releases: Mutex::default(), running: Mutex::default() }
    }

    /// Does something with the cloud. Whatever changed in the world is kept before anybody learns of it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Cloud) -> T) -> T {
        let mut cloud = lock(&self.cloud);
        let result = act(&mut cloud);
        if std::mem::take(&mut cloud.changed) {
            let kept = self.store.as_ref().map_or(Ok(()), |store| store.save(&cloud.world));
            kept.unwrap_or_else(|error| tracing::error!("the state is not kept: {error:#}"));
        }
        result
    }

    /// Waits until the request is released.
    pub(crate) async fn hold(&self, held: HeldRequest) {
        let (release, released) = oneshot::channel();
        let number = held.number;
        lock(&self.releases).insert(number, release);
        self.held.send_modify(|all| {
            all.insert(number, held);
        });
        let _ = released.await;
        self.held.send_modify(|all| {
            all.remove(&number);
        });
    }

    /// Releases one held request, or all; says how many.
    pub(crate) fn release(&self, number: Option<u64>) -> usize {
        let mut releases = lock(&self.releases);
        let chosen: Vec<u64> = releases.keys().copied().filter(|held| number.is_none_or(|number| number == *held)).collect();
        let senders: Vec<_> = chosen.iter().filter_map(|number| releases.remove(number)).collect();
        senders.into_iter().map(|sender| sender.send(())).filter(Result::is_ok).count()
    }

    /// What is held, now and whenever it changes.
    pub(crate) fn held(&self) -> watch::Receiver<BTreeMap<u64, HeldRequest>> {
        self.held.subscribe()
    }

    /// Runs something to its end, whether or not anybody waits for it.
    pub(crate) fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        let mut running = lock(&self.running);
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            let _ = sender.send(work.await);
        });
        receiver
    }

    /// Ends whatever is being dealt with.
    pub(crate) fn stop(&self) {
        lock(&self.running).abort_all();
    }
}

/// The guard, whatever happened to its last holder: the world is always whole between two requests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How connections hold it.
pub(crate) type CloudHandle = Arc<SharedCloud>;
