//! Workers under a clock that only moves when nothing else does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use tokio::time::{Instant, sleep};

use super::*;
use crate::priority::Priority;

#[derive(Default)]
struct Gauge {
    running: AtomicUsize,
    most: AtomicUsize,
    ended: AtomicUsize,
}

/// A reconciliation of ten seconds that counts itself.
async fn counted(gauge: Arc<Gauge>) -> Next {
    let running = gauge.running.fetch_add(1, SeqCst) + 1;
    gauge.most.fetch_max(running, SeqCst);
    sleep(Duration::from_secs(10)).await;
    gauge.running.fetch_sub(1, SeqCst);
    gauge.ended.fetch_add(1, SeqCst);
    Next::AwaitChange
}

fn counting(queue: &Queue<u32>, width: usize) -> (Arc<Gauge>, Workers<u32>) {
    let gauge = Arc::new(Gauge::default());
    let workers = work(queue.clone(), width, {
        let gauge = Arc::clone(&gauge);
        move |_| counted(Arc::clone(&gauge))
    });
    (gauge, workers)
}

#[tokio::test(start_paused = true)]
async fn no_more_reconciliations_run_than_allowed() {
    let queue = Queue::default();
    let (gauge, _workers) = counting(&queue, 3);
    (0..10).for_each(|key| queue.push(key, Priority::User));
    sleep(Duration::from_secs(45)).await;
    assert_eq!(gauge.ended.load(SeqCst), 10);
    assert_eq!(gauge.most.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_what_runs_and_starts_nothing() {
    let queue = Queue::default();
    let (gauge, workers) = counting(&queue, 2);
    (0..10).for_each(|key| queue.push(key, Priority::User));
    sleep(Duration::from_secs(1)).await;
    assert!(workers.stop(Duration::from_secs(30)).await);
    assert_eq!(gauge.ended.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_no_longer_than_its_deadline() {
    let queue = Queue::default();
    let (gauge, workers) = counting(&queue, 2);
    queue.push(1, Priority::User);
    sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    assert!(!workers.stop(Duration::from_secs(3)).await);
    assert_eq!(start.elapsed().as_secs(), 3);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(gauge.ended.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_stops_neither_the_others_nor_the_next_try() {
    let queue = Queue::default();
    let tries = Arc::new(AtomicUsize::new(0));
    let _workers = work(queue.clone(), 1, {
        let tries = Arc::clone(&tries);
        move |key: u32| {
            let try_number = tries.fetch_add(1, SeqCst);
            async move {
                assert!(key != 1 || try_number > 0, "a reconciliation that fails once");
                Next::AwaitChange
            }
        }
    });
    queue.push(1, Priority::User);
    queue.push(2, Priority::User);
    sleep(Duration::from_secs(61)).await;
    assert_eq!(tries.load(SeqCst), 3);
    assert_eq!(queue.counts(), (0, 0));
}
