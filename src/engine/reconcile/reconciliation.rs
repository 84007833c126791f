//! Driver of one reconciliation: observes, asks the machine for the next effect, and performs it, until the
//! effect is to wait.

use std::sync::Arc;
use std::time::Duration;

use interpreter::plan::{Authenticity, Now, Plan, Read, Reason, Step, StepOutcome};
use interpreter::reconcile::{
    Effect, Identity, OBSERVE_RETRY_INTERVAL, ObjectParts, ObjectView, Observations, Observed, Permit,
    Prerequisite, Subject,
};
use jiff::Timestamp;
use kube::api::DynamicObject;
use serde_json::Value;
use tokio::time::timeout;

use crate::cloud::{self, CreationPermit};
use crate::engine::context::Process;
use crate::engine::kind::cache_entry::CacheEntry;
use crate::engine::labels;
use crate::engine::reconcile::caches::Caches;
use crate::engine::reconcile::outcome::{Action, StatusUpdate, Unknown, outcome_of};
use crate::engine::resource_version;
use crate::priority::Priority;

/// Delay of the next reconciliation after the step limit was exceeded.
pub(crate) const STEP_LIMIT_DELAY: Duration = Duration::from_secs(60);

/// Wait for the turn of a creation after which the status tells of it.
const QUEUE_NOTICE: Duration = Duration::from_secs(2);

/// Delay before the next attempt when a permission is missing: no event announces that it was granted.
pub(super) const PERMISSION_POLL_INTERVAL: Duration = Duration::from_secs(20);

/// State of one reconciliation.
pub(crate) struct Reconciliation<'a> {
    pub(crate) caches: Caches<'a>,
    pub(crate) cache_entry: &'a mut CacheEntry,
    /// The resource as last read; `None` when it is gone.
    pub(crate) object: Option<Arc<DynamicObject>>,
    /// True when the object was read from the API server, or is the response to a write of this process.
    pub(crate) live: bool,
    /// Priority of its cloud reads.
    pub(crate) priority: Priority,
    /// Acquired before the intent is recorded, released when the outcome is recorded.
    pub(crate) permit: Option<CreationPermit>,
    /// Acquired before the attempt of a change that must be sent only once.
    pub(crate) change_permit: Option<cloud::Permit>,
}

impl<'a> Reconciliation<'a> {
    /// Prepares the reconciliation of a resource.
    pub(crate) fn new(
        caches: Caches<'a>,
        cache_entry: &'a mut CacheEntry,
        object: Option<Arc<DynamicObject>>,
        priority: Priority,
    ) -> Self {
        cache_entry.observations.begin();
        cache_entry.machine.begin();
        Self { caches, cache_entry, object, live: false, priority, permit: None, change_permit: None }
    }

    /// Observes the last version of a resource that is gone: no reconciliation may have seen it.
    pub(crate) fn observe_last(&mut self, last: Arc<DynamicObject>) {
        let object = self.object.replace(last);
        let (subject, now) = (self.subject(), self.now());
        self.object = object;
        let CacheEntry { observations, machine, .. } = &mut *self.cache_entry;
        let observed = observations.observe(subject, &self.caches, machine, now);
        machine.saw(&observed.inputs.resource, &observed.inputs.target, now);
    }

    /// Runs the reconciliation.
    pub(crate) async fn run(mut self) -> Action {
        loop {
            self.refresh_from_cache();
            let subject = self.subject();
            let unknown = match self.prerequisite(&subject) {
                None => None,
                Some(prerequisite) => match self.read(prerequisite, &subject).await {
                    Ok(()) => continue,
                    // The log reports a missing permission once for all resources.
                    Err(unknown) if unknown.failure.missing_permission().is_some() => Some(unknown),
                    Err(Unknown { what, failure }) => {
                        tracing::warn!(object = %self.caches.object_ref, %failure, "{what}");
                        return Action::Requeue(self.now().mono + OBSERVE_RETRY_INTERVAL);
                    }
                },
            };
            let (observed, effect) = self.next(subject, unknown);
            match effect {
                Effect::Acquire(permit, plan) => match self.acquire(permit, &plan, &observed).await {
                    Ok(()) => self.perform(&plan, &observed).await,
                    Err(outcome) => {
                        let now = self.now();
                        self.cache_entry.machine.skip(&plan.step, &outcome, now);
                    }
                },
                Effect::Perform(plan) => self.perform(&plan, &observed).await,
                Effect::Wait(plan, until) => {
                    let (plan, until) = self.delete_former_secrets((plan, until), &observed).await;
                    self.review_protection(&observed.subject);
                    self.watch_foreign_secret(&observed.subject);
                    match self.update_status(&plan, &observed).await {
                        StatusUpdate::UpToDate => return Action::at(until),
                        StatusUpdate::RetryAt(then) => {
                            return Action::Requeue(until.map_or(then, |until| until.min(then)));
                        }
                        // The plan was based on an outdated object.
                        StatusUpdate::Stale
                            if matches!(
                                self.read_live().await,
                                StepOutcome::Done | StepOutcome::NotFound
                            ) => {}
                        StatusUpdate::Stale => {
                            return Action::Requeue(self.now().mono + OBSERVE_RETRY_INTERVAL);
                        }
                    }
                }
                Effect::StepLimit => {
                    tracing::error!(object = %self.caches.object_ref, "reconciliation exceeded the step limit");
                    return Action::StepLimit;
                }
            }
        }
    }

