//! Reconciliation of one resource: observe, plan, execute, until no step is left; then report.

use std::sync::Arc;
use std::time::Duration;

use interpreter::exchange::Context;
use interpreter::plan::{
    self, DesiredState, Ids, Location, ObservedRecord, Operation, OtherClaim, Plan, Reason, Record, Resource,
    Snapshot, Step, StepOutcome, Target,
};
use interpreter::resource::{self, Desired};
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::cloud::{CreationPermit, Permit};
use crate::cluster::crd::{self, Presence};
use crate::engine::cloud_api::client::{Access, PermitSource};
use crate::engine::context::Engine;
use crate::engine::credentials::resolve::ResolvedCredentials;
use crate::engine::credentials::resolve::elsewhere;
use crate::engine::kind::cache_entry::{CacheEntry, SecretRead};
use crate::engine::kind::controller::Controller;
use crate::engine::labels;
use crate::engine::object_ref::ObjectRef;
use crate::engine::reconcile::observe;
use crate::engine::reconcile::outcome::{Action, StatusUpdate, Unknown};
use crate::engine::resource_version;
use crate::priority::Priority;

/// Step limit, above that of any regular sequence. A reconciliation that exceeds it is a bug and must not
/// flood the cloud with requests.
pub(crate) const MAX_STEPS: usize = 60;
/// Delay of the next reconciliation after the step limit was exceeded.
pub(crate) const STEP_LIMIT_DELAY: Duration = Duration::from_secs(60);

/// Delay before the next attempt when a required observation has failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The same delay when a permission is missing: no event announces that it was granted.
const PERMISSION_POLL_INTERVAL: Duration = Duration::from_secs(20);

/// State of one reconciliation.
pub(crate) struct Reconciliation<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) controller: Arc<Controller>,
    pub(crate) object_ref: ObjectRef,
    pub(crate) cache_entry: &'a mut CacheEntry,
    /// The resource as last read; `None` when it is gone.
    pub(crate) object: Option<Arc<DynamicObject>>,
    /// True when the object was read from the API server, or is the response to a write of this process.
    pub(crate) live: bool,
    /// The resolved credentials.
    pub(crate) credentials: ResolvedCredentials,
    /// Priority of its cloud reads.
    pub(crate) priority: Priority,
    /// Acquired before the intent is recorded, released when the outcome is recorded.
    pub(crate) permit: Option<CreationPermit>,
    pub(crate) desired: Option<Box<Desired>>,
    pub(crate) namespace_terminating: bool,
    /// A claim of another live resource on the same add-on.
    pub(crate) other_claim: OtherClaim,
    /// Acquired before the attempt of a change that must be sent only once.
    pub(crate) change_permit: Option<Permit>,
}

