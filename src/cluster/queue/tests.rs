//! The queue under a clock that only moves when nothing else does.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, advance};

use super::*;

fn queue() -> Queue<&'static str> {
    Queue::default()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The keys that could start now, in order; their reconciliations stay open.
fn startable(queue: &Queue<&'static str>) -> Vec<WorkItem<&'static str>> {
    let mut items = Vec::new();
    while let Some(Some(item)) = queue.next().now_or_never() {
        items.push(item);
    }
    items
}

fn names(items: &[WorkItem<&'static str>]) -> Vec<&'static str> {
    items.iter().map(|item| *item.key()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_pushed_twice_comes_out_once() {
    let queue = queue();
    queue.push("a", Priority::User);
    queue.push("a", Priority::Background);
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_reconciled_once_at_a_time_and_again_after_it() {
    let queue = queue();
    queue.push("a", Priority::User);
    let item = queue.next().await.unwrap();
    queue.push("a", Priority::User);
    assert!(startable(&queue).is_empty());
    item.done(Next::AwaitChange);
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_overtakes_checks() {
    let queue = queue();
    queue.push("check", Priority::Background);
    queue.push("edit", Priority::User);
    assert_eq!(names(&startable(&queue)), ["edit", "check"]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_waited_long_is_not_overtaken_any_more() {
    let queue = queue();
    queue.push("check", Priority::Background);
    advance(seconds(31)).await;
    queue.push("edit", Priority::User);
    assert_eq!(names(&startable(&queue)), ["check", "edit"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_lifts_a_waiting_check_of_the_same_key() {
    let queue = queue();
    queue.push("other", Priority::Background);
    queue.push("a", Priority::Background);
    queue.push("a", Priority::User);
    assert_eq!(names(&startable(&queue)), ["a", "other"]);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_key_comes_when_it_is_due() {
    let queue = queue();
    let start = Instant::now();
    queue.push_at("a", start + seconds(90), Priority::Background);
    queue.push_at("b", start + seconds(60), Priority::Background);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let item = queue.next().await.unwrap();
        seen.push((*item.key(), (Instant::now() - start).as_secs()));
        item.done(Next::AwaitChange);
    }
    assert_eq!(seen, [("b", 60), ("a", 90)]);
}

#[tokio::test(start_paused = true)]
async fn the_earliest_of_several_times_counts() {
    let queue = queue();
    let start = Instant::now();
    for after in [90, 30, 60] {
        queue.push_at("a", start + seconds(after), Priority::Background);
    }
    let item = queue.next().await.unwrap();
    assert_eq!((Instant::now() - start).as_secs(), 30);
    item.done(Next::AwaitChange);
    assert_eq!(queue.counts(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_edit_now_replaces_the_check_planned_for_later() {
    let queue = queue();
    queue.push_at("a", Instant::now() + seconds(600), Priority::Background);
    queue.push("a", Priority::User);
    queue.next().await.unwrap().done(Next::AwaitChange);
    assert_eq!(queue.counts(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_requeued_comes_when_it_is_due() {
    let queue = queue();
    let start = Instant::now();
    queue.push("a", Priority::User);
    let item = queue.next().await.unwrap();
    item.done(Next::At(start + seconds(5), Priority::Background));
    let item = queue.next().await.unwrap();
    assert_eq!((Instant::now() - start).as_secs(), 5);
    item.done(Next::AwaitChange);
}

#[tokio::test(start_paused = true)]
async fn an_edit_during_a_reconciliation_beats_its_requeue() {
    let queue = queue();
    queue.push("a", Priority::User);
    let item = queue.next().await.unwrap();
    queue.push("a", Priority::User);
    item.done(Next::At(Instant::now() + seconds(600), Priority::Background));
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_paused_queue_keeps_its_keys() {
    let queue = queue();
    queue.pause();
    queue.push("a", Priority::User);
    assert!(startable(&queue).is_empty());
    queue.resume();
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_queue_wakes_its_waiters_and_stays_closed() {
    let queue = queue();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.next().await.is_none() }
    });
    tokio::task::yield_now().await;
    queue.close();
    queue.resume();
    queue.push("a", Priority::User);
    assert!(waiting.await.unwrap());
    assert!(queue.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_work_item_that_is_dropped_comes_back() {
    let queue = queue();
    let start = Instant::now();
    queue.push("a", Priority::User);
    drop(queue.next().await.unwrap());
    let item = queue.next().await.unwrap();
    assert_eq!((Instant::now() - start).as_secs(), 60);
    item.done(Next::AwaitChange);
}