    /// Observes the resource as it is held now, with the credentials that are in use now.
    pub(super) fn subject(&mut self) -> Subject {
        self.caches.refresh();
        let Caches { engine, controller, object_ref, credentials, .. } = &self.caches;
        let keys = engine.identity.keys();
        let secret_defaults = self.caches.config.operator.connection_secret.of(&object_ref.namespace);
        let view = ObjectView {
            namespace: &object_ref.namespace,
            name: &object_ref.name,
            uid: &object_ref.uid,
            object: self.object.as_deref().map(parts),
            live: self.live,
            keys: keys.as_deref(),
            secret_defaults: Some(&secret_defaults),
        };
        Subject::new(&controller.managed, &view, &credentials.defaults, engine.kubectl_kind(controller))
    }

    /// Returns what has to be read first.
    pub(super) fn prerequisite(&mut self, subject: &Subject) -> Option<Prerequisite> {
        let version = self.caches.engine.controllers.secret_version(&self.secret_key(subject));
        let CacheEntry { observations, machine, .. } = &mut *self.cache_entry;
        observations.prerequisite(subject, machine, version)
    }

    /// Concludes from all observations, and asks the machine for the next effect. While a prerequisite is
    /// `unknown`, that is to wait.
    pub(super) fn next(&mut self, subject: Subject, unknown: Option<Unknown>) -> (Observed, Effect) {
        let now = self.now();
        let CacheEntry { observations, machine, .. } = &mut *self.cache_entry;
        let mut observed = observations.observe(subject, &self.caches, machine, now);
        let name = observed.reserved_secret().map(str::to_owned);
        let former = std::mem::replace(&mut self.cache_entry.reserved, name.clone());
        if let Some(former) = former.filter(|former| Some(former) != name.as_ref()) {
            self.caches.engine.release_secret(&self.caches.controller, &self.caches.object_ref, &former);
        }
        if let Authenticity::UnknownKey(key) = &observed.subject.resource.authenticity {
            self.caches.engine.identity.note_unknown(key);
        }
        let Process { id, operator } = &self.caches.engine.process;
        let cluster = &self.caches.engine.identity.cluster;
        let timing = self.caches.timing();
        let CacheEntry { machine, .. } = &mut *self.cache_entry;
        let mut effect =
            machine.next(&observed.inputs, Identity { process: id, operator, cluster }, &timing, now);
        if let Some(unknown) = unknown {
            let because = format!("{unknown}. Next attempt in {} s.", PERMISSION_POLL_INTERVAL.as_secs());
            let until = Some(now.mono + PERMISSION_POLL_INTERVAL);
            effect = effect.postponed(Reason::PermissionDenied, because, until);
        }
        let effect = self.redact_plan(&mut observed, effect);
        if let Some(Plan { state, step, reason, because, .. }) = effect.plan() {
            tracing::debug!(object = %self.caches.object_ref, state = labels::state(*state), step = labels::step(step), %reason, because, "planned");
        }
        (observed, effect)
    }

    /// Performs the step, and feeds its outcome to the machine.
    pub(super) async fn perform(&mut self, plan: &Plan, observed: &Observed) {
        let now = self.now();
        self.cache_entry.machine.start(&plan.step, now);
        let is_fenced_off =
            Observations::needs_leadership(&plan.step) && !self.caches.engine.leadership.is_leader();
        let outcome = match &plan.step {
            _ if is_fenced_off => StepOutcome::Unsent("this process does not hold the lease".into()),
            Step::Read(Read::Live) => self.read_live().await,
            Step::Intend(_) | Step::Write(_) | Step::AddFinalizer | Step::RemoveFinalizer(_) => {
                self.write_metadata(plan, observed).await
            }
            Step::ReportLeftover(_) => {
                self.report_leftover(plan);
                StepOutcome::Done
            }
            Step::ApplySecret => self.apply_secret(observed).await,
            Step::Read(_) | Step::Create | Step::Delete(_) | Step::Change(_) | Step::Mark(_) => {
                self.call_cloud(plan, observed).await
            }
            Step::Rest { .. } => StepOutcome::Done,
        };
        let created = matches!(outcome, StepOutcome::Created(_));
        if matches!(plan.step, Step::Write(_)) || plan.step == Step::Create && !created {
            self.permit = None;
        }
        if !matches!(
            outcome,
            StepOutcome::Done | StepOutcome::Created(_) | StepOutcome::Changed(_) | StepOutcome::Progress(_)
        ) {
            tracing::info!(object = %self.caches.object_ref, step = labels::step(&plan.step), outcome = labels::outcome_message(&outcome), "step failed");
        }
        self.report_milestone(plan, observed, &outcome);
        if matches!(plan.step, Step::Read(Read::Outputs) | Step::ApplySecret) {
            self.report_left_out(&observed.subject);
        }
        let now = self.now();
        self.cache_entry.machine.answer(&plan.step, &outcome, now);
    }

