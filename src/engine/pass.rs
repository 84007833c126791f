//! One pass over one resource: observe, plan, execute, until nothing is left to do; then report.

use std::sync::Arc;
use std::time::Duration;

use interpreter::exchange::Context;
use interpreter::plan::{self, Heard, Home, Ids, Operation, Place, Plan, Record, RecordSight, Resource, Sight, Step, Wish};
use interpreter::resource::{self, Desired};
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::Engine;
use super::ask::{Access, Turn};
use super::controller::Controller;
use super::dossier::{Dossier, SecretRead};
use super::observe::{self, Subject};
use super::report::Reported;
use super::words;
use crate::cloud::{CreationPermit, Lane};
use crate::cluster::crd::{self, Presence};

/// More steps than any story has. A pass that takes more does not come to rest, which is a bug; it must not become a flood.
const MOST_STEPS: usize = 60;
/// When such a pass is tried again.
pub(super) const AFTER_TOO_MANY: Duration = Duration::from_secs(60);

/// One pass.
pub(super) struct Pass<'a> {
    pub(super) engine: &'a Engine,
    pub(super) controller: Arc<Controller>,
    pub(super) subject: Subject,
    pub(super) dossier: &'a mut Dossier,
    /// The resource as last read; none: it is gone.
    pub(super) object: Option<Arc<DynamicObject>>,
    /// It was read from the API server itself, or is the answer to an own write.
    pub(super) live: bool,
    /// Whose turn its reads take.
    pub(super) lane: Lane,
    /// Got before the intent, given back when the answer is recorded.
    pub(super) permit: Option<CreationPermit>,
    pub(super) desired: Option<Box<Desired>>,
    pub(super) namespace_terminating: bool,
    /// The resource goes only because its CRD does.
    pub(super) abandoned: bool,
}

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// At rest: when to come again, by the monotonic clock, if not for an event.
    Resting(Option<Duration>),
    /// It took too many steps.
    Restless,
}

impl Ended {
    /// In one word, for metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resting(_) => "resting",
            Self::Restless => "restless",
        }
    }
}

