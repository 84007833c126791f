//! Workers: run the reconciliations of a queue, a bounded number at a time, and end them in an orderly way.

use std::future::Future;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle, JoinSet};

use crate::cluster::queue::{Next, Queue, QueueKey, WorkItem};

/// The workers of one queue. Dropping them aborts what runs.
pub(crate) struct Workers<K: QueueKey> {
    queue: Queue<K>,
    task: JoinHandle<()>,
}

/// Runs `reconcile` for every key that comes out of `queue`, at most `width` at a time.
///
/// A reconciliation that panics does not stop the others; its key comes back.
pub(crate) fn work<K, Reconcile, Run>(queue: Queue<K>, width: usize, reconcile: Reconcile) -> Workers<K>
where
    K: QueueKey,
    Reconcile: Fn(K) -> Run + Clone + Send + Sync + 'static,
    Run: Future<Output = Next> + Send + 'static,
{
    let task = tokio::spawn(run_all(queue.clone(), width, reconcile));
    Workers { queue, task }
}

impl<K: QueueKey> Workers<K> {
    /// Stops taking keys and waits for the reconciliations in flight. Returns whether all ended within
    /// `deadline`; the others are aborted where they are, as a crash would do.
    pub(crate) async fn stop(mut self, deadline: Duration) -> bool {
        self.queue.close();
        let ended = tokio::time::timeout(deadline, &mut self.task).await;
        ended.is_ok()
    }
}

impl<K: QueueKey> Drop for Workers<K> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run_all<K, Reconcile, Run>(queue: Queue<K>, width: usize, reconcile: Reconcile)
where
    K: QueueKey,
    Reconcile: Fn(K) -> Run + Clone + Send + Sync + 'static,
    Run: Future<Output = Next> + Send + 'static,
{
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            item = queue.next(), if running.len() < width => match item {
                Some(item) => { running.spawn(run_one(item, reconcile.clone())); }
                None => break,
            },
            Some(ended) = running.join_next() => log_panic(ended),
        }
    }
    while let Some(ended) = running.join_next().await {
        log_panic(ended);
    }
}

async fn run_one<K, Reconcile, Run>(item: WorkItem<K>, reconcile: Reconcile)
where
    K: QueueKey,
    Reconcile: Fn(K) -> Run,
    Run: Future<Output = Next>,
{
    let next = reconcile(item.key().clone()).await;
    item.done(next);
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "reconciliation panicked");
    }
}

#[cfg(test)]
mod tests;
