//! Forecast of a resource: the steps of its reconciliation, by the real planner. Reads the cluster and the cloud, and
//! writes nothing: each write is only built.
//!
//! After a simulated creation, reads of the add-on are answered as the catalog records them, so that the forecast
//! goes on until the resource is ready.

use interpreter::exchange::{HttpRequest, build};
use interpreter::plan::{
    Change, DesiredState, Difference, Ids, Plan, Read, Reason, Remedy, Standing, State, Step, StepOutcome,
};
use interpreter::reconcile::{Answer, CloudCall, CloudRequest, Observed, ObservedNamespace, Prerequisite};
use interpreter::resource::{self, Prices};
use interpreter::simulate::RecordedCloud;
use serde_json::Map;

use crate::engine::labels;
use crate::engine::reconcile::dry_run::{DryRun, ExpectedOutcome};
use crate::engine::reconcile::outcome::Unknown;
use crate::engine::reconcile::reconciliation::Reconciliation;

/// Message of a forecast without an end.
const STEP_LIMIT: &str = "the forecast exceeded the limit of steps of one reconciliation, so the outcome is unknown. Run the command again, and report this if it happens again.";

/// Forecast of one resource.
pub(crate) struct Forecast {
    /// The outcome, by the first write to the cloud, or by the last plan if there is none.
    pub(crate) dry_run: DryRun,
    /// The state behind the outcome, if there was a plan.
    pub(crate) state: Option<State>,
    /// The writes, in order.
    pub(crate) steps: Vec<ForecastStep>,
    /// The differences between the add-on and the spec.
    pub(crate) differences: Vec<Difference>,
    /// The prices of its plans, if the offers were read and have them.
    pub(crate) prices: Option<Prices>,
    /// The ids that the catalog records for an add-on that does not exist yet.
    pub(crate) made_up: Ids,
    /// True when a new add-on takes the place of a recorded one.
    pub(crate) replaces: bool,
    /// The reason why the steps end before the resource is ready, if there is one.
    pub(crate) open_end: Option<String>,
}

/// One write of a forecast.
pub(crate) struct ForecastStep {
    /// The label of the step.
    pub(crate) label: &'static str,
    /// The reason for the step, in one sentence.
    pub(crate) because: String,
    /// The request to the cloud; `None` for a write to the cluster.
    pub(crate) request: Option<HttpRequest>,
    /// True when the body may contain a secret.
    pub(crate) confidential: bool,
}

/// Course of a forecast.
#[derive(Default)]
struct Course {
    steps: Vec<ForecastStep>,
    /// The first write to the cloud, with what was known then.
    decision: Option<Decision>,
    /// True once the creation was simulated.
    made: bool,
    made_up: Ids,
    /// True once the resource was ready.
    rested: bool,
    open_end: Option<String>,
}

struct Decision {
    plan: Plan,
    differences: Vec<Difference>,
    prices: Option<Prices>,
    replaces: bool,
}

/// Continuation after a step.
#[derive(PartialEq, Eq)]
enum Next {
    Continue,
    End,
}

