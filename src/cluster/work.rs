//! Runs the passes of a queue, a bounded number at a time, and ends them in an orderly way.

use std::{future::Future, time::Duration};

use tokio::task::{JoinError, JoinHandle, JoinSet};

use super::queue::{Key, Next, Queue, Turn};

/// Passes that run as keys come.
pub struct Workers<K: Key> {
    queue: Queue<K>,
    passes: JoinHandle<()>,
}

/// Runs `pass` for every key that comes out of `queue`, at most `width` at a time.
///
/// A pass that panics takes no other down; its key comes back.
pub fn work<K, Pass, Run>(queue: Queue<K>, width: usize, pass: Pass) -> Workers<K>
where
    K: Key,
    Pass: Fn(K) -> Run + Clone + Send + Sync + 'static,
    Run: Future<Output = Next> + Send + 'static,
{
    let passes = tokio::spawn(run_all(queue.clone(), width, pass));
    Workers { queue, passes }
}

impl<K: Key> Workers<K> {
    /// Starts no pass any more and waits for those in flight; whether all ended within `deadline`. The others are
    /// dropped where they stand, as a crash would do.
    pub async fn stop(mut self, deadline: Duration) -> bool {
        self.queue.close();
        let ended = tokio::time::timeout(deadline, &mut self.passes).await;
        ended.is_ok()
    }
}

/// Passes do not outlive whoever holds the workers.
impl<K: Key> Drop for Workers<K> {
    fn drop(&mut self) {
        self.passes.abort();
    }
}

async fn run_all<K, Pass, Run>(queue: Queue<K>, width: usize, pass: Pass)
where
    K: Key,
    Pass: Fn(K) -> Run + Clone + Send + Sync + 'static,
    Run: Future<Output = Next> + Send + 'static,
{
    let mut passes = JoinSet::new();
    loop {
        tokio::select! {
            turn = queue.next(), if passes.len() < width => match turn {
                Some(turn) => { passes.spawn(run_one(turn, pass.clone())); }
                None => break,
            },
            Some(ended) = passes.join_next() => note(ended),
        }
    }
    while let Some(ended) = passes.join_next().await {
        note(ended);
    }
}

async fn run_one<K, Pass, Run>(turn: Turn<K>, pass: Pass)
where
    K: Key,
    Pass: Fn(K) -> Run,
    Run: Future<Output = Next>,
{
    let next = pass(turn.key().clone()).await;
    turn.finish(next);
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a pass ended in a panic: {error}");
    }
}

#[cfg(test)]
mod tests;