    /// Acquires the permit of an attempt in advance. Before anything is created with the credentials of a
    /// namespace, their Secret gets its finalizer.
    async fn acquire(&mut self, permit: Permit, plan: &Plan, observed: &Observed) -> Result<(), StepOutcome> {
        if permit == Permit::Change {
            self.change_permit = Some(self.caches.access(&plan.at)?.budget.admit(Priority::User).await);
            return Ok(());
        }
        // The old permit is released first: the new one may wait for its slot.
        self.permit = None;
        self.permit = Some(self.queue_for_creation(plan, observed).await?);
        let Caches { engine, object_ref, credentials, .. } = &self.caches;
        let Some(secret) = &credentials.secret else { return Ok(()) };
        let protection = &mut self.cache_entry.protection;
        let guard = protection.get_or_insert_with(|| engine.credentials.secrets.guard(&object_ref.namespace));
        engine.credentials.protect(guard, secret).await.map_err(outcome_of)
    }

    /// Waits for the turn of a creation. A long wait is reported once.
    async fn queue_for_creation(
        &mut self,
        plan: &Plan,
        observed: &Observed,
    ) -> Result<CreationPermit, StepOutcome> {
        let budget = self.caches.access(&plan.at)?.budget.clone();
        let (ahead, since) = (budget.creations(), self.now().wall);
        let mut turn = Box::pin(budget.creation());
        if let Ok(permit) = timeout(QUEUE_NOTICE, &mut turn).await {
            return Ok(permit);
        }
        let since = Timestamp::from_millisecond(since).unwrap_or_default().strftime("%H:%M:%S UTC");
        let because = format!(
            "queued behind {ahead} other creation{} since {since}: with these credentials, the operator creates {} add-ons at a time",
            if ahead == 1 { "" } else { "s" },
            budget.creating_at_once()
        );
        let queued =
            Plan { step: Step::Rest { until: None }, reason: Reason::Queued, because, ..plan.clone() };
        // The place in the queue is kept only while it is polled. Without the status, the creation goes on.
        let (_, permit) = tokio::join!(self.update_status(&queued, observed), turn);
        Ok(permit)
    }

    /// Drops the guard at the end of a reconciliation when no add-on exists or may exist for the resource,
    /// and queues a review of the Secret.
    fn review_protection(&mut self, subject: &Subject) {
        let CacheEntry { machine, observations, protection, .. } = &mut *self.cache_entry;
        let timing = &self.caches.controller.managed.timing;
        if !subject.needs_namespace_credentials()
            && !machine.has_pending(observations.listing.as_ref(), timing)
        {
            *protection = None;
        }
        self.caches.engine.credentials.secrets.review(Some(&self.caches.object_ref.namespace));
    }

    /// Takes over newer versions from the watch: a reconciliation may take minutes.
    fn refresh_from_cache(&mut self) {
        let Some(own) = &self.object else { return };
        let version = own.metadata.resource_version.clone();
        let cached = self.caches.controller.cached(&self.caches.object_ref);
        self.object = resource_version::newer(cached, Some(own.clone())).or_else(|| Some(own.clone()));
        self.live &= self.object.as_ref().is_some_and(|object| object.metadata.resource_version == version);
    }

    /// The current time.
    pub(crate) fn now(&self) -> Now {
        self.caches.engine.clock.now()
    }
}

/// Borrows the parts of an object that a reconciliation depends on.
pub(crate) fn parts(object: &DynamicObject) -> ObjectParts<'_> {
    let metadata = &object.metadata;
    ObjectParts {
        generation: metadata.generation.unwrap_or_default(),
        deleting: metadata.deletion_timestamp.is_some(),
        finalizers: metadata.finalizers.as_deref().unwrap_or_default(),
        annotations: metadata.annotations.as_ref(),
        spec: object.data.get("spec").unwrap_or(&Value::Null),
        status: object.data.get("status").unwrap_or(&Value::Null),
    }
}
