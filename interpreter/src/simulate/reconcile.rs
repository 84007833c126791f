//! Driver of a reconciliation with a simulated cluster and clock. The cloud gives the recorded answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::exchange::{Context, build, render};
use crate::plan::{
    Ids, Location, Now, OtherClaim, Plan, RECORD, Record, Standing, Step, StepOutcome, Target, Timing,
};
use crate::reconcile::{
    self, Answer, AnswerCache, CloudCall, CloudRequest, CredentialsState, Effect, HeldSecret, Identity,
    KEY_LEN, Lookup, Machine, ManagedKind, MarkingPolicy, ObjectParts, ObjectView, Observations, Observed,
    ObservedNamespace, Prerequisite, RecordKeys, Reservation, SecretRead, Subject, WholeList, WholeMarks,
};
use crate::resource::Secret;
use crate::simulate::recorded_cloud::RecordedCloud;
use crate::simulate::types::{ENDPOINT, Exchange, NOT_RECORDED, Script};

/// Limit of effects, larger than any recorded conversation needs.
const MAX_EFFECTS: usize = 500;
/// Simulated duration of one step.
const MOMENT: Duration = Duration::from_millis(100);
const IDENTITY: Identity<'_> = Identity { process: "replay", operator: "replay", cluster: "replay" };

/// End of a reconciliation: the condition, the reason, and the message.
pub(super) type End = (Standing, String, String);

/// Reconciliation of one resource.
pub(super) struct Reconciliation<'a> {
    kind: ManagedKind,
    config: Value,
    object: Value,
    finalizers: Vec<String>,
    annotations: BTreeMap<String, String>,
    machine: Machine,
    observations: Observations,
    list: Option<Arc<WholeList>>,
    now: Now,
    pub(super) cloud: RecordedCloud<'a>,
    pub(super) secret: Option<Secret>,
    pub(super) exchanges: Vec<Exchange>,
}

/// The caches of the driver: no other resource exists.
struct Caches<'a> {
    kind: &'a ManagedKind,
    location: Location,
    list: Option<Arc<WholeList>>,
}

impl Lookup for Caches<'_> {
    fn kind(&self) -> &ManagedKind {
        self.kind
    }

    fn target(&self, account: String) -> Target {
        Target { location: Location { account, ..self.location.clone() }, ..Target::default() }
    }

    fn credentials(&self) -> CredentialsState<'_> {
        CredentialsState::default()
    }

    fn other_claim(&self, _: &Location, _: &Ids) -> OtherClaim {
        OtherClaim::None
    }

    fn holder(&self, _: &str) -> Option<String> {
        None
    }

    fn reserve_secret(&self, _: &str, _: bool) -> Reservation {
        Reservation::Own
    }

    fn newest_list(&self, _: &Location, _: &Context) -> Option<Arc<WholeList>> {
        self.list.clone()
    }

    fn newest_marks(&self, _: &Location, _: &Context) -> Option<Arc<WholeMarks>> {
        None
    }

    fn marking(&self) -> (&str, MarkingPolicy) {
        (IDENTITY.cluster, MarkingPolicy::None)
    }

    fn keys(&self) -> Option<Arc<RecordKeys>> {
        RecordKeys::parse(&RecordKeys::line(&[0; KEY_LEN])).ok().map(Arc::new)
    }
}

impl<'a> Reconciliation<'a> {
    pub(super) fn new(script: &Script<'a>) -> Self {
        let cloud = RecordedCloud::new(script.addon, script.recorded);
        let timing = Timing { list_lag: script.addon.api.identity.list_lag, ..Timing::default() };
        Self {
            kind: ManagedKind::new(Arc::clone(script.addon), timing, false),
            config: cloud.config(),
            object: Value::Null,
            finalizers: Vec::new(),
            annotations: BTreeMap::new(),
            machine: Machine::default(),
            observations: Observations::default(),
            list: None,
            now: Now { mono: Duration::from_secs(3600), wall: 1_700_000_000_000 },
            cloud,
            secret: None,
            exchanges: Vec::new(),
        }
    }

