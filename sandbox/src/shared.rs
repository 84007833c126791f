//! The state shared by connections: the lock on the cloud, held requests, and the state file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::cloud::Cloud;
use crate::faults::FaultKind;
use crate::state_file::StateFile;

/// The shared state of one sandbox.
#[derive(Debug)]
pub(crate) struct SharedCloud {
    cloud: Mutex<Cloud>,
    store: Option<StateFile>,
    held: watch::Sender<BTreeMap<u64, HeldRequest>>,
    releases: Mutex<BTreeMap<u64, oneshot::Sender<()>>>,
    /// Requests in progress. They continue when their client disconnects, as in a real cloud, and stop with
    /// the sandbox.
    running: Mutex<JoinSet<()>>,
}

/// A held request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeldRequest {
    /// Number of the request in the log.
    pub(crate) number: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Phase in which the request is held.
    pub(crate) kind: FaultKind,
}

impl SharedCloud {
    pub(crate) fn new(cloud: Cloud, store: Option<StateFile>) -> Self {
        let (held, _) = watch::channel(BTreeMap::new());
        Self { cloud: Mutex::new(cloud), store, held, releases: Mutex::default(), running: Mutex::default() }
    }

    /// Runs a function on the cloud. Changes of the world are saved before this returns.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Cloud) -> T) -> T {
        let mut cloud = lock(&self.cloud);
        let result = act(&mut cloud);
        if std::mem::take(&mut cloud.changed) {
            let kept = self.store.as_ref().map_or(Ok(()), |store| store.save(&cloud.world));
            kept.unwrap_or_else(|error| {
                tracing::error!(error = format!("{error:#}"), "cannot save the state file")
            });
        }
        result
    }

    /// Holds a request until it is released.
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

    /// Releases one held request, or all if `number` is `None`. Returns the number of released requests.
    pub(crate) fn release(&self, number: Option<u64>) -> usize {
        let mut releases = lock(&self.releases);
        let chosen: Vec<u64> =
            releases.keys().copied().filter(|held| number.is_none_or(|number| number == *held)).collect();
        let senders: Vec<_> = chosen.iter().filter_map(|number| releases.remove(number)).collect();
        senders.into_iter().map(|sender| sender.send(())).filter(Result::is_ok).count()
    }

    /// Subscribes to the held requests.
    pub(crate) fn held(&self) -> watch::Receiver<BTreeMap<u64, HeldRequest>> {
        self.held.subscribe()
    }

    /// Runs a future to its end, even if the receiver is dropped.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        let mut running = lock(&self.running);
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            let _ = sender.send(work.await);
        });
        receiver
    }

    /// Aborts the requests in progress.
    pub(crate) fn stop(&self) {
        lock(&self.running).abort_all();
    }
}

/// Locks a mutex and ignores poisoning: the world is consistent between two requests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A shared reference to the state.
pub(crate) type CloudHandle = Arc<SharedCloud>;
