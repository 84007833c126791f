//! One pass over one resource: observe, plan, execute, until nothing is left to do; then report.

use std::sync::Arc;
use std::time::Duration;

use interpreter::exchange::Context;
use interpreter::plan::{
    self, Heard, Home, Ids, Operation, OtherClaim, Place, Plan, Reason, Record, RecordSight, Resource, Sight, Step, Wish,
};
use interpreter::resource::{self, Desired};
use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::cloud::{CreationPermit, Lane, Permit};
use crate::cluster::crd::{self, Presence};
use crate::engine::cloud_api::client::{Access, Turn};
use crate::engine::context::Engine;
use crate::engine::credentials::resolve::Grant;
use crate::engine::credentials::resolve::elsewhere;
use crate::engine::kind::cache_entry::{Dossier, SecretRead};
use crate::engine::kind::controller::Controller;
use crate::engine::labels;
use crate::engine::object_ref::Subject;
use crate::engine::reconcile::observe;
use crate::engine::reconcile::outcome::{Ended, Reported, Unknown};
use crate::engine::resource_version;

/// More steps than any story has. A pass that takes more does not come to rest, which is a bug; it must not become a flood.
pub(crate) const MOST_STEPS: usize = 60;
/// When such a pass is tried again.
pub(crate) const AFTER_TOO_MANY: Duration = Duration::from_secs(60);

/// When to come again if the cluster does not say what must be known.
const SHORTLY: Duration = Duration::from_secs(5);

/// The same where it may not be asked: nobody tells of a right that is given.
const WITHOUT_RIGHT: Duration = Duration::from_secs(20);

/// One pass.
pub(crate) struct Pass<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) controller: Arc<Controller>,
    pub(crate) subject: Subject,
    pub(crate) dossier: &'a mut Dossier,
    /// The resource as last read; none: it is gone.
    pub(crate) object: Option<Arc<DynamicObject>>,
    /// It was read from the API server itself, or is the answer to an own write.
    pub(crate) live: bool,
    /// Whose credentials are in force.
    pub(crate) grant: Grant,
    /// Whose turn its reads take.
    pub(crate) lane: Lane,
    /// Got before the intent, given back when the answer is recorded.
    pub(crate) permit: Option<CreationPermit>,
    pub(crate) desired: Option<Box<Desired>>,
    pub(crate) namespace_terminating: bool,
    /// Another live resource that names the same add-on.
    pub(crate) other_claim: OtherClaim,
    /// Got before the attempt of a change that must be made once.
    pub(crate) change_ticket: Option<Permit>,
}

