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

/// The keys that could start now, in order; their passes stay open.
fn startable(queue: &Queue<&'static str>) -> Vec<Turn<&'static str>> {
    let mut turns = Vec::new();
    while let Some(Some(turn)) = queue.next().now_or_never() {
        turns.push(turn);
    }
    turns
}

fn names(turns: &[Turn<&'static str>]) -> Vec<&'static str> {
    turns.iter().map(|turn| *turn.key()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_pushed_twice_comes_out_once() {
    let queue = queue();
    queue.push("a", Lane::Edit);
    queue.push("a", Lane::Check);
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_has_one_pass_at_a_time_and_another_after_it() {
    let queue = queue();
    queue.push("a", Lane::Edit);
    let turn = queue.next().await.unwrap();
    queue.push("a", Lane::Edit);
    assert!(startable(&queue).is_empty());
    turn.finish(Next::Rest);
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_overtakes_checks() {
    let queue = queue();
    queue.push("check", Lane::Check);
    queue.push("edit", Lane::Edit);
    assert_eq!(names(&startable(&queue)), ["edit", "check"]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_waited_long_is_not_overtaken_any_more() {
    let queue = queue();
    queue.push("check", Lane::Check);
    advance(seconds(31)).await;
    queue.push("edit", Lane::Edit);
    assert_eq!(names(&startable(&queue)), ["check", "edit"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_lifts_a_waiting_check_of_the_same_key() {
    let queue = queue();
    queue.push("other", Lane::Check);
    queue.push("a", Lane::Check);
    queue.push("a", Lane::Edit);
    assert_eq!(names(&startable(&queue)), ["a", "other"]);
}

#[tokio::test(start_paused = true)]
async fn a_later_pass_comes_at_its_time() {
    let queue = queue();
    let start = Instant::now();
    queue.push_at("a", start + seconds(90), Lane::Check);
    queue.push_at("b", start + seconds(60), Lane::Check);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let turn = queue.next().await.unwrap();
        seen.push((*turn.key(), (Instant::now() - start).as_secs()));
        turn.finish(Next::Rest);
    }
    assert_eq!(seen, [("b", 60), ("a", 90)]);
}

#[tokio::test(start_paused = true)]
async fn the_earliest_of_several_times_counts() {
    let queue = queue();
    let start = Instant::now();
    for after in [90, 30, 60] {
        queue.push_at("a", start + seconds(after), Lane::Check);
    }
    let turn = queue.next().await.unwrap();
    assert_eq!((Instant::now() - start).as_secs(), 30);
    turn.finish(Next::Rest);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_edit_now_replaces_the_check_planned_for_later() {
    let queue = queue();
    queue.push_at("a", Instant::now() + seconds(600), Lane::Check);
    queue.push("a", Lane::Edit);
    queue.next().await.unwrap().finish(Next::Rest);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_asks_for_more_gets_it_at_its_time() {
    let queue = queue();
    let start = Instant::now();
    queue.push("a", Lane::Edit);
    let turn = queue.next().await.unwrap();
    turn.finish(Next::At(start + seconds(5), Lane::Check));
    let turn = queue.next().await.unwrap();
    assert_eq!((Instant::now() - start).as_secs(), 5);
    turn.finish(Next::Rest);
}

#[tokio::test(start_paused = true)]
async fn an_edit_during_a_pass_beats_what_the_pass_asked_for() {
    let queue = queue();
    queue.push("a", Lane::Edit);
    let turn = queue.next().await.unwrap();
    queue.push("a", Lane::Edit);
    turn.finish(Next::At(Instant::now() + seconds(600), Lane::Check));
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_key_does_not_come_back() {
    let queue = queue();
    queue.push("now", Lane::Edit);
    queue.push_at("later", Instant::now() + seconds(1), Lane::Check);
    queue.forget(&"now");
    queue.forget(&"later");
    assert!(queue.is_empty());
    advance(seconds(2)).await;
    assert!(startable(&queue).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_paused_queue_keeps_what_it_is_given() {
    let queue = queue();
    queue.pause();
    queue.push("a", Lane::Edit);
    assert!(startable(&queue).is_empty());
    queue.resume();
    assert_eq!(names(&startable(&queue)), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_queue_wakes_who_waits_and_stays_closed() {
    let queue = queue();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.next().await.is_none() }
    });
    tokio::task::yield_now().await;
    queue.close();
    queue.resume();
    queue.push("a", Lane::Edit);
    assert!(waiting.await.unwrap());
    assert!(queue.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_comes_back() {
    let queue = queue();
    let start = Instant::now();
    queue.push("a", Lane::Edit);
    drop(queue.next().await.unwrap());
    let turn = queue.next().await.unwrap();
    assert_eq!((Instant::now() - start).as_secs(), 60);
    turn.finish(Next::Rest);
}
