//! Elections over a Lease in memory, under a clock that only moves when nothing else does.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::pin::Pin;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use parking_lot::Mutex;
use tokio::time::{sleep, timeout};

use super::*;
use crate::cluster::failure::Failure;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A Lease in memory, compare-and-swap like the real one.
#[derive(Clone, Default)]
struct Memory(Arc<Cell>);

#[derive(Default)]
struct Cell {
    lease: Mutex<Option<Lease>>,
    versions: AtomicU64,
    /// Nothing is answered.
    hangs: AtomicBool,
    /// Writes take effect, and their answers are lost.
    loses_answers: AtomicBool,
    /// Writes take effect, and their answers take seconds.
    is_slow: AtomicBool,
}

impl Memory {
    async fn answer(&self) {
        if self.0.hangs.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        sleep(Duration::from_millis(20)).await;
    }

    fn holder(&self) -> Option<String> {
        self.0.lease.lock().as_ref()?.spec.as_ref()?.holder_identity.clone()
    }

    fn swap(&self, lease: &Lease) -> Result<(), Failure> {
        let mut stored = self.0.lease.lock();
        let version = stored.as_ref().and_then(|stored| stored.metadata.resource_version.clone());
        if version != lease.metadata.resource_version {
            return Err(Failure::Conflict);
        }
        let mut lease = lease.clone();
        lease.metadata.resource_version = Some(self.0.versions.fetch_add(1, SeqCst).to_string());
        *stored = Some(lease);
        Ok(())
    }
}

impl LeaseStore for Memory {
    async fn read(&self) -> Result<Option<Lease>, Failure> {
        self.answer().await;
        Ok(self.0.lease.lock().clone())
    }

    async fn write(&self, lease: &Lease) -> Result<(), Failure> {
        self.answer().await;
        self.swap(lease)?;
        if self.0.is_slow.load(SeqCst) {
            sleep(Duration::from_secs(2)).await;
        }
        if self.0.loses_answers.load(SeqCst) {
            return Err(Failure::Lost("lost".into()));
        }
        Ok(())
    }
}

/// A wall clock that runs with the paused one, and can be set.
#[derive(Clone)]
struct Wall {
    start: Instant,
    ahead_seconds: Arc<AtomicU64>,
}

impl Wall {
    fn new() -> Self {
        Self { start: Instant::now(), ahead_seconds: Arc::new(AtomicU64::new(1_000)) }
    }

    fn clock(&self) -> Clock {
        let wall = self.clone();
        Arc::new(move || {
            let ahead = Duration::from_secs(wall.ahead_seconds.load(SeqCst));
            let monotonic = Instant::now();
            Moment { monotonic, wall: SystemTime::UNIX_EPOCH + ahead + (monotonic - wall.start) }
        })
    }
}

fn candidate(memory: &Memory, name: &str) -> (Leadership, Running) {
    let (leadership, running) = elect(memory.clone(), Settings::default(), name.into(), Wall::new().clock());
    (leadership, Box::pin(running))
}

/// Lets candidates run for some seconds; what is not polled is frozen.
async fn run(seconds: u64, running: &mut [&mut Running]) {
    let all = futures::future::join_all(running.iter_mut().map(|running| running.as_mut()));
    let _ = timeout(Duration::from_secs(seconds), all).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_leads_and_the_second_waits() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(1, &mut [&mut a_runs]).await;
    let (b, mut b_runs) = candidate(&memory, "b");
    for _ in 0..60 {
        run(1, &mut [&mut a_runs, &mut b_runs]).await;
        assert!(a.is_leader() && !b.is_leader());
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_at_once_one_leads() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    let (b, mut b_runs) = candidate(&memory, "b");
    run(3, &mut [&mut a_runs, &mut b_runs]).await;
    assert!(a.is_leader() != b.is_leader());
}

#[tokio::test(start_paused = true)]
async fn a_frozen_leader_finds_its_fence_gone_before_another_leads() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(30, &mut [&mut a_runs]).await;
    let before = a.fence().unwrap();
    let (b, mut b_runs) = candidate(&memory, "b");
    while !b.is_leader() {
        timeout(Duration::from_millis(10), b_runs.as_mut()).await.unwrap_err();
        assert!(!(a.is_leader() && b.is_leader()));
    }
    assert!(!before.holds());
    run(3, &mut [&mut a_runs, &mut b_runs]).await;
    a.lost().await;
    assert!(b.is_leader() && !before.holds());
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_was_frozen_but_not_replaced_goes_on() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(30, &mut [&mut a_runs]).await;
    let before = a.fence().unwrap();
    sleep(Duration::from_secs(60)).await;
    assert!(!before.holds());
    run(3, &mut [&mut a_runs]).await;
    assert!(before.holds());
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_waited_for_a_frozen_leader_counts_from_its_start() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(5, &mut [&mut a_runs]).await;
    memory.0.is_slow.store(true, SeqCst);
    let writes = memory.0.versions.load(SeqCst);
    while memory.0.versions.load(SeqCst) == writes {
        timeout(Duration::from_millis(10), a_runs.as_mut()).await.unwrap_err();
    }
    sleep(Duration::from_secs(60)).await;
    assert!(futures::poll!(a_runs.as_mut()).is_pending());
    assert!(!a.is_leader());
    run(5, &mut [&mut a_runs]).await;
    assert!(a.is_leader());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_anothers_for_a_while_comes_back_as_a_new_term() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(5, &mut [&mut a_runs]).await;
    let before = a.fence().unwrap();
    let (b, mut b_runs) = candidate(&memory, "b");
    run(30, &mut [&mut b_runs]).await;
    assert!(b.is_leader());
    b.resign();
    b_runs.await;
    run(5, &mut [&mut a_runs]).await;
    assert!(a.is_leader() && !before.holds());
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_hears_nothing_gives_up_at_its_deadline() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(30, &mut [&mut a_runs]).await;
    memory.0.hangs.store(true, SeqCst);
    let start = Instant::now();
    tokio::select! { () = a.lost() => {}, () = &mut a_runs => {} }
    assert!(start.elapsed() <= Settings::default().renew_deadline);
    assert!(!a.is_leader());
}

