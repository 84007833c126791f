//! The candidate's loop: acquires the lease when it is free or has expired, renews it, notices its loss,
//! releases it.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use tokio::sync::watch::{Receiver, Sender};
use tokio::time::{Instant, timeout};

use crate::cluster::failure::Failure;
use crate::cluster::lease::store::LeaseStore;
use crate::cluster::lease::types::{Clock, LeaseState, Moment, Settings, Term};

/// Error of a try that ran into its time limit.
const NO_ANSWER: &str = "the API server did not answer in time";

/// A candidate for the lease.
pub(super) struct Election<S> {
    store: S,
    settings: Settings,
    identity: String,
    clock: Clock,
    reporter: Reporter,
    /// The spec that another holder last wrote, and when this process first saw it: its age is measured by
    /// our clock alone.
    last_seen: Option<(LeaseSpec, Instant)>,
    terms_started: u64,
    last_error: Option<String>,
}

/// Publishes term and state to [`Leadership`](crate::cluster::lease::Leadership).
pub(super) struct Reporter {
    pub(super) term: Sender<Option<Term>>,
    pub(super) state: Sender<LeaseState>,
}

/// Outcome of one try to acquire or renew the lease.
enum TryOutcome {
    /// This process holds it, counted from the start of the try; `renewed` if it held it before without a
    /// gap.
    Held { renewed: bool },
    /// Another process, of this identity, holds it.
    HeldBy(String),
    /// Another process wrote first; the next try shows which.
    Conflict(String),
    /// The API server gave no answer that settles it.
    Unknown(String),
}

impl<S: LeaseStore> Election<S> {
    pub(super) fn new(
        store: S,
        settings: Settings,
        identity: String,
        clock: Clock,
        reporter: Reporter,
    ) -> Self {
        Self {
            store,
            settings,
            identity,
            clock,
            reporter,
            last_seen: None,
            terms_started: 0,
            last_error: None,
        }
    }

    pub(super) async fn run(mut self, mut resigned: Receiver<bool>) {
        loop {
            let began = (self.clock)();
            let outcome = self.try_within(self.try_timeout(began)).await;
            self.handle(outcome, began);
            // An error means that every `Leadership` was dropped, which ends the election too.
            let ends = timeout(self.retry_delay(), resigned.wait_for(|resigned| *resigned)).await.is_ok();
            if ends {
                return self.release().await;
            }
        }
    }

    /// Returns the time limit of one try: half of the deadline, and for a leader no longer than its fence
    /// holds.
    fn try_timeout(&self, now: Moment) -> Duration {
        let half = self.settings.renew_deadline / 2;
        let Some(term) = *self.reporter.term.borrow() else {
            return half;
        };
        let age = now.monotonic.duration_since(term.renewed.monotonic);
        // A fence that expired while this future was not polled leaves one more try: the lease may still be
        // ours.
        self.settings.renew_deadline.checked_sub(age).map_or(half, |left| left.min(half))
    }

    /// Returns the time until the next try, and never beyond the end of the fence, so that its loss is
    /// published then.
    fn retry_delay(&self) -> Duration {
        let delay = self.settings.retry.mul_f64(rand::random_range(1.0..1.2));
        let Some(term) = *self.reporter.term.borrow() else {
            return delay;
        };
        let age = (self.clock)().monotonic.duration_since(term.renewed.monotonic);
        self.settings.renew_deadline.checked_sub(age).map_or(delay, |left| left.min(delay))
    }

