//! The budget under a clock that stands still until all tasks wait: every figure below is exact to the
//! timer's millisecond.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::mpsc;

use tokio::task::{JoinHandle, yield_now};

use super::*;
use crate::cloud::credentials::Credentials;

fn limits(per_second: u32, burst: u32, creating_at_once: usize) -> Limits {
    Limits {
        per_second: NonZeroU32::new(per_second).unwrap(),
        burst: NonZeroU32::new(burst).unwrap(),
        creating_at_once: NonZeroUsize::new(creating_at_once).unwrap(),
    }
}

/// Whole timer ticks since `start`, in milliseconds; a tick more is forgiven, since timers round up.
fn assert_elapsed(start: Instant, expected_ms: u64) {
    let elapsed = start.elapsed().as_millis() as u64;
    assert!((expected_ms..=expected_ms + 2).contains(&elapsed), "{elapsed} ms instead of {expected_ms}");
}

async fn admit_many(budget: &Budget, priority: Priority, count: usize) {
    for _ in 0..count {
        let _permit = budget.admit(priority).await;
    }
}

/// Queues a request and lets it reach its place in the queue.
async fn queue(
    budget: &Budget,
    priority: Priority,
    name: &'static str,
    done: &mpsc::Sender<&'static str>,
) -> JoinHandle<()> {
    let (budget, done) = (budget.clone(), done.clone());
    let waiting = tokio::spawn(async move {
        let _permit = budget.admit(priority).await;
        done.send(name).unwrap();
    });
    for _ in 0..4 {
        yield_now().await;
    }
    waiting
}

#[tokio::test(start_paused = true)]
async fn an_idle_budget_lets_a_burst_pass_and_then_its_rate() {
    let budget = Budget::new(limits(10, 5, 1));
    let start = Instant::now();
    admit_many(&budget, Priority::User, 5).await;
    assert_elapsed(start, 0);
    admit_many(&budget, Priority::User, 10).await;
    assert_elapsed(start, 1000);
}

#[tokio::test(start_paused = true)]
async fn background_requests_leave_half_of_the_burst_to_users() {
    let budget = Budget::new(limits(1, 10, 1));
    let start = Instant::now();
    admit_many(&budget, Priority::Background, 5).await;
    assert_elapsed(start, 0);
    admit_many(&budget, Priority::Background, 1).await;
    assert_elapsed(start, 1000);
    admit_many(&budget, Priority::User, 5).await;
    assert_elapsed(start, 1000);
}

#[tokio::test(start_paused = true)]
async fn users_pass_background_requests_that_waited_longer_and_each_priority_keeps_its_order() {
    let budget = Budget::new(limits(1, 2, 1));
    admit_many(&budget, Priority::User, 2).await;
    let (done, order) = mpsc::channel();
    let mut waiting = Vec::new();
    for (priority, name) in [
        (Priority::Background, "check 1"),
        (Priority::Background, "check 2"),
        (Priority::User, "edit 1"),
        (Priority::User, "edit 2"),
        (Priority::User, "edit 3"),
    ] {
        waiting.push(queue(&budget, priority, name, &done).await);
    }
    for one in waiting {
        one.await.unwrap();
    }
    drop(done);
    assert_eq!(order.iter().collect::<Vec<_>>(), ["edit 1", "edit 2", "edit 3", "check 1", "check 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_does_not_take_the_permit_of_a_waiting_request() {
    let budget = Budget::new(limits(1, 1, 1));
    admit_many(&budget, Priority::User, 1).await;
    let (done, order) = mpsc::channel();
    let (late_budget, late_done) = (budget.clone(), done.clone());
    let late = tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        let _permit = late_budget.admit(Priority::User).await;
        late_done.send("came just then").unwrap();
    });
    // Its timer stands behind the one above: at the end of the second, the newcomer is woken first.
    yield_now().await;
    queue(&budget, Priority::User, "waited", &done).await.await.unwrap();
    late.await.unwrap();
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["waited", "came just then"]);
}