impl Pass<'_> {
    /// Runs the pass.
    pub(crate) async fn run(mut self) -> Ended {
        if !matches!(self.dossier.secret, SecretRead::Ours(_)) {
            self.dossier.secret = SecretRead::Unread;
        }
        self.namespace_terminating = self.is_namespace_terminating().await;
        for _ in 0..MOST_STEPS {
            self.notice_news();
            if let Err(unknown) = self.observe_surroundings().await {
                return self.put_off(&unknown).await;
            }
            let plan = self.next_plan().await;
            tracing::debug!(subject = %self.subject, state = ?plan.state, step = labels::step(&plan.step), "{}", plan.because);
            let Step::Rest { until } = plan.step else {
                self.do_step(&plan).await;
                continue;
            };
            self.review_hold();
            self.look_out();
            match self.report(&plan).await {
                Reported::Told => return Ended::Resting(until),
                Reported::Later(then) => return Ended::Resting(Some(until.map_or(then, |until| until.min(then)))),
                // The plan was made of what is no longer so.
                Reported::Stale if matches!(self.read_live().await, Heard::Done | Heard::NotFound) => (),
                Reported::Stale => return Ended::Resting(Some(self.engine.clock.now().mono + SHORTLY)),
            }
        }
        tracing::error!(subject = %self.subject, "a pass took more than {MOST_STEPS} steps and was given up");
        Ended::Restless
    }

    /// What must be known before anything is planned.
    pub(crate) async fn observe_surroundings(&mut self) -> Result<(), Unknown> {
        self.observe_abandonment().await?;
        self.observe_credentials().await
    }

    /// Does nothing for now. Where a right is missing, a person has to know; the log has said so once, for all resources.
    async fn put_off(&mut self, unknown: &Unknown) -> Ended {
        let now = self.engine.clock.now().mono;
        if unknown.failure.missing_permission().is_none() {
            tracing::warn!(subject = %self.subject, "{unknown}");
            return Ended::Resting(Some(now + SHORTLY));
        }
        let until = Some(now + WITHOUT_RIGHT);
        let plan = self.next_plan().await;
        let plan = Plan { step: Step::Rest { until }, reason: Reason::RightMissing, because: unknown.to_string(), ..plan };
        match self.report(&plan).await {
            Reported::Told | Reported::Stale => Ended::Resting(until),
            Reported::Later(then) => Ended::Resting(Some(then)),
        }
    }

    /// Observes, and plans the one next step.
    pub(crate) async fn next_plan(&mut self) -> Plan {
        let (wish, home) = self.consider();
        self.observe_claims(&home);
        self.saw(&home);
        self.observe_secret().await;
        self.take_newest_list(&home);
        self.plan(&wish, &home)
    }

    /// Does the step, and remembers what was heard of it.
    pub(crate) async fn do_step(&mut self, plan: &Plan) {
        if let Err(heard) = self.pay(plan).await {
            return self.refuse(plan, &heard);
        }
        self.dossier.memory.starting(&plan.step, self.engine.clock.now());
        let heard = self.execute(plan).await;
        self.note(plan, &heard);
        self.dossier.memory.heard(&plan.step, &heard, self.engine.clock.now());
    }

    /// Gets what must be had before an attempt. Waiting for it may take long, and the fence must not run out in a queue.
    async fn pay(&mut self, plan: &Plan) -> Result<(), Heard> {
        if matches!(plan.step, Step::Intend(_)) {
            // The old one first: it holds a place that the new one may wait for.
            self.permit = None;
            self.permit = Some(self.access(&plan.at)?.budget.creation().await);
            self.hold_credentials().await?;
        }
        if matches!(&plan.step, Step::Write(record) if record.operation.as_ref().is_some_and(|operation| operation.attempt.is_some())) {
            self.change_ticket = Some(self.access(&plan.at)?.budget.admit(Lane::User).await);
        }
        Ok(())
    }

    /// Takes in what the watch has shown since: a pass may take minutes.
    fn notice_news(&mut self) {
        let Some(own) = &self.object else { return };
        let version = own.metadata.resource_version.clone();
        self.object = resource_version::newer(self.controller.cached(&self.subject), Some(own.clone())).or_else(|| Some(own.clone()));
        self.live &= self.object.as_ref().is_some_and(|object| object.metadata.resource_version == version);
    }

    fn refuse(&mut self, plan: &Plan, heard: &Heard) {
        let now = self.engine.clock.now();
        self.dossier.memory.starting(&plan.step, now);
        self.dossier.memory.heard(&plan.step, heard, now);
    }

    fn note(&mut self, plan: &Plan, heard: &Heard) {
        let over = matches!(plan.step, Step::Write(_)) || matches!(plan.step, Step::Create) && !matches!(heard, Heard::Created(_));
        if over {
            self.permit = None;
        }
        if !matches!(heard, Heard::Done | Heard::Created(_) | Heard::Changed(_) | Heard::Progress(_)) {
            tracing::info!(subject = %self.subject, step = labels::step(&plan.step), "{}", labels::heard(heard));
        }
    }

    fn plan(&self, wish: &Wish, home: &Home) -> Plan {
        let secret = self.secret_sight();
        plan::plan(&Sight {
            resource: &self.resource(),
            wish,
            memory: &self.dossier.memory,
            listing: self.dossier.listing.as_ref(),
            secret: &secret,
            namespace_terminating: self.namespace_terminating,
            abandoned: self.dossier.abandoned == Some(true),
            retired: self.controller.retired,
            process: &self.engine.process,
            operator: &self.engine.operator,
            now: self.engine.clock.now(),
            timing: &self.controller.timing,
            home,
        })
    }

    /// Looks for other resources that name the same add-on, unless this process knows whose it is.
    fn observe_claims(&mut self, home: &Home) {
        let resource = self.resource();
        let (place, ids) = match (resource.record, resource.status_id) {
            (RecordSight::Ours(record) | RecordSight::Foreign(record), _) => (record.place(), record.ids),
            (RecordSight::None, Some(id)) => (home.place.clone(), Some(Ids::from([("addon".to_owned(), id)]))),
            (RecordSight::None, None) | (RecordSight::Unreadable(_), _) => (Place::default(), None),
        };
        self.other_claim = match ids.filter(|ids| !self.dossier.memory.holds(ids)) {
            Some(ids) => self.engine.other_claim(&place, &ids, &self.subject.uid),
            None => OtherClaim::None,
        };
    }

    fn saw(&mut self, home: &Home) {
        let resource = self.resource();
        self.dossier.memory.saw(&resource, home, self.engine.clock.now());
    }

    /// The resource as the planner sees it.
    pub(crate) fn resource(&self) -> Resource {
        let finalizer = &self.controller.addon.resource.finalizer;
        let resource = observe::resource(&self.subject, self.object.as_deref(), self.live, finalizer);
        Resource { kind: self.engine.kubectl_kind(&self.controller), other_claim: self.other_claim.clone(), ..resource }
    }

    /// The custom resource as JSON; of one that is gone, what it was called.
    pub(crate) fn object_value(&self) -> Value {
        let named = || json!({ "metadata": { "name": self.subject.name, "namespace": self.subject.namespace, "uid": self.subject.uid } });
        self.object.as_deref().and_then(|object| serde_json::to_value(object).ok()).unwrap_or_else(named)
    }

    /// What the requests at this place can name: all that is known of the resource, and of the add-on with these ids.
    pub(crate) fn context(&self, place: &Place, ids: Option<&Ids>) -> Context {
        let context = match &self.desired {
            Some(desired) => desired.context.clone(),
            None => self.known(),
        };
        let context = context.with_all(&resource::account_fields(&self.controller.addon.api, &place.account));
        let context = self.with_facts(context);
        ids.map_or(context.clone(), |ids| context.with_ids(ids))
    }

    /// The same with all that was read at the cloud.
    pub(crate) fn with_facts(&self, context: Context) -> Context {
        self.dossier.facts.with(context)
    }

    /// What is known without asking anybody.
    pub(crate) fn known(&self) -> Context {
        resource::known(&self.controller.addon, &self.object_value(), &self.grant.defaults)
    }

    /// The name of the add-on at the cloud.
    pub(crate) fn name(&self) -> String {
        self.known().get(&["name".to_owned()]).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// How to reach the place that a plan is at. The credentials are those of one endpoint, and are shown to no other.
    pub(crate) fn access(&self, place: &Place) -> Result<Arc<Access>, Heard> {
        let no = |message| Heard::Rejected { reason: Reason::CredentialsInvalid, message };
        let access = self.grant.access.as_ref().map_err(|why| no(why.clone()))?;
        let there = access.endpoint == place.endpoint && self.controller.addon.api.name == place.api;
        there.then(|| access.clone()).ok_or_else(|| no(elsewhere(place)))
    }

    /// The ids of the recorded add-on.
    pub(crate) fn recorded(&self) -> Option<Ids> {
        self.record().and_then(|record| record.ids)
    }

    /// The change that the record speaks of.
    pub(crate) fn operation(&self) -> Option<Operation> {
        self.record().and_then(|record| record.operation)
    }

    /// The add-on that the status names.
    pub(crate) fn status_id(&self) -> Option<String> {
        self.resource().status_id
    }

    /// The record, where it was written for this resource.
    pub(crate) fn record(&self) -> Option<Record> {
        match self.resource().record {
            RecordSight::Ours(record) => Some(record),
            RecordSight::Foreign(_) | RecordSight::None | RecordSight::Unreadable(_) => None,
        }
    }

    /// The ids that any record names, be it written for another resource.
    pub(crate) fn named(&self) -> Option<Ids> {
        match self.resource().record {
            RecordSight::Ours(record) | RecordSight::Foreign(record) => record.ids,
            RecordSight::None | RecordSight::Unreadable(_) => None,
        }
    }

    /// The spec's generation.
    pub(crate) fn generation(&self) -> i64 {
        self.object.as_deref().and_then(|object| object.metadata.generation).unwrap_or_default()
    }

    /// A ticket that was paid for, if there is one.
    pub(crate) fn turn(&mut self) -> Turn {
        match self.permit.as_mut().and_then(CreationPermit::prepaid) {
            Some(ticket) => Turn::Paid(ticket),
            None => Turn::Queue(self.lane),
        }
    }

    /// Whoever creates or changes must lead at this very moment.
    pub(crate) fn must_lead(&self) -> Result<(), Heard> {
        match self.engine.leadership.fence() {
            Some(_) => Ok(()),
            None => Err(Heard::Unsent("this process does not hold the lease (any more)".into())),
        }
    }

    /// Whose credentials are in force, looked at live where the resource is new to this process, or was edited or deleted since.
    async fn observe_credentials(&mut self) -> Result<(), Unknown> {
        let seen = self.object.as_ref().map(|_| (self.generation(), self.resource().deleting));
        if !self.subject.namespace.is_empty() && seen.is_some() && self.dossier.looked != seen {
            let what = "whether its namespace has credentials of its own is not known";
            self.engine.look_for_overrides(&self.subject.namespace).await.map_err(|failure| Unknown { what, failure })?;
            self.dossier.looked = seen;
        }
        self.grant = self.engine.grant(&self.controller.addon.api, &self.subject.namespace);
        Ok(())
    }

    /// A resource that goes because its CRD goes was not deleted by anybody who meant the add-on. Judged once, when it is first seen going.
    async fn observe_abandonment(&mut self) -> Result<(), Unknown> {
        let Some(deleted) = self.object.as_ref().and_then(|object| object.metadata.deletion_timestamp.clone()) else { return Ok(()) };
        if self.dossier.abandoned.is_some() {
            return Ok(());
        }
        let Engine { cluster, bounds, .. } = self.engine;
        let presence = crd::presence(&bounds.for_definitions(cluster), &self.controller.kind.to_string()).await;
        self.dossier.abandoned = Some(match presence {
            Ok(Presence::Deleting { since }) => since <= deleted.0,
            Ok(Presence::Absent) => true,
            Ok(Presence::Established | Presence::NamesTaken(_) | Presence::Pending) => false,
            Err(failure) if bounds.deletes_without_definition(&failure) => false,
            Err(failure) => return Err(Unknown { what: "it is not deleted before it is known whether its CRD is", failure }),
        });
        Ok(())
    }

    /// Only where something might be made: what is recorded needs no look.
    pub(crate) async fn is_namespace_terminating(&self) -> bool {
        if self.subject.namespace.is_empty() || self.object.is_none() || self.recorded().is_some() {
            return false;
        }
        let ending = self.engine.namespaces.is_terminating(&self.subject.namespace).await;
        ending.unwrap_or_else(|failure| {
            tracing::debug!(subject = %self.subject, "whether the namespace is being deleted is not known: {failure}");
            false
        })
    }
}
