//! The candidate's loop: take the lease when it is free or has lapsed, renew it, notice its loss, give it back.

use std::time::Duration;

use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use tokio::{
    sync::watch::{Receiver, Sender},
    time::{Instant, timeout},
};

use super::{Clock, Moment, Settings, Standing, Tenure, store::LeaseStore};
use crate::cluster::Failure;

pub(super) struct Election<S> {
    store: S,
    settings: Settings,
    identity: String,
    clock: Clock,
    told: Told,
    /// What another holder last wrote, and when we first saw it: how old it is, is a matter of our clock alone.
    seen: Option<(LeaseSpec, Instant)>,
    terms: u64,
    trouble: Option<String>,
}

/// Where others are told how it stands.
pub(super) struct Told {
    pub(super) tenure: Sender<Option<Tenure>>,
    pub(super) standing: Sender<Standing>,
}

/// What one try came to.
enum Step {
    /// The lease is ours, counted from when the try began; `renewed` if it was before, and nobody's in between.
    Ours { renewed: bool },
    /// It is this other's.
    Theirs(String),
    /// Somebody was faster: the next try will tell who.
    Outrun(String),
    /// Nobody can say.
    Unclear(String),
}

impl<S: LeaseStore> Election<S> {
    pub(super) fn new(store: S, settings: Settings, identity: String, clock: Clock, told: Told) -> Self {
        Self { store, settings, identity, clock, told, seen: None, terms: 0, trouble: None }
    }

    pub(super) async fn run(mut self, mut resigned: Receiver<bool>) {
        loop {
            let began = (self.clock)();
            let step = self.try_within(self.patience(began)).await;
            self.judge(step, began);
            // Also when nobody is left who could resign, or lead.
            let ends = timeout(self.pause(), resigned.wait_for(|resigned| *resigned)).await.is_ok();
            if ends {
                return self.release().await;
            }
        }
    }

    /// A try may take half of the deadline, and a leader's no longer than its fence holds.
    fn patience(&self, now: Moment) -> Duration {
        let half = self.settings.renew_deadline / 2;
        let Some(tenure) = *self.told.tenure.borrow() else {
            return half;
        };
        let age = now.monotonic.duration_since(tenure.renewed.monotonic);
        // A fence that has run out while nobody polled us leaves one more try: the lease may still be ours.
        self.settings.renew_deadline.checked_sub(age).map_or(half, |left| left.min(half))
    }

    /// Until the next try; never beyond the moment at which the fence runs out, so that the loss is told then.
    fn pause(&self) -> Duration {
        let pause = self.settings.retry.mul_f64(rand::random_range(1.0..1.2));
        let Some(tenure) = *self.told.tenure.borrow() else {
            return pause;
        };
        let age = (self.clock)().monotonic.duration_since(tenure.renewed.monotonic);
        self.settings.renew_deadline.checked_sub(age).map_or(pause, |left| left.min(pause))
    }

    async fn try_within(&mut self, patience: Duration) -> Step {
        match timeout(patience, self.try_once()).await {
            Ok(Ok(step)) => step,
            Ok(Err(Failure::Conflict)) => Step::Outrun(Failure::Conflict.to_string()),
            Ok(Err(failure)) => Step::Unclear(failure.to_string()),
            Err(_) => Step::Unclear("no answer in time".into()),
        }
    }

    async fn try_once(&mut self) -> Result<Step, Failure> {
        let lease = self.store.read().await?.unwrap_or_default();
        let spec = lease.spec.clone().unwrap_or_default();
        if let Some(holder) = self.living_holder(&spec) {
            return Ok(Step::Theirs(holder));
        }
        let renewed = spec.holder_identity.as_ref() == Some(&self.identity);
        let spec = Some(self.held(spec, renewed));
        self.store.write(&Lease { metadata: lease.metadata, spec }).await?;
        Ok(Step::Ours { renewed })
    }

    /// Another's name, unless it has given no sign for as long as it promised to.
    fn living_holder(&mut self, spec: &LeaseSpec) -> Option<String> {
        let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty() && *holder != self.identity)?;
        let now = (self.clock)().monotonic;
        let since = match &self.seen {
            Some((seen, since)) if seen == spec => *since,
            _ => now,
        };
        self.seen = Some((spec.clone(), since));
        let promised = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let promised = promised.map_or(self.settings.duration, Duration::from_secs);
        (now.duration_since(since) < promised).then_some(holder)
    }

    fn held(&self, before: LeaseSpec, renewed: bool) -> LeaseSpec {
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

    fn judge(&mut self, step: Step, began: Moment) {
        if let Step::Unclear(why) = &step {
            self.told.standing.send_replace(Standing::Unreachable(why.clone()));
        }
        match step {
            Step::Ours { renewed } => self.lead(began, renewed),
            Step::Theirs(holder) => {
                self.follow(&format!("{holder} leads"));
                self.told.standing.send_replace(Standing::HeldBy(holder));
            }
            Step::Outrun(why) | Step::Unclear(why) => {
                self.complain(&why);
                let tenure = *self.told.tenure.borrow();
                if tenure.is_some_and(|tenure| !tenure.renewed.is_within(self.settings.renew_deadline, (self.clock)())) {
                    self.follow(&why);
                }
            }
        }
    }

    /// A lease that was another's, or nobody's, since we last renewed it begins a new term: old fences stay void.
    fn lead(&mut self, began: Moment, renewed: bool) {
        self.trouble = None;
        if !renewed || self.told.tenure.borrow().is_none() {
            self.terms += 1;
            tracing::info!(identity = self.identity, "leading");
        }
        self.told.tenure.send_replace(Some(Tenure { term: self.terms, renewed: began }));
        self.told.standing.send_replace(Standing::Held);
    }

    fn follow(&mut self, why: &str) {
        if self.told.tenure.send_replace(None).is_some() {
            tracing::warn!(identity = self.identity, "not leading any more: {why}");
        }
    }

    /// One line per trouble, not per try.
    fn complain(&mut self, trouble: &str) {
        if self.trouble.as_deref() != Some(trouble) {
            tracing::warn!("lease not settled: {trouble}");
            self.trouble = Some(trouble.to_string());
        }
    }

    async fn release(mut self) {
        if self.told.tenure.send_replace(None).is_none() {
            return;
        }
        let patience = self.settings.renew_deadline / 2;
        match timeout(patience, self.give_back()).await {
            Ok(Ok(())) => tracing::info!("lease released"),
            Ok(Err(failure)) => self.complain(&failure.to_string()),
            Err(_) => self.complain("no answer in time"),
        }
    }

    async fn give_back(&self) -> Result<(), Failure> {
        let Some(mut lease) = self.store.read().await? else {
            return Ok(());
        };
        let Some(spec) = lease.spec.as_mut().filter(|spec| spec.holder_identity.as_ref() == Some(&self.identity)) else {
            return Ok(());
        };
        spec.holder_identity = None;
        spec.lease_duration_seconds = Some(1);
        self.store.write(&lease).await
    }
}