    /// Runs steps until the resource is ready or stalls.
    pub(super) fn run(&mut self) -> End {
        let mut end = (Standing::Stalled, "Unknown".to_owned(), "it does not come to rest".to_owned());
        for _ in 0..MAX_EFFECTS {
            let subject = self.subject();
            if let Some(prerequisite) = self.observations.prerequisite(&subject, &self.machine, None) {
                self.read(prerequisite, &subject);
                continue;
            }
            self.wait(self.now.mono);
            let observed = self.observe(subject);
            let effect = self.machine.next(&observed.inputs, IDENTITY, &self.kind.timing, self.now);
            let (plan, until) = match effect {
                Effect::Acquire(_, plan) | Effect::Perform(plan) => (plan, None),
                Effect::Wait(plan, until) => (plan, Some(until)),
                Effect::StepLimit => return end,
            };
            end = (plan.reason.standing(), plan.reason.to_string(), plan.because.clone());
            match (plan.reason.standing(), until) {
                (_, None) => {
                    if let Err(why) = self.perform(&plan, &observed) {
                        return (Standing::Stalled, NOT_RECORDED.to_owned(), why);
                    }
                }
                (Standing::Reconciling, Some(Some(until))) => {
                    self.wait(until);
                    self.machine.begin();
                }
                (Standing::Ready | Standing::Stalled | Standing::Reconciling, Some(_)) => return end,
            }
        }
        end
    }

    /// Lets time pass.
    pub(super) fn later(&mut self, pause: Duration) {
        self.machine.begin();
        self.wait(self.now.mono + pause);
    }

    /// Continues with another spec and other annotations, and drops the requests so far.
    pub(super) fn edit(&mut self, object: Value) {
        let written = object["metadata"]["annotations"].as_object().into_iter().flatten();
        let written = written.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        self.annotations.retain(|name, _| name == RECORD);
        self.annotations.extend(written);
        self.object = object;
        self.exchanges.clear();
        self.machine.begin();
        self.wait(self.now.mono + self.kind.timing.list_lag);
    }

    /// Drops what the operator knows beyond the objects of the cluster.
    pub(super) fn restart(&mut self) {
        (self.machine, self.observations, self.list) = (Machine::default(), Observations::default(), None);
    }

    /// The status, without the fields that only a cluster can fill.
    pub(super) fn status(&mut self) -> Map<String, Value> {
        let subject = self.subject();
        let observed = self.observe(subject);
        let mut status = Map::new();
        reconcile::set_identity(&mut status, &self.kind, &observed);
        status.extend(self.observations.facets(&self.kind, &observed));
        status
    }

    fn wait(&mut self, until: Duration) {
        let pause = until.saturating_sub(self.now.mono).max(MOMENT);
        self.now.mono += pause;
        self.now.wall += i64::try_from(pause.as_millis()).unwrap_or_default();
    }

    fn subject(&self) -> Subject {
        let text = |name: &str| self.object["metadata"][name].as_str().unwrap_or_default();
        let object = ObjectParts {
            generation: self.object["metadata"]["generation"].as_i64().unwrap_or_default(),
            deleting: false,
            finalizers: &self.finalizers,
            annotations: Some(&self.annotations),
            spec: &self.object["spec"],
            status: &Value::Null,
        };
        let (namespace, name, uid) = (text("namespace"), text("name"), text("uid"));
        let object = Some(object);
        let view = ObjectView { namespace, name, uid, object, live: true, keys: None, secret_defaults: None };
        Subject::new(&self.kind, &view, &self.config, String::new())
    }

    fn read(&mut self, prerequisite: Prerequisite, subject: &Subject) {
        let observations = &mut self.observations;
        match prerequisite {
            Prerequisite::Definition => observations.abandoned = Some(None),
            Prerequisite::Credentials => observations.credentials_were_read(&subject.resource),
            Prerequisite::Namespace => {
                observations.namespace_was_read(&subject.resource, ObservedNamespace::default())
            }
            Prerequisite::Secret => observations.secret = SecretRead::Absent,
        }
    }

    fn observe(&mut self, subject: Subject) -> Observed {
        let endpoint = self.endpoint(&subject.known);
        let location = Location { api: self.kind.addon.api.name.clone(), endpoint, account: String::new() };
        let caches = Caches { kind: &self.kind, location, list: self.list.clone() };
        self.observations.observe(subject, &caches, &self.machine, self.now)
    }