impl Reconciliation<'_> {
    /// Runs the reconciliation, with each write only built. Without its namespace, the resource is planned as if the
    /// namespace had been created just before.
    pub(crate) async fn forecast(mut self, has_namespace: bool) -> Forecast {
        self.live = true;
        let first = self.subject();
        let controller = self.caches.controller.clone();
        let mut cloud = RecordedCloud::new(&controller.managed.addon, &Map::new());
        let mut course = Course::default();
        let mut unknown = None;
        let mut last = None;
        let mut is_complete = true;
        loop {
            let subject = self.subject();
            if let Some(prerequisite) = self.prerequisite(&subject) {
                if prerequisite == Prerequisite::Namespace && !has_namespace {
                    let created = ObservedNamespace::default();
                    self.cache_entry.observations.namespace_was_read(&subject.resource, created);
                    continue;
                }
                match self.read(prerequisite, &subject).await {
                    Ok(()) => continue,
                    Err(why) => unknown = Some(why),
                }
                break;
            }
            let (observed, effect) = self.next(subject, None);
            let Some(plan) = effect.plan().cloned() else {
                is_complete = false;
                break;
            };
            if is_decision(&plan.step) && course.decision.is_none() {
                course.decision = Some(self.decision(plan.clone(), &observed));
            }
            let next = self.foresee(&plan, &observed, (&mut course, &mut cloud)).await;
            last = Some(self.decision(plan, &observed));
            if next == Next::End {
                break;
            }
        }
        let (addon, found_by) = self.found(&first);
        let Course { steps, decision, made, made_up, rested: _, open_end } = course;
        let decision = decision.or(last.filter(|_| unknown.is_none()));
        let plan = decision.as_ref().map(|decision| &decision.plan);
        let mut dry_run = self.result(plan, addon.filter(|_| !made), found_by);
        if plan.is_some_and(|plan| opens_operation(&plan.step)) {
            dry_run.outcome = ExpectedOutcome::Updated;
        }
        if !is_complete {
            dry_run.outcome = ExpectedOutcome::Unknown;
            dry_run.message = STEP_LIMIT.to_owned();
        }
        if let Some(Unknown { what, failure }) = unknown {
            dry_run.outcome = ExpectedOutcome::Unknown;
            (dry_run.reason, dry_run.message) = (Reason::ClusterUnavailable, format!("{what}: {failure}"));
        }
        let state = plan.map(|plan| plan.state);
        let (differences, prices, replaces) =
            decision.map_or_else(Default::default, |one| (one.differences, one.prices, one.replaces));
        Forecast { dry_run, state, steps, differences, prices, made_up, replaces, open_end }
    }

    /// Returns the plan with what is known of add-on and offers now.
    fn decision(&self, plan: Plan, observed: &Observed) -> Decision {
        let differences = match &observed.inputs.desired_state {
            DesiredState::Clear { changes, .. } => changes.clone(),
            DesiredState::Unknown | DesiredState::Refused { .. } => Vec::new(),
        };
        let replaces = matches!(plan.step, Step::Intend(_) | Step::Create)
            && observed.subject.record().is_some_and(|record| record.ids.is_some());
        let observations = &self.cache_entry.observations;
        let root = observations.with_cloud_state(&observed.subject);
        let addon = &self.caches.controller.managed.addon;
        let offers = observations.cloud_state.offers.as_ref();
        let prices = offers.and_then(|judged| {
            resource::prices(addon, &judged.offers, observed.desired.as_deref(), root.value())
        });
        Decision { plan, differences, prices, replaces }
    }

    /// Performs a read, or simulates a write.
    async fn foresee(
        &mut self,
        plan: &Plan,
        observed: &Observed,
        (course, cloud): (&mut Course, &mut RecordedCloud<'_>),
    ) -> Next {
        let continues = match &plan.step {
            Step::Read(Read::Live) => self.simulated(plan),
            Step::Read(Read::Get(_) | Read::Observed | Read::Outputs | Read::Operation) if course.made => {
                return self.send_to(cloud, plan, observed, course);
            }
            Step::Read(_) => {
                self.perform(plan, observed).await;
                true
            }
            Step::Intend(_) | Step::Write(_) | Step::AddFinalizer => {
                course.steps.push(ForecastStep::in_cluster(plan));
                self.simulate_metadata(plan, observed) && self.simulated(plan)
            }
            Step::ApplySecret => {
                course.steps.push(ForecastStep::in_cluster(plan));
                self.preview_secret(&observed.subject) && self.simulated(plan)
            }
            Step::Create => {
                course.made = true;
                return self.send_to(cloud, plan, observed, course);
            }
            Step::Change(change) if !course.made => {
                let _ = self.send_to(cloud, plan, observed, course);
                self.add_other_changes(plan, observed, (change, course, cloud));
                course.open_end.get_or_insert_with(|| {
                    "the operator follows the change, and writes the new values into Secret and status".into()
                });
                return Next::End;
            }
            Step::Change(_) | Step::Mark(_) => return self.send_to(cloud, plan, observed, course),
            Step::Delete(_) => {
                let _ = self.send_to(cloud, plan, observed, course);
                let because = "the operator removes its finalizer once a list shows nothing of the add-on";
                course.steps.push(ForecastStep {
                    label: labels::step(&Step::RemoveFinalizer(None)),
                    because: because.to_owned(),
                    request: None,
                    confidential: false,
                });
                false
            }
            Step::RemoveFinalizer(_) | Step::ReportLeftover(_) => {
                course.steps.push(ForecastStep::in_cluster(plan));
                false
            }
            Step::Rest { .. } => {
                let is_ready = plan.reason.standing() == Standing::Ready;
                if is_ready && !std::mem::replace(&mut course.rested, true) {
                    // The planner sets marks once the status says that the resource is ready.
                    return Next::Continue;
                }
                if course.decision.is_some() && !is_ready {
                    course.open_end.get_or_insert_with(|| plan.because.clone());
                }
                false
            }
        };
        if continues { Next::Continue } else { Next::End }
    }

    /// Builds the requests of a step, takes the recorded answers, and notes the writes.
    fn send_to(
        &mut self,
        cloud: &mut RecordedCloud<'_>,
        plan: &Plan,
        observed: &Observed,
        course: &mut Course,
    ) -> Next {
        let controller = self.caches.controller.clone();
        let (kind, addon) = (&controller.managed, &controller.managed.addon);
        let Some(mut call) = CloudCall::new(kind, plan, observed, &self.cache_entry.observations) else {
            return Next::End;
        };
        let now = self.now();
        let end = |course: &mut Course, why: String| {
            course.open_end.get_or_insert(why);
            Next::End
        };
        while let Some(request) = call.next(now.mono) {
            if request.writes {
                match build(request.request, &addon.api, call.context(), &plan.at.endpoint) {
                    Ok(http) => course.steps.push(ForecastStep {
                        label: labels::step(&plan.step),
                        because: plan.because.clone(),
                        request: Some(http),
                        confidential: addon.is_confidential(request.request),
                    }),
                    Err(why) => return end(course, why.to_string()),
                }
            }
            match recorded(cloud, &request, &call) {
                Ok(answer) => call.answer(&request, answer),
                Err(_) => {
                    return end(course, "the next steps depend on the answer of the cloud".to_owned());
                }
            }
        }
        let outcome = call.finish(observed, &mut self.cache_entry.observations, &self.caches, now.mono);
        if let StepOutcome::Created(ids) = &outcome {
            course.made_up.clone_from(ids);
        }
        self.cache_entry.machine.skip(&plan.step, &outcome, now);
        match outcome {
            StepOutcome::Unavailable(why) | StepOutcome::Ambiguous(why) => end(course, why),
            _ if matches!(plan.step, Step::Delete(_)) => Next::End,
            StepOutcome::Done
            | StepOutcome::Created(_)
            | StepOutcome::Changed(_)
            | StepOutcome::Progress(_)
            | StepOutcome::Conflict
            | StepOutcome::NotFound
            | StepOutcome::Unsent(_)
            | StepOutcome::Rejected { .. }
            | StepOutcome::Throttled { .. } => Next::Continue,
        }
    }

    /// Builds the changes that follow `first`: the operator sends one after the other.
    fn add_other_changes(
        &mut self,
        plan: &Plan,
        observed: &Observed,
        (first, course, cloud): (&Change, &mut Course, &mut RecordedCloud<'_>),
    ) {
        let DesiredState::Clear { changes, .. } = &observed.inputs.desired_state else { return };
        let mut sent = vec![first.name.clone()];
        for change in changes {
            let (name, once) = match &change.remedy {
                Remedy::Repeatable(name) => (name, false),
                Remedy::Once(name) => (name, true),
                Remedy::None(_) | Remedy::Immutable(_) => continue,
            };
            if sent.contains(name) {
                continue;
            }
            sent.push(name.clone());
            let because =
                format!("changing the add-on to match the spec ({}: {})", change.field, change.what);
            let step = Step::Change(Change {
                name: name.clone(),
                fields: vec![change.field.clone()],
                sent: Default::default(),
            });
            let next = Plan { step, because, ..plan.clone() };
            if once {
                course.steps.push(ForecastStep { label: "record", ..ForecastStep::in_cluster(&next) });
            }
            let _ = self.send_to(cloud, &next, observed, course);
        }
    }

    /// Takes the metadata of a step as if it had been written. Returns false when there is no object.
    fn simulate_metadata(&mut self, plan: &Plan, observed: &Observed) -> bool {
        let Some(mut object) = self.object.as_deref().cloned() else { return false };
        let finalizer = self.caches.controller.managed.addon.resource.finalizer.clone();
        let change = self.metadata_change(&plan.step, finalizer, observed.subject.resource.deleting);
        let annotations = object.metadata.annotations.get_or_insert_default();
        for (name, value) in change.annotations {
            match value {
                Some(value) => drop(annotations.insert(name, value)),
                None => drop(annotations.remove(&name)),
            }
        }
        let finalizers = object.metadata.finalizers.get_or_insert_default();
        if let Some(added) = change.add_finalizer.filter(|added| !finalizers.contains(added)) {
            finalizers.push(added);
        }
        self.take(Some(object));
        true
    }
}

impl ForecastStep {
    fn in_cluster(plan: &Plan) -> Self {
        Self {
            label: labels::step(&plan.step),
            because: plan.because.clone(),
            request: None,
            confidential: false,
        }
    }
}

/// Returns true for the first step of a write to the cloud.
fn is_decision(step: &Step) -> bool {
    match step {
        Step::Intend(_) | Step::Create | Step::Delete(_) | Step::Change(_) | Step::RemoveFinalizer(_) => true,
        Step::Write(_) => opens_operation(step),
        Step::Read(_)
        | Step::AddFinalizer
        | Step::ReportLeftover(_)
        | Step::Mark(_)
        | Step::ApplySecret
        | Step::Rest { .. } => false,
    }
}

fn opens_operation(step: &Step) -> bool {
    matches!(step, Step::Write(record) if record.operation.as_ref().is_some_and(|one| one.attempt.is_some()))
}

/// Returns the recorded answer to a request; the error says which is missing.
fn recorded(
    cloud: &mut RecordedCloud<'_>,
    request: &CloudRequest<'_>,
    call: &CloudCall<'_>,
) -> Result<Result<Answer, StepOutcome>, String> {
    let body = cloud.reply(request, call.context()).body(request.writes)?;
    Ok(body.map(Answer::Body).ok_or(StepOutcome::NotFound))
}