    async fn try_within(&mut self, limit: Duration) -> TryOutcome {
        match timeout(limit, self.try_once()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(Failure::Conflict)) => TryOutcome::Conflict(Failure::Conflict.to_string()),
            Ok(Err(failure)) => TryOutcome::Unknown(failure.to_string()),
            Err(_) => TryOutcome::Unknown(NO_ANSWER.into()),
        }
    }

    async fn try_once(&mut self) -> Result<TryOutcome, Failure> {
        let lease = self.store.read().await?.unwrap_or_default();
        let spec = lease.spec.clone().unwrap_or_default();
        if let Some(holder) = self.active_holder(&spec) {
            return Ok(TryOutcome::HeldBy(holder));
        }
        let renewed = spec.holder_identity.as_ref() == Some(&self.identity);
        let spec = Some(self.held_spec(spec, renewed));
        self.store.write(&Lease { metadata: lease.metadata, spec }).await?;
        Ok(TryOutcome::Held { renewed })
    }

    /// Returns the identity of another holder, unless its lease has expired without a sign of life.
    fn active_holder(&mut self, spec: &LeaseSpec) -> Option<String> {
        let holder =
            spec.holder_identity.clone().filter(|holder| !holder.is_empty() && *holder != self.identity)?;
        let now = (self.clock)().monotonic;
        let since = match &self.last_seen {
            Some((seen, since)) if seen == spec => *since,
            _ => now,
        };
        self.last_seen = Some((spec.clone(), since));
        let duration = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let duration = duration.map_or(self.settings.duration, Duration::from_secs);
        (now.duration_since(since) < duration).then_some(holder)
    }

    fn held_spec(&self, before: LeaseSpec, renewed: bool) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        let transitions = before.lease_transitions.unwrap_or(0);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.settings.duration.as_secs()).ok(),
            acquire_time: before.acquire_time.filter(|_| renewed).or_else(|| Some(now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(if renewed { transitions } else { transitions.saturating_add(1) }),
            ..LeaseSpec::default()
        }
    }

    fn handle(&mut self, outcome: TryOutcome, began: Moment) {
        if let TryOutcome::Unknown(error) = &outcome {
            self.reporter.state.send_replace(LeaseState::Unreachable(error.clone()));
        }
        match outcome {
            TryOutcome::Held { renewed } => self.start_or_continue_term(began, renewed),
            TryOutcome::HeldBy(holder) => {
                self.end_term(&format!("{holder} holds the lease"));
                let state = LeaseState::HeldBy(holder);
                let before = self.reporter.state.send_replace(state.clone());
                if let LeaseState::HeldBy(leader) = &state
                    && before != state
                {
                    tracing::info!(
                        identity = self.identity,
                        leader,
                        "standing by: another process holds the lease"
                    );
                }
            }
            TryOutcome::Conflict(error) | TryOutcome::Unknown(error) => {
                self.log_error(&error);
                let term = *self.reporter.term.borrow();
                if term
                    .is_some_and(|term| !term.renewed.is_within(self.settings.renew_deadline, (self.clock)()))
                {
                    self.end_term(&error);
                }
            }
        }
    }

    /// Starts a new term unless the lease was held without a gap since the last renewal: old fences stay
    /// void.
    fn start_or_continue_term(&mut self, began: Moment, renewed: bool) {
        self.last_error = None;
        if !renewed || self.reporter.term.borrow().is_none() {
            self.terms_started += 1;
            tracing::info!(identity = self.identity, "became leader");
        }
        self.reporter.term.send_replace(Some(Term { number: self.terms_started, renewed: began }));
        self.reporter.state.send_replace(LeaseState::Held);
    }

    fn end_term(&mut self, reason: &str) {
        if self.reporter.term.send_replace(None).is_some() {
            tracing::warn!(identity = self.identity, reason, "lost leadership");
        }
    }

    /// Logs an error once, not at every try.
    fn log_error(&mut self, error: &str) {
        if self.last_error.as_deref() != Some(error) {
            tracing::warn!(error, "cannot acquire or renew the lease");
            self.last_error = Some(error.to_string());
        }
    }

    async fn release(mut self) {
        if self.reporter.term.send_replace(None).is_none() {
            return;
        }
        let limit = self.settings.renew_deadline / 2;
        match timeout(limit, self.clear_holder()).await {
            Ok(Ok(())) => tracing::info!("lease released"),
            Ok(Err(failure)) => self.log_error(&failure.to_string()),
            Err(_) => self.log_error(NO_ANSWER),
        }
    }

    async fn clear_holder(&self) -> Result<(), Failure> {
        let Some(mut lease) = self.store.read().await? else {
            return Ok(());
        };
        let Some(spec) =
            lease.spec.as_mut().filter(|spec| spec.holder_identity.as_ref() == Some(&self.identity))
        else {
            return Ok(());
        };
        spec.holder_identity = None;
        spec.lease_duration_seconds = Some(1);
        self.store.write(&lease).await
    }
}