    /// The endpoint of the API, for an API with only one host.
    fn endpoint(&self, known: &Context) -> String {
        let host = self.kind.addon.api.endpoints.host("");
        host.and_then(|host| render(host, known.value()).ok()).unwrap_or_else(|| ENDPOINT.to_owned())
    }

    /// Performs a step, and takes its outcome. Fails with the answer or value that is missing to continue.
    fn perform(&mut self, plan: &Plan, observed: &Observed) -> Result<(), String> {
        self.machine.start(&plan.step, self.now);
        let outcome = self.outcome(plan, observed)?;
        self.machine.answer(&plan.step, &outcome, self.now);
        if let StepOutcome::Unavailable(why) | StepOutcome::Ambiguous(why) = outcome {
            // The same answer would come again.
            return Err(why);
        }
        Ok(())
    }

    fn outcome(&mut self, plan: &Plan, observed: &Observed) -> Result<StepOutcome, String> {
        let kind = self.kind.clone();
        let Some(mut call) = CloudCall::new(&kind, plan, observed, &self.observations) else {
            self.write(&plan.step, observed);
            return Ok(StepOutcome::Done);
        };
        while let Some(request) = call.next(self.now.mono) {
            let answer = self.ask(&request, call.context(), &plan.because)?;
            call.answer(&request, answer);
        }
        let caches = Caches { kind: &kind, location: plan.at.clone(), list: None };
        Ok(call.finish(observed, &mut self.observations, &caches, self.now.mono))
    }

    /// Performs a write to the simulated cluster.
    fn write(&mut self, step: &Step, observed: &Observed) {
        if let Step::Intend(record) | Step::Write(record) = step {
            self.record(record);
        }
        let desired = self.observations.desired_secret(&self.kind, &observed.subject);
        if let (Step::ApplySecret, Some((secret, digest))) = (step, desired) {
            let held = HeldSecret {
                version: None,
                keys: secret.keys.clone(),
                labelled: true,
                digest: Some(digest),
                metadata: secret.metadata.clone(),
                type_name: None,
                outputs_read: None,
            };
            self.observations.secret = SecretRead::Ours(held);
            self.secret = Some(secret);
        }
    }

    fn record(&mut self, record: &Record) {
        self.annotations.insert(RECORD.to_owned(), record.text());
        self.finalizers = vec![self.kind.addon.resource.finalizer.clone()];
    }

    /// Sends a request. A write without a recorded answer has an empty one, which is enough where nothing is
    /// read from it; a creation needs one.
    fn ask(
        &mut self,
        request: &CloudRequest<'_>,
        context: &Context,
        because: &str,
    ) -> Result<Result<Answer, StepOutcome>, String> {
        let reply = self.cloud.reply(request, context);
        let sent = build(request.request, &self.kind.addon.api, context, &self.endpoint(context));
        // Noted before its answer is used, so that a request without a usable answer is shown too.
        self.exchanges.push(Exchange {
            asked: reply.asked.clone(),
            writes: request.writes,
            because: because.to_owned(),
            sent: sent.map_err(|why| why.to_string())?,
            answer: reply.answer.clone().ok().flatten(),
        });
        let Some(body) = reply.body(request.writes)? else { return Ok(Err(StepOutcome::NotFound)) };
        Ok(match request.cache {
            AnswerCache::None
            | AnswerCache::Offer { .. }
            | AnswerCache::Marks { .. }
            | AnswerCache::Accounts { .. } => Ok(Answer::Body(body)),
            AnswerCache::List { .. } => self.whole_list(&body).map(Answer::List),
        })
    }

    fn whole_list(&mut self, body: &Value) -> Result<Arc<WholeList>, StepOutcome> {
        let entries = reconcile::entries(&self.kind.addon, [body]).map_err(reconcile::unreadable)?;
        let (sent, suspicious) = (self.now.mono, false);
        let (listed, unreadable) = (entries.listed, entries.unreadable);
        let list = Arc::new(WholeList { sent, listed, unreadable, suspicious });
        self.list = Some(Arc::clone(&list));
        Ok(list)
    }
}