impl Reconciliation<'_> {
    /// Runs the reconciliation.
    pub(crate) async fn run(mut self) -> Action {
        if !matches!(self.cache_entry.secret, SecretRead::Ours(_)) {
            self.cache_entry.secret = SecretRead::Unread;
        }
        self.namespace_terminating = self.is_namespace_terminating().await;
        for _ in 0..MAX_STEPS {
            self.refresh_from_cache();
            if let Err(unknown) = self.observe_surroundings().await {
                return self.postpone(&unknown).await;
            }
            let plan = self.next_plan().await;
            tracing::debug!(object = %self.object_ref, state = labels::state(plan.state), step = labels::step(&plan.step), because = plan.because, "planned a step");
            let Step::Rest { until } = plan.step else {
                self.execute_step(&plan).await;
                continue;
            };
            self.review_protection();
            self.look_out();
            match self.update_status(&plan).await {
                StatusUpdate::UpToDate => return Action::at(until),
                StatusUpdate::RetryAt(then) => {
                    return Action::Requeue(until.map_or(then, |until| until.min(then)));
                }
                // The plan was based on an outdated object.
                StatusUpdate::Stale
                    if matches!(self.read_live().await, StepOutcome::Done | StepOutcome::NotFound) => {}
                StatusUpdate::Stale => return Action::Requeue(self.engine.clock.now().mono + RETRY_INTERVAL),
            }
        }
        tracing::error!(object = %self.object_ref, steps = MAX_STEPS, "reconciliation exceeded the step limit");
        Action::StepLimit
    }

    /// Observes what every plan requires: the CRD's deletion and the credentials.
    pub(crate) async fn observe_surroundings(&mut self) -> Result<(), Unknown> {
        self.observe_abandonment().await?;
        self.observe_credentials().await
    }

    /// Postpones the reconciliation. A missing permission is reported in the status; the log reports it once
    /// for all resources.
    async fn postpone(&mut self, unknown: &Unknown) -> Action {
        let now = self.engine.clock.now().mono;
        if unknown.failure.missing_permission().is_none() {
            tracing::warn!(object = %self.object_ref, failure = %unknown.failure, "{}", unknown.what);
            return Action::Requeue(now + RETRY_INTERVAL);
        }
        let until = Some(now + PERMISSION_POLL_INTERVAL);
        let plan = self.next_plan().await;
        let plan = Plan {
            step: Step::Rest { until },
            reason: Reason::PermissionDenied,
            because: format!("{unknown}. Next attempt in {} s.", PERMISSION_POLL_INTERVAL.as_secs()),
            ..plan
        };
        match self.update_status(&plan).await {
            StatusUpdate::UpToDate | StatusUpdate::Stale => Action::at(until),
            StatusUpdate::RetryAt(then) => Action::Requeue(then),
        }
    }

    /// Observes, and plans the next step.
    pub(crate) async fn next_plan(&mut self) -> Plan {
        let (desired_state, target) = self.resolve_desired_state();
        self.observe_claims(&target);
        self.saw(&target);
        self.observe_secret().await;
        self.adopt_newest_list(&target);
        self.plan(&desired_state, &target)
    }

    /// Executes the step, and keeps its outcome in the planner's memory.
    pub(crate) async fn execute_step(&mut self, plan: &Plan) {
        if let Err(outcome) = self.acquire_permits(plan).await {
            return self.refuse(plan, &outcome);
        }
        self.cache_entry.memory.starting(&plan.step, self.engine.clock.now());
        let outcome = self.execute(plan).await;
        self.note(plan, &outcome);
        self.cache_entry.memory.outcome(&plan.step, &outcome, self.engine.clock.now());
    }

    /// Acquires the permit of an attempt in advance: the wait may be long, and the creation window must not
    /// elapse in a queue.
    async fn acquire_permits(&mut self, plan: &Plan) -> Result<(), StepOutcome> {
        if matches!(plan.step, Step::Intend(_)) {
            // The old permit is released first: the new one may wait for its slot.
            self.permit = None;
            self.permit = Some(self.access(&plan.at)?.budget.creation().await);
            self.protect_secret().await?;
        }
        if matches!(&plan.step, Step::Write(record) if record.operation.as_ref().is_some_and(|operation| operation.attempt.is_some()))
        {
            self.change_permit = Some(self.access(&plan.at)?.budget.admit(Priority::User).await);
        }
        Ok(())
    }

    /// Takes over newer versions from the watch: a reconciliation may take minutes.
    fn refresh_from_cache(&mut self) {
        let Some(own) = &self.object else { return };
        let version = own.metadata.resource_version.clone();
        self.object = resource_version::newer(self.controller.cached(&self.object_ref), Some(own.clone()))
            .or_else(|| Some(own.clone()));
        self.live &= self.object.as_ref().is_some_and(|object| object.metadata.resource_version == version);
    }

    fn refuse(&mut self, plan: &Plan, outcome: &StepOutcome) {
        let now = self.engine.clock.now();
        self.cache_entry.memory.starting(&plan.step, now);
        self.cache_entry.memory.outcome(&plan.step, outcome, now);
    }

    fn note(&mut self, plan: &Plan, outcome: &StepOutcome) {
        let over = matches!(plan.step, Step::Write(_))
            || matches!(plan.step, Step::Create) && !matches!(outcome, StepOutcome::Created(_));
        if over {
            self.permit = None;
        }
        if !matches!(
            outcome,
            StepOutcome::Done | StepOutcome::Created(_) | StepOutcome::Changed(_) | StepOutcome::Progress(_)
        ) {
            tracing::info!(object = %self.object_ref, step = labels::step(&plan.step), outcome = labels::outcome_message(outcome), "step failed");
        }
    }

    fn plan(&self, desired_state: &DesiredState, target: &Target) -> Plan {
        let secret = self.observed_secret();
        plan::plan(&Snapshot {
            resource: &self.resource(),
            desired_state,
            memory: &self.cache_entry.memory,
            listing: self.cache_entry.listing.as_ref(),
            secret: &secret,
            namespace_terminating: self.namespace_terminating,
            abandoned: self.cache_entry.abandoned == Some(true),
            kind_removed: self.controller.kind_removed,
            process: &self.engine.process,
            operator: &self.engine.operator,
            now: self.engine.clock.now(),
            timing: &self.controller.timing,
            target,
        })
    }

    /// Looks for other resources that name the same add-on, unless this process knows its owner.
    fn observe_claims(&mut self, target: &Target) {
        let resource = self.resource();
        let (location, ids) = match (resource.record, resource.status_id) {
            (ObservedRecord::Ours(record) | ObservedRecord::Foreign(record), _) => {
                (record.location(), record.ids)
            }
            (ObservedRecord::None, Some(id)) => {
                (target.location.clone(), Some(Ids::from([("addon".to_owned(), id)])))
            }
            (ObservedRecord::None, None) | (ObservedRecord::Unreadable(_), _) => (Location::default(), None),
        };
        self.other_claim = match ids.filter(|ids| !self.cache_entry.memory.holds(ids)) {
            Some(ids) => self.engine.other_claim(&location, &ids, &self.object_ref.uid),
            None => OtherClaim::None,
        };
    }

    fn saw(&mut self, target: &Target) {
        let resource = self.resource();
        self.cache_entry.memory.saw(&resource, target, self.engine.clock.now());
    }

    /// Returns the resource as input of the planner.
    pub(crate) fn resource(&self) -> Resource {
        let finalizer = &self.controller.addon.resource.finalizer;
        let resource = observe::resource(&self.object_ref, self.object.as_deref(), self.live, finalizer);
        Resource {
            kind: self.engine.kubectl_kind(&self.controller),
            other_claim: self.other_claim.clone(),
            ..resource
        }
    }

    /// Returns the custom resource as JSON; only its name, namespace and uid when it is gone.
    pub(crate) fn object_value(&self) -> Value {
        let named = || json!({ "metadata": { "name": self.object_ref.name, "namespace": self.object_ref.namespace, "uid": self.object_ref.uid } });
        self.object.as_deref().and_then(|object| serde_json::to_value(object).ok()).unwrap_or_else(named)
    }

    /// Returns the values for requests at this location: those of the resource, and the ids of the add-on.
    pub(crate) fn context(&self, location: &Location, ids: Option<&Ids>) -> Context {
        let context = match &self.desired {
            Some(desired) => desired.context.clone(),
            None => self.known(),
        };
        let context =
            context.with_all(&resource::account_fields(&self.controller.addon.api, &location.account));
        let context = self.with_cloud_state(context);
        ids.map_or(context.clone(), |ids| context.with_ids(ids))
    }

    /// Adds the cloud state to a context.
    pub(crate) fn with_cloud_state(&self, context: Context) -> Context {
        self.cache_entry.cloud_state.with(context)
    }

    /// Returns the values that are known without a request.
    pub(crate) fn known(&self) -> Context {
        resource::known(&self.controller.addon, &self.object_value(), &self.credentials.defaults)
    }

    /// The name of the add-on at the cloud.
    pub(crate) fn name(&self) -> String {
        self.known().get(&["name".to_owned()]).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Returns the access to a plan's location. Credentials are never sent to an endpoint other than their
    /// own.
    pub(crate) fn access(&self, location: &Location) -> Result<Arc<Access>, StepOutcome> {
        let no = |message| StepOutcome::Rejected { reason: Reason::CredentialsInvalid, message };
        let access = self.credentials.access.as_ref().map_err(|why| no(why.clone()))?;
        let there = access.endpoint == location.endpoint && self.controller.addon.api.name == location.api;
        there.then(|| access.clone()).ok_or_else(|| no(elsewhere(location)))
    }

    /// The ids of the recorded add-on.
    pub(crate) fn recorded(&self) -> Option<Ids> {
        self.record().and_then(|record| record.ids)
    }

    /// The recorded change.
    pub(crate) fn operation(&self) -> Option<Operation> {
        self.record().and_then(|record| record.operation)
    }

    /// The id of the add-on in the status.
    pub(crate) fn status_id(&self) -> Option<String> {
        self.resource().status_id
    }

    /// The record, if it was written for this resource.
    pub(crate) fn record(&self) -> Option<Record> {
        match self.resource().record {
            ObservedRecord::Ours(record) => Some(record),
            ObservedRecord::Foreign(_) | ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
        }
    }

    /// The ids in the record, even if that was written for another resource.
    pub(crate) fn named(&self) -> Option<Ids> {
        match self.resource().record {
            ObservedRecord::Ours(record) | ObservedRecord::Foreign(record) => record.ids,
            ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
        }
    }

    /// The generation of the spec.
    pub(crate) fn generation(&self) -> i64 {
        self.object.as_deref().and_then(|object| object.metadata.generation).unwrap_or_default()
    }

    /// Returns the prepaid permit, if there is one; otherwise the request waits for one.
    pub(crate) fn permit_source(&mut self) -> PermitSource {
        match self.permit.as_mut().and_then(CreationPermit::prepaid) {
            Some(permit) => PermitSource::Prepaid(permit),
            None => PermitSource::Queue(self.priority),
        }
    }

    /// Fails unless this process leads at this moment; checked before each creation and change.
    pub(crate) fn must_lead(&self) -> Result<(), StepOutcome> {
        match self.engine.leadership.fence() {
            Some(_) => Ok(()),
            None => Err(StepOutcome::Unsent("this process does not hold the lease".into())),
        }
    }

    /// Resolves the credentials. Those of the namespace are read live when the resource is new to this
    /// process, or was edited or deleted since.
    async fn observe_credentials(&mut self) -> Result<(), Unknown> {
        let seen = self.object.as_ref().map(|_| (self.generation(), self.resource().deleting));
        let (service, namespace) = (&self.engine.credentials, &self.object_ref.namespace);
        if !namespace.is_empty() && seen.is_some() && self.cache_entry.looked != seen {
            let what = "cannot check whether the namespace has its own credentials";
            service.read_live(namespace).await.map_err(|failure| Unknown { what, failure })?;
            self.cache_entry.looked = seen;
        }
        self.credentials = service.resolve(&self.controller.addon.api, namespace);
        Ok(())
    }

    /// Records whether the resource is deleted only because its CRD is: then no user meant to delete the
    /// add-on. Decided once, when the deletion is first observed.
    async fn observe_abandonment(&mut self) -> Result<(), Unknown> {
        let Some(deleted) =
            self.object.as_ref().and_then(|object| object.metadata.deletion_timestamp.clone())
        else {
            return Ok(());
        };
        if self.cache_entry.abandoned.is_some() {
            return Ok(());
        }
        let Engine { cluster, bounds, .. } = self.engine;
        let presence =
            crd::presence(&bounds.for_definitions(cluster), &self.controller.kind.to_string()).await;
        self.cache_entry.abandoned = Some(match presence {
            Ok(Presence::Deleting { since }) => since <= deleted.0,
            Ok(Presence::Absent) => true,
            Ok(Presence::Established | Presence::NamesTaken(_) | Presence::Pending) => false,
            Err(failure) if bounds.deletes_without_definition(&failure) => false,
            Err(failure) => {
                return Err(Unknown {
                    what: "cannot check whether the CRD is being deleted, so the add-on is not deleted yet",
                    failure,
                });
            }
        });
        Ok(())
    }

    /// True when the namespace is being deleted. Checked only if an add-on might be created, not if one is
    /// recorded.
    pub(crate) async fn is_namespace_terminating(&self) -> bool {
        if self.object_ref.namespace.is_empty() || self.object.is_none() || self.recorded().is_some() {
            return false;
        }
        let ending = self.engine.namespaces.is_terminating(&self.object_ref.namespace).await;
        ending.unwrap_or_else(|failure| {
            tracing::debug!(object = %self.object_ref, %failure, "cannot check whether the namespace is being deleted");
            false
        })
    }
}