impl Pass<'_> {
    /// Runs the pass.
    pub(super) async fn run(mut self) -> Ended {
        if !matches!(self.dossier.secret, SecretRead::Ours(_)) {
            self.dossier.secret = SecretRead::Unread;
        }
        self.namespace_terminating = self.is_namespace_terminating().await;
        self.abandoned = self.is_abandoned().await;
        for _ in 0..MOST_STEPS {
            let (wish, home) = self.consider();
            self.saw(&home);
            self.observe_secret().await;
            let plan = self.plan(&wish, &home);
            tracing::debug!(subject = %self.subject, state = ?plan.state, step = words::step(&plan.step), "{}", plan.because);
            let Step::Rest { until } = plan.step else {
                self.do_step(&plan).await;
                continue;
            };
            match self.report(&plan).await {
                Reported::Told => return Ended::Resting(until),
                Reported::Later(then) => return Ended::Resting(Some(until.map_or(then, |until| until.min(then)))),
                // The plan was made of what is no longer so.
                Reported::Stale => drop(self.read_live().await),
            }
        }
        tracing::error!(subject = %self.subject, "a pass took more than {MOST_STEPS} steps and was given up");
        Ended::Restless
    }

    async fn do_step(&mut self, plan: &Plan) {
        if matches!(plan.step, Step::Intend(_)) && self.permit.is_none() {
            // Waiting for a permit may take long: the fence must not run out in a queue.
            let Ok(access) = self.access(&plan.at) else { return self.refuse(plan) };
            self.permit = Some(access.budget.creation().await);
        }
        self.dossier.memory.starting(&plan.step, self.engine.clock.now());
        let heard = self.execute(plan).await;
        self.note(plan, &heard);
        self.dossier.memory.heard(&plan.step, &heard, self.engine.clock.now());
    }

    fn refuse(&mut self, plan: &Plan) {
        let heard = self.access(&plan.at).err().unwrap_or(Heard::Conflict);
        let now = self.engine.clock.now();
        self.dossier.memory.starting(&plan.step, now);
        self.dossier.memory.heard(&plan.step, &heard, now);
    }

    fn note(&mut self, plan: &Plan, heard: &Heard) {
        let over = matches!(plan.step, Step::Write(_)) || matches!(plan.step, Step::Create) && !matches!(heard, Heard::Created(_));
        if over {
            self.permit = None;
        }
        if !matches!(heard, Heard::Done | Heard::Created(_) | Heard::Changed(_) | Heard::Progress(_)) {
            tracing::info!(subject = %self.subject, step = words::step(&plan.step), "{}", words::heard(heard));
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
            abandoned: self.abandoned,
            process: &self.engine.process,
            operator: &self.engine.operator,
            now: self.engine.clock.now(),
            timing: &self.controller.timing,
            home,
        })
    }

    fn saw(&mut self, home: &Home) {
        let resource = self.resource();
        self.dossier.memory.saw(&resource, home, self.engine.clock.now());
    }

    /// The resource as the planner sees it.
    pub(super) fn resource(&self) -> Resource {
        let finalizer = &self.controller.addon.resource.finalizer;
        let claim = |record: &Record| self.engine.claim_on(record, &self.subject.uid);
        observe::resource(&self.subject, self.object.as_deref(), self.live, finalizer, claim)
    }

    /// The custom resource as JSON; of one that is gone, what it was called.
    pub(super) fn object_value(&self) -> Value {
        let named = || json!({ "metadata": { "name": self.subject.name, "namespace": self.subject.namespace, "uid": self.subject.uid } });
        self.object.as_deref().and_then(|object| serde_json::to_value(object).ok()).unwrap_or_else(named)
    }

    /// What the requests for this plan can name: all that is known of the resource, and of the add-on with these ids.
    pub(super) fn context(&self, plan: &Plan, ids: Option<&Ids>) -> Context {
        let context = match &self.desired {
            Some(desired) => desired.context.clone(),
            None => self.known(),
        };
        let context = context.with_all(&resource::account_fields(&self.controller.addon.api, &plan.at.account));
        let context = self.with_facts(context);
        ids.map_or(context.clone(), |ids| context.with_ids(ids))
    }

    /// The same with all that was read at the cloud.
    pub(super) fn with_facts(&self, context: Context) -> Context {
        let facts = &self.dossier.facts;
        let context = facts.listed.iter().fold(context, |context, listed| context.with("listed", listed.clone()));
        let context = facts.reads.iter().fold(context, |context, (name, read)| context.with(name, read.clone()));
        facts.outputs.iter().fold(context, |context, outputs| context.with("outputs", Value::Object(outputs.clone())))
    }

    /// What is known without asking anybody.
    pub(super) fn known(&self) -> Context {
        resource::known(&self.controller.addon, &self.object_value(), &self.controller.defaults)
    }

    /// The name of the add-on at the cloud.
    pub(super) fn name(&self) -> String {
        self.known().get(&["name".to_owned()]).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// How to reach the place that a plan is at. Credentials are those in force now, so the endpoint must be theirs.
    pub(super) fn access(&self, place: &Place) -> Result<&Access, Heard> {
        self.engine.access_to(place)
    }

    /// The ids of the recorded add-on.
    pub(super) fn recorded(&self) -> Option<Ids> {
        self.record().and_then(|record| record.ids)
    }

    /// The change that the record speaks of.
    pub(super) fn operation(&self) -> Option<Operation> {
        self.record().and_then(|record| record.operation)
    }

    /// The add-on that the status names.
    pub(super) fn status_id(&self) -> Option<String> {
        self.resource().status_id
    }

    /// The record, where it was written for this resource.
    pub(super) fn record(&self) -> Option<Record> {
        match self.resource().record {
            RecordSight::Ours(record) => Some(record),
            RecordSight::Foreign(..) | RecordSight::None | RecordSight::Unreadable(_) => None,
        }
    }

    /// The ids that any record names, be it written for another resource.
    pub(super) fn named(&self) -> Option<Ids> {
        match self.resource().record {
            RecordSight::Ours(record) | RecordSight::Foreign(record, _) => record.ids,
            RecordSight::None | RecordSight::Unreadable(_) => None,
        }
    }

    /// The spec's generation.
    pub(super) fn generation(&self) -> i64 {
        self.object.as_deref().and_then(|object| object.metadata.generation).unwrap_or_default()
    }

    /// A ticket that was paid for, if there is one.
    pub(super) fn turn(&mut self) -> Turn {
        match self.permit.as_mut().and_then(CreationPermit::prepaid) {
            Some(ticket) => Turn::Paid(ticket),
            None => Turn::Queue(self.lane),
        }
    }

    /// Whoever creates or changes must lead at this very moment.
    pub(super) fn must_lead(&self) -> Result<(), Heard> {
        match self.engine.leadership.fence() {
            Some(_) => Ok(()),
            None => Err(Heard::Unsent("this process does not hold the lease (any more)".into())),
        }
    }

    /// A resource that goes because its CRD goes was not deleted by anybody who meant the add-on.
    async fn is_abandoned(&self) -> bool {
        let Some(deleted) = self.object.as_ref().and_then(|object| object.metadata.deletion_timestamp.clone()) else { return false };
        let definition = self.controller.kind.to_string();
        match crd::presence(&self.engine.cluster, &definition).await {
            Ok(Presence::Deleting { since }) => since <= deleted.0,
            Ok(Presence::Absent | Presence::Established | Presence::NamesTaken(_) | Presence::Pending) => false,
            Err(failure) => {
                tracing::debug!(subject = %self.subject, "whether the CRD is being deleted is not known: {failure}");
                false
            }
        }
    }

    /// Only where something might be made: what is recorded needs no look.
    async fn is_namespace_terminating(&self) -> bool {
        if self.subject.namespace.is_empty() || self.object.is_none() || self.recorded().is_some() {
            return false;
        }
        let ending = self.engine.namespaces.is_ending(&self.subject.namespace).await;
        ending.unwrap_or_else(|failure| {
            tracing::debug!(subject = %self.subject, "whether the namespace is being deleted is not known: {failure}");
            false
        })
    }
}