#[tokio::test(start_paused = true)]
async fn a_background_request_is_not_starved_by_users_without_end() {
    let budget = Budget::new(limits(2, 1, 1));
    admit_many(&budget, Priority::User, 1).await;
    let users: Vec<_> = (0..4)
        .map(|_| {
            let budget = budget.clone();
            tokio::spawn(async move { admit_many(&budget, Priority::User, 1000).await })
        })
        .collect();
    yield_now().await;
    let start = Instant::now();
    admit_many(&budget, Priority::Background, 1).await;
    let waited = start.elapsed();
    assert!(waited >= MAX_BACKGROUND_WAIT, "it passed users after {waited:?}");
    assert!(waited <= MAX_BACKGROUND_WAIT + Duration::from_secs(4), "it waited {waited:?}");
    users.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_wait_neither_costs_a_permit_nor_blocks_others() {
    let budget = Budget::new(limits(1, 1, 1));
    admit_many(&budget, Priority::User, 1).await;
    let start = Instant::now();
    let (done, order) = mpsc::channel();
    let first = queue(&budget, Priority::User, "gives up at the head", &done).await;
    let second = queue(&budget, Priority::User, "gives up behind", &done).await;
    let third = queue(&budget, Priority::User, "stays", &done).await;
    first.abort();
    second.abort();
    third.await.unwrap();
    assert_elapsed(start, 1000);
    admit_many(&budget, Priority::Background, 1).await;
    assert_elapsed(start, 2000);
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["stays"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_created_at_once_than_allowed() {
    let budget = Budget::new(limits(100, 100, 2));
    let first = budget.creation().await;
    let _second = budget.creation().await;
    assert!(timeout(Duration::from_secs(3600), budget.creation()).await.is_err(), "a third creation began");
    drop(first);
    assert!(
        timeout(Duration::from_secs(1), budget.creation()).await.is_ok(),
        "a place that was left stayed empty"
    );
}

#[tokio::test(start_paused = true)]
async fn a_creation_has_permits_for_its_list_and_its_post_and_for_no_more() {
    let budget = Budget::new(limits(1, 1, 1));
    let start = Instant::now();
    let mut permit = budget.creation().await;
    assert_elapsed(start, 1000);
    budget.throttled(Some(Duration::from_secs(60)));
    assert!(permit.prepaid().is_some(), "the list must not wait");
    assert!(permit.prepaid().is_some(), "the creation must not wait");
    assert!(permit.prepaid().is_none(), "a third request has no permit");
    assert_elapsed(start, 1000);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_account_pauses_at_both_priorities_and_then_goes_on() {
    let budget = Budget::new(limits(10, 10, 1));
    budget.throttled(Some(Duration::from_secs(30)));
    let pause = budget.shared.pause().remaining(Instant::now()).expect("it pauses");
    assert!((30.0..=45.0).contains(&pause.as_secs_f64()), "a pause of {pause:?}");
    let start = Instant::now();
    let _permits = tokio::join!(budget.admit(Priority::User), budget.admit(Priority::Background));
    assert_elapsed(start, pause.as_millis() as u64);
    assert_eq!(budget.shared.pause().remaining(Instant::now()), None);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_while_throttled_and_reset_after_as_long_a_calm() {
    let start = Instant::now();
    let mut pause = Pause::default();
    // The time of a response, the pause that it requests, and the remaining pause right after it; in seconds,
    // without jitter.
    for (at, requested, left) in [
        (0, None, 1),
        (1, None, 2),
        (2, None, 1), // still within the second pause: no growth
        (3, None, 4),
        (7, None, 8),
        (30, None, 1), // calm since 15, longer than eight seconds
        (31, Some(20), 20),
        (40, Some(20), 20), // requested again meanwhile: prolonged
        (60, Some(3), 40),  // asks for less than the next of its kind
        (100, None, 60),
        (160, None, 60), // never longer by itself
        (220, Some(100_000), 900),
    ] {
        let now = start + Duration::from_secs(at);
        pause.extend(now, requested.map(Duration::from_secs), 0.0);
        assert_eq!(pause.remaining(now), Some(Duration::from_secs(left)), "after the complaint at {at} s");
    }
}

#[tokio::test(start_paused = true)]
async fn jitter_makes_a_pause_longer_never_shorter() {
    let now = Instant::now();
    for (jitter, seconds) in [(0.0, 10.0), (0.5, 12.5), (1.0, 15.0)] {
        let mut pause = Pause::default();
        pause.extend(now, Some(Duration::from_secs(10)), jitter);
        assert_eq!(pause.remaining(now), Some(Duration::from_secs_f64(seconds)));
    }
}

#[tokio::test(start_paused = true)]
async fn no_mixture_of_priorities_exceeds_the_limits_in_any_stretch_of_time() {
    let budget = Budget::new(limits(5, 8, 3));
    let start = Instant::now();
    let (sent, moments) = mpsc::channel();
    let senders = (0..12).map(|number| {
        let (budget, sent) = (budget.clone(), sent.clone());
        tokio::spawn(async move {
            let priority = if number % 3 == 0 { Priority::Background } else { Priority::User };
            for round in 0..40 {
                let _permit = budget.admit(priority).await;
                sent.send(start.elapsed()).unwrap();
                sleep(Duration::from_millis(number * 37 + round * 11)).await;
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
    let moments: Vec<_> = moments.try_iter().collect();
    assert_eq!(moments.len(), 480);
    for (from, first) in moments.iter().enumerate() {
        for (sent_before, last) in moments[from..].iter().enumerate() {
            let allowed = 8.0 + (*last - *first).as_secs_f64() * 5.0;
            assert!(
                (sent_before + 1) as f64 <= allowed + 0.01,
                "{} requests from {first:?} to {last:?}",
                sent_before + 1
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_has_one_budget_per_cloud() {
    let budgets = Budgets::default();
    let key = |token: &str| Credentials::Bearer(token.into()).fingerprint();
    let same = |a: &Budget, b: &Budget| Arc::ptr_eq(&a.shared, &b.shared);
    let one = budgets.of("one", key("a"), limits(1, 1, 1));
    assert!(same(&one, &budgets.of("one", key("a"), limits(1, 1, 1))));
    assert!(!same(&one, &budgets.of("one", key("b"), limits(1, 1, 1))));
    assert!(!same(&one, &budgets.of("two", key("a"), limits(1, 1, 1))));
    assert!(!same(&one, &budgets.of("one", key("a"), limits(2, 1, 1))), "changed limits must be obeyed");
}