#[tokio::test(start_paused = true)]
async fn the_state_names_the_holder_and_an_unreachable_lease() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    let (b, mut b_runs) = candidate(&memory, "b");
    assert_eq!([a.state(), b.state()], [LeaseState::Undecided, LeaseState::Undecided]);
    run(5, &mut [&mut a_runs]).await;
    run(5, &mut [&mut a_runs, &mut b_runs]).await;
    assert_eq!([a.state(), b.state()], [LeaseState::Held, LeaseState::HeldBy("a".into())]);
    memory.0.hangs.store(true, SeqCst);
    run(14, &mut [&mut a_runs, &mut b_runs]).await;
    let unheard = LeaseState::Unreachable("the API server did not answer in time".into());
    assert_eq!([a.state(), b.state()], [unheard.clone(), unheard]);
    memory.0.hangs.store(false, SeqCst);
    run(6, &mut [&mut a_runs, &mut b_runs]).await;
    let led = [
        [LeaseState::Held, LeaseState::HeldBy("a".into())],
        [LeaseState::HeldBy("b".into()), LeaseState::Held],
    ];
    assert!(led.contains(&[a.state(), b.state()]), "{:?} {:?}", a.state(), b.state());
    memory.0.hangs.store(true, SeqCst);
    run(20, &mut [&mut a_runs, &mut b_runs]).await;
    drop(b_runs);
    assert_eq!(b.state(), LeaseState::Unreachable("the election has ended".into()));
}

#[tokio::test(start_paused = true)]
async fn a_new_term_does_not_revive_an_old_fence() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(5, &mut [&mut a_runs]).await;
    let old = a.fence().unwrap();
    memory.0.hangs.store(true, SeqCst);
    run(30, &mut [&mut a_runs]).await;
    memory.0.hangs.store(false, SeqCst);
    run(10, &mut [&mut a_runs]).await;
    assert!(a.is_leader() && !old.holds());
}

#[tokio::test(start_paused = true)]
async fn renewals_without_an_answer_do_not_count() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(5, &mut [&mut a_runs]).await;
    memory.0.loses_answers.store(true, SeqCst);
    run(30, &mut [&mut a_runs]).await;
    assert!(!a.is_leader());
    assert_eq!(memory.holder().as_deref(), Some("a"));
    memory.0.loses_answers.store(false, SeqCst);
    run(5, &mut [&mut a_runs]).await;
    assert!(a.is_leader());
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_taken_at_the_next_look() {
    let memory = Memory::default();
    let (a, mut a_runs) = candidate(&memory, "a");
    run(5, &mut [&mut a_runs]).await;
    let (b, mut b_runs) = candidate(&memory, "b");
    run(5, &mut [&mut a_runs, &mut b_runs]).await;
    a.resign();
    a_runs.await;
    assert!(!a.is_leader());
    assert_eq!(memory.holder(), None);
    run(3, &mut [&mut b_runs]).await;
    assert!(b.is_leader());
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_or_whose_clock_was_set_back_has_no_fence() {
    let memory = Memory::default();
    for (ahead, expected) in [(1_000, true), (1_011, false), (990, false)] {
        let wall = Wall::new();
        let (a, running) = elect(memory.clone(), Settings::default(), "a".into(), wall.clock());
        run(5, &mut [&mut (Box::pin(running) as Running)]).await;
        wall.ahead_seconds.store(ahead, SeqCst);
        assert_eq!(a.is_leader(), expected, "{ahead}");
    }
}
