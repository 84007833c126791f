//! The parts of a reconciliation without I/O: the outcome of each answer of a cloud, the prerequisites of a
//! plan, the order of effects, and the status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{self, Source};
use interpreter::exchange::{self, Context};
use interpreter::plan::{
    Change, DELETION_PROTECTION, DeletionProtection, Ids, Location, MarkChange, Now, OtherClaim, Plan,
    Progress, RECORD, Read, Reason, Record, Sent, State, Step, StepOutcome, Target, Timing,
};
use interpreter::reconcile::{
    Answer, CloudCall, CloudRequest, CredentialsState, Effect, HeldSecret, Identity, Lookup, Machine,
    ManagedKind, MarkingPolicy, ObjectParts, ObjectView, Observations, Observed, ObservedNamespace,
    Prerequisite, RecordKeys, Reservation, SecretRead, Subject, WholeList, WholeMarks, ready_reason,
    status_retry,
};
use serde_json::{Value, json};

const API: &str = "
api: cloud
title: A cloud
endpoint: 'https://cloud.example.test'
auth: [{ scheme: none }]
fields:
  size: { description: How big., type: integer, default: 1, observed: $.listed.size }
  mode: { description: How., type: string, maxLength: 9, default: a, observed: $.detail.mode }
identity: { name: '{{metadata.uid}}', chosenBy: cloud, ids: { addon: $.id }, named: $.name }
operations:
  list: { request: GET /things, items: '$[*]' }
  get: { request: 'GET /things/{{id.addon}}' }
  create: { request: POST /things, body: { name: '{{name}}', size: $.size, mode: $.mode } }
  delete: { request: 'DELETE /things/{{id.addon}}' }
  outputs: { request: 'GET /things/{{id.addon}}/env', items: '$[*]', key: $.name, value: $.value }
reads:
  detail: { request: 'GET /things/{{id.addon}}/detail' }
changes:
  resize:
    covers: [size]
    request: POST /things/{{id.addon}}/jobs
    body: { size: $.size }
    keep: { job: $.job }
    find: { request: 'GET /things/{{id.addon}}/jobs', items: '$[*]' }
    follow: { request: 'GET /jobs/{{id.job}}', state: $.state, done: [ok], failed: [broken], every: 1s, deadline: 1h }
  tune:
    covers: [mode]
    repeatable: true
    request: PUT /things/{{id.addon}}/mode
    body: { mode: $.mode }
errorText: [$.message]
";
const ADDON: &str = "
addon: widget
api: cloud
provider: widget
title: Widget
description: A thing.
stateful: true
resource: { group: example.test, version: v1, kind: Widget, finalizer: example.test/widget }
spec: { size: { is: size, changes: resize }, mode: { is: mode, changes: tune } }
binding: { type: widget, password: PASSWORD }
";
const UID: &str = "u-1";

/// Name, resource, step, the answers to its requests, and the outcome.
type Case = (&'static str, Object, Step, Vec<Result<Value, StepOutcome>>, StepOutcome);

/// No other resource, and one location.
struct Alone<'a>(&'a ManagedKind);

impl Lookup for Alone<'_> {
    fn kind(&self) -> &ManagedKind {
        self.0
    }

    fn target(&self, account: String) -> Target {
        Target { location: Location { account, ..location() }, ..Target::default() }
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
        None
    }

    fn newest_marks(&self, _: &Location, _: &Context) -> Option<Arc<WholeMarks>> {
        None
    }

    fn marking(&self) -> (&str, MarkingPolicy) {
        ("", MarkingPolicy::None)
    }

    fn keys(&self) -> Option<Arc<RecordKeys>> {
        None
    }
}

/// The custom resource of a test.
#[derive(Clone, Default)]
struct Object {
    gone: bool,
    deleting: bool,
    generation: i64,
    record: Option<Record>,
    /// Value of the annotation that protects it from deletion.
    protection: Option<&'static str>,
}

impl Object {
    fn recorded() -> Self {
        Self { generation: 1, record: Some(record()), ..Self::default() }
    }

    fn changing(change: &str, job: Option<&str>) -> Self {
        let operation = json!({
            "change": change, "fields": ["size"], "generation": 1,
            "ids": job.map(|job| json!({ "job": job })),
        });
        let record = Record { operation: serde_json::from_value(operation).unwrap(), ..record() };
        Self { record: Some(record), ..Self::recorded() }
    }

    fn subject(&self, kind: &ManagedKind) -> Subject {
        let record = self.record.iter().map(|record| (RECORD.to_owned(), record.text()));
        let protection = self.protection.map(|value| (DELETION_PROTECTION.to_owned(), value.to_owned()));
        let annotations: BTreeMap<_, _> = record.chain(protection).collect();
        let finalizers = [kind.addon.resource.finalizer.clone()];
        let parts = ObjectParts {
            generation: self.generation,
            deleting: self.deleting,
            finalizers: &finalizers,
            annotations: Some(&annotations),
            spec: &json!({ "size": 2 }),
            status: &Value::Null,
        };
        let object = (!self.gone).then_some(parts);
        let view = ObjectView {
            namespace: "team",
            name: "orders",
            uid: UID,
            object,
            live: true,
            keys: None,
            secret_defaults: None,
        };
        Subject::new(kind, &view, &json!({}), "widget".to_owned())
    }
}

#[test]
fn each_answer_of_the_cloud_has_one_outcome() {
    let ambiguous = |why: &str| StepOutcome::Ambiguous(why.to_owned());
    let unavailable = |why: &str| StepOutcome::Unavailable(why.to_owned());
    let progress = StepOutcome::Progress;
    let job = |job: &str| Ids::from([("job".to_owned(), job.to_owned())]);
    let refused = || StepOutcome::Rejected { reason: Reason::Rejected, message: "no".to_owned() };
    let change =
        |name: &str| Step::Change(Change { name: name.to_owned(), fields: Vec::new(), sent: Sent::new() });
    let (get, create) = (Step::Read(Read::Get(ids())), Step::Create);
    let (observed, outputs) = (Step::Read(Read::Observed), Step::Read(Read::Outputs));
    let follow = || Step::Read(Read::Operation);
    let (found, changing) = (Object::recorded(), |job| Object::changing("resize", job));
    let lost = "the answer to `create` is not what the catalog describes: the name or an id of the add-on is missing";
    let cases: Vec<Case> = vec![
        (
            "created",
            Object::default(),
            create.clone(),
            vec![Ok(json!({ "id": "x1", "name": UID }))],
            StepOutcome::Created(ids()),
        ),
        (
            "created, but without an id",
            Object::default(),
            create.clone(),
            vec![Ok(json!({ "name": UID }))],
            ambiguous(lost),
        ),
        ("not created", Object::default(), create, vec![Err(refused())], refused()),
        ("found by id", found.clone(), get.clone(), vec![Ok(json!({ "id": "x1" }))], StepOutcome::Done),
        ("not found by id", found.clone(), get, vec![Err(StepOutcome::NotFound)], StepOutcome::NotFound),
        (
            "a compared read that finds nothing",
            found.clone(),
            observed.clone(),
            vec![Err(StepOutcome::NotFound)],
            StepOutcome::NotFound,
        ),
        (
            "outputs that are not found",
            found.clone(),
            outputs.clone(),
            vec![Err(StepOutcome::NotFound)],
            StepOutcome::NotFound,
        ),
        ("outputs that are refused", found.clone(), outputs, vec![Err(refused())], refused()),
        (
            "observed",
            found.clone(),
            observed,
            vec![Ok(json!({ "mode": "a" })), Ok(json!({ "id": "x1", "size": 1 }))],
            StepOutcome::Done,
        ),
        ("changed", found.clone(), change("tune"), vec![Ok(json!(null))], StepOutcome::Done),
        (
            "changed under an id",
            found.clone(),
            change("resize"),
            vec![Ok(json!({ "job": "j1" }))],
            StepOutcome::Changed(job("j1")),
        ),
        (
            "changed, but without the id",
            found.clone(),
            change("resize"),
            vec![Ok(json!({}))],
            ambiguous("the answer to `resize` has no id"),
        ),
        (
            "a change that the catalog does not have",
            found.clone(),
            change("paint"),
            vec![],
            StepOutcome::NotFound,
        ),
        ("deleted", found.clone(), Step::Delete(ids()), vec![Ok(json!(null))], StepOutcome::Done),
        ("no operation", found, follow(), vec![], progress(Progress::Absent)),
        (
            "an operation of a change that the catalog does not have any more",
            Object::changing("paint", None),
            follow(),
            vec![],
            progress(Progress::Failed("the catalog has no change `paint` any more".to_owned())),
        ),
        (
            "looked up",
            changing(None),
            follow(),
            vec![Ok(json!([{ "job": "j1" }]))],
            progress(Progress::Running(job("j1"))),
        ),
        (
            "looked up, but without its id",
            changing(None),
            follow(),
            vec![Ok(json!([{}]))],
            unavailable("the answer shows the change `resize` without its id"),
        ),
        ("looked up in vain", changing(None), follow(), vec![Ok(json!([]))], progress(Progress::Absent)),
        (
            "the look-up is not found",
            changing(None),
            follow(),
            vec![Err(StepOutcome::NotFound)],
            StepOutcome::NotFound,
        ),
        (
            "followed",
            changing(Some("j1")),
            follow(),
            vec![Ok(json!({ "state": "waiting" }))],
            progress(Progress::Running(job("j1"))),
        ),
        (
            "done",
            changing(Some("j1")),
            follow(),
            vec![Ok(json!({ "state": "ok" }))],
            progress(Progress::Done),
        ),
        (
            "failed",
            changing(Some("j1")),
            follow(),
            vec![Ok(json!({ "state": "broken" }))],
            progress(Progress::Failed("the cloud reports `broken`".to_owned())),
        ),
    ];
    for (name, object, step, answers, expected) in cases {
        let (outcome, _) = perform(&kind(API), &object, step, answers);
        assert_eq!(outcome, expected, "{name}");
    }
}

#[test]
fn marks_are_set_before_others_are_removed_each_by_its_own_request() {
    let marks = "named: $.name, mark: { texts: '$.tags[*]', add: { request: 'PUT /things/{{id.addon}}/tags/{{mark}}' }, \
                 remove: { request: 'DELETE /things/{{id.addon}}/tags/{{mark}}' } } }";
    let kind = kind(&API.replace("named: $.name }", marks));
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let change = MarkChange { ids: ids(), add: texts(&["kubernetes:a:b"]), remove: texts(&["kubernetes:c"]) };
    let mut sent = Vec::new();
    let (outcome, _) = perform_seen(
        &kind,
        &Object::recorded(),
        Step::Mark(change),
        vec![Ok(Value::Null); 2],
        |call, request| {
            let built =
                exchange::build(request.request, &kind.addon.api, call.context(), "https://cloud").unwrap();
            sent.push(format!("{} {}", built.method, built.url));
        },
    );
    assert_eq!(outcome, StepOutcome::Done);
    let expected = [
        "PUT https://cloud/things/x1/tags/kubernetes%3Aa%3Ab",
        "DELETE https://cloud/things/x1/tags/kubernetes%3Ac",
    ];
    assert_eq!(sent, expected);
}

#[test]
fn a_read_that_may_be_missing_accepts_that_the_object_is_absent_and_nothing_else() {
    let tolerant = API.replace("/detail' }", "/detail', mayBeMissing: true }");
    let rejected = |reason| StepOutcome::Rejected { reason, message: "no".to_owned() };
    for (name, answer, accepted) in [
        ("not found", StepOutcome::NotFound, true),
        ("refused", rejected(Reason::Rejected), true),
        ("no such organisation", rejected(Reason::OrganisationNotFound), true),
        ("wrong credentials", rejected(Reason::CredentialsInvalid), false),
        ("not allowed", rejected(Reason::Unauthorized), false),
        ("no answer", StepOutcome::Unavailable("silence".to_owned()), false),
    ] {
        let get = Ok(json!({ "id": "x1", "size": 2 }));
        let answers = || vec![Err(answer.clone()), get.clone()];
        let step = || Step::Read(Read::Observed);
        let (outcome, _) = perform(&kind(&tolerant), &Object::recorded(), step(), answers());
        assert_eq!(outcome == StepOutcome::Done, accepted, "{name}: {outcome:?}");
        let (outcome, _) = perform(&kind(API), &Object::recorded(), step(), answers());
        assert_eq!(outcome, answer, "{name}, where it must not be missing");
    }
}

#[test]
fn absence_of_the_add_on_its_outputs_or_a_change_is_never_accepted() {
    let tolerant = API
        .replace(
            "get: { request: 'GET /things/{{id.addon}}' }",
            "get: { request: 'GET /things/{{id.addon}}', mayBeMissing: true }",
        )
        .replace("/env', ", "/env', mayBeMissing: true, ")
        .replace("/jobs', items", "/jobs', mayBeMissing: true, items")
        .replace("/jobs/{{id.job}}', state", "/jobs/{{id.job}}', mayBeMissing: true, state");
    assert_eq!(tolerant.matches("mayBeMissing").count(), 4);
    let operation = || Step::Read(Read::Operation);
    for (name, object, step) in [
        ("the add-on", Object::recorded(), Step::Read(Read::Get(ids()))),
        ("the outputs", Object::recorded(), Step::Read(Read::Outputs)),
        ("a look-up", Object::changing("resize", None), operation()),
        ("a change in progress", Object::changing("resize", Some("j1")), operation()),
    ] {
        let (outcome, _) = perform(&kind(&tolerant), &object, step, vec![Err(StepOutcome::NotFound)]);
        assert_eq!(outcome, StepOutcome::NotFound, "{name}");
    }
}

#[test]
fn waits_without_progress_reach_the_step_limit_and_a_new_reconciliation_begins_anew() {
    let kind = kind(API);
    let observed = observe(&kind, &Object { gone: true, ..Object::default() }, &mut Observations::default());
    let identity = Identity { process: "p", operator: "o", cluster: "c" };
    let mut machine = Machine::default();
    let next = |machine: &mut Machine| machine.next(&observed.inputs, identity, &kind.timing, at(1000));
    let waits = (0..100).take_while(|_| matches!(next(&mut machine), Effect::Wait(..))).count();
    assert_eq!(waits, 60);
    assert_eq!(next(&mut machine), Effect::StepLimit, "until a new one begins");
    machine.begin();
    assert!(matches!(next(&mut machine), Effect::Wait(..)));
}

#[test]
fn a_kind_without_a_read_by_id_is_never_taken_for_vanished() {
    let api = API.replace("  get: { request: 'GET /things/{{id.addon}}' }\n", "");
    let (outcome, _) = perform(&kind(&api), &Object::recorded(), Step::Read(Read::Get(ids())), vec![]);
    assert_eq!(outcome, StepOutcome::Unavailable("the catalog has no `get` for this kind".to_owned()));
}

#[test]
fn a_change_makes_what_was_read_before_outdated_unless_it_was_certainly_not_sent() {
    let step = || Step::Change(Change { name: "tune".to_owned(), fields: Vec::new(), sent: Sent::new() });
    let rejected = StepOutcome::Rejected { reason: Reason::Rejected, message: "no".to_owned() };
    let throttled = StepOutcome::Throttled { after: None, message: "slow down".to_owned() };
    for (name, answer, kept) in [
        ("done", Ok(json!(null)), false),
        ("ambiguous", Err(StepOutcome::Ambiguous("silence".to_owned())), false),
        ("not found", Err(StepOutcome::NotFound), false),
        ("not sent", Err(StepOutcome::Unsent("no lease".to_owned())), true),
        ("too many", Err(throttled), true),
        ("refused", Err(rejected), true),
    ] {
        let (_, observations) = perform(&kind(API), &Object::recorded(), step(), vec![answer]);
        assert_eq!(observations.cloud_state.outputs.is_some(), kept, "{name}");
    }
}

#[test]
fn what_a_plan_needs_is_read_first_and_once() {
    let kind = kind(API);
    let object = |deleting, record| Object { deleting, record, generation: 1, ..Object::default() };
    for (name, object, expected) in [
        (
            "a new resource",
            object(false, None),
            vec![Prerequisite::Credentials, Prerequisite::Namespace, Prerequisite::Secret],
        ),
        (
            "a recorded one",
            object(false, Some(record())),
            vec![Prerequisite::Credentials, Prerequisite::Secret],
        ),
        (
            "one that is being deleted",
            object(true, Some(record())),
            vec![Prerequisite::Definition, Prerequisite::Credentials, Prerequisite::Namespace],
        ),
        ("one that is gone", Object { gone: true, ..Object::default() }, vec![]),
    ] {
        let mut observations = Observations::default();
        observations.begin();
        let mut asked = Vec::new();
        while let Some(prerequisite) =
            observations.prerequisite(&object.subject(&kind), &Machine::default(), None)
        {
            assert!(!asked.contains(&prerequisite), "{name}: {prerequisite:?} twice");
            asked.push(prerequisite);
            answer(&mut observations, prerequisite, &object.subject(&kind));
        }
        assert_eq!(asked, expected, "{name}");
        let edited = Object { generation: 2, ..object.clone() };
        let again = observations.prerequisite(&edited.subject(&kind), &Machine::default(), None);
        assert_eq!(again, (!object.gone).then_some(Prerequisite::Credentials), "{name}, edited");
    }
}

#[test]
fn a_namespace_is_read_again_once_the_resource_is_being_deleted() {
    let kind = kind(API);
    let live = Object { record: None, ..Object::recorded() };
    let deleting = Object { deleting: true, ..Object::recorded() };
    let mut observations = Observations::default();
    observations.begin();
    while let Some(prerequisite) = observations.prerequisite(&live.subject(&kind), &Machine::default(), None)
    {
        answer(&mut observations, prerequisite, &live.subject(&kind));
    }
    let mut asked = Vec::new();
    while let Some(prerequisite) =
        observations.prerequisite(&deleting.subject(&kind), &Machine::default(), None)
    {
        asked.push(prerequisite);
        answer(&mut observations, prerequisite, &deleting.subject(&kind));
    }
    assert!(asked.contains(&Prerequisite::Namespace), "{asked:?}");
}

#[test]
fn an_annotation_of_the_resource_or_of_its_namespace_protects_from_deletion() {
    let kind = kind(API);
    for (name, annotation, protected, expected) in [
        ("neither", None, false, None),
        ("the resource", Some("true"), false, Some(DeletionProtection::Resource)),
        ("the namespace", None, true, Some(DeletionProtection::Namespace)),
        ("both", Some("true"), true, Some(DeletionProtection::Resource)),
        ("a value that means it", Some("yes"), false, Some(DeletionProtection::Resource)),
        ("a value that lifts it", Some("false"), false, None),
    ] {
        let object = Object { deleting: true, protection: annotation, ..Object::recorded() };
        let mut observations = Observations::default();
        observations.begin();
        let subject = object.subject(&kind);
        let namespace = ObservedNamespace { protected, ..ObservedNamespace::default() };
        observations.namespace_was_read(&subject.resource, namespace);
        assert_eq!(observe(&kind, &object, &mut observations).inputs.protection, expected, "{name}");
    }
}

#[test]
fn a_secret_is_read_once_before_each_plan_also_while_the_watch_lags_behind() {
    let kind = kind(API);
    let recorded = Object::recorded();
    let subject = || recorded.subject(&kind);
    let ours = |version: &str| {
        let version = Some(version.to_owned());
        SecretRead::Ours(HeldSecret { version, labelled: true, ..HeldSecret::default() })
    };
    for (name, answer, watched, asked_again) in [
        ("the watch has seen it", ours("7"), Some("7"), false),
        ("the watch lags behind", ours("7"), Some("6"), true),
        ("the watch has not seen it at all", ours("7"), None, true),
        ("it is absent", SecretRead::Absent, None, false),
        ("it cannot be read", SecretRead::Unreadable("no".to_owned()), None, true),
        ("it belongs to another", SecretRead::Foreign(None), None, false),
    ] {
        let mut observations = Observations::default();
        observations.credentials_were_read(&subject().resource);
        let watched = || watched.map(str::to_owned);
        assert_eq!(
            observations.prerequisite(&subject(), &Machine::default(), None),
            Some(Prerequisite::Secret),
            "{name}"
        );
        observations.secret = answer;
        assert_eq!(
            observations.prerequisite(&subject(), &Machine::default(), watched()),
            None,
            "{name}, in the same loop"
        );
        observations.observe(subject(), &Alone(&kind), &Machine::default(), at(1000));
        let again = observations.prerequisite(&subject(), &Machine::default(), watched());
        assert_eq!(again, asked_again.then_some(Prerequisite::Secret), "{name}, before the next plan");
    }
}

#[test]
fn the_permit_of_an_attempt_comes_before_its_write() {
    let kind = kind(API);
    let mut observations = Observations::default();
    let observed = observe(&kind, &Object { generation: 1, ..Object::default() }, &mut observations);
    let identity = Identity { process: "p", operator: "o", cluster: "c" };
    // A resource without record bears the finalizer: it may be another process's attempt, so it is waited for.
    let mut machine = Machine::default();
    let mut now = at(1000);
    let mut effects = Vec::new();
    let mut inputs = observed.inputs.clone();
    inputs.resource.finalizer = false;
    for _ in 0..8 {
        let effect = machine.next(&inputs, identity, &Timing::default(), now);
        now = Now { mono: now.mono + Duration::from_secs(1), wall: now.wall + 1000 };
        let plan = match &effect {
            Effect::Acquire(_, plan) | Effect::Perform(plan) | Effect::Wait(plan, _) => plan.clone(),
            Effect::StepLimit => panic!("no end"),
        };
        effects.push(effect.clone());
        if matches!(effect, Effect::Acquire(..)) {
            let refusal = StepOutcome::Unsent("no lease".to_owned());
            machine.skip(&plan.step, &refusal, now);
            break;
        }
        machine.start(&plan.step, now);
        machine.answer(&plan.step, &StepOutcome::Done, now);
        if let Step::Read(Read::Listing { .. }) = plan.step {
            inputs.listing = Some(interpreter::plan::Listing { sent: now.mono, ..Default::default() });
        }
    }
    let last = effects.last().unwrap();
    assert!(matches!(last, Effect::Acquire(interpreter::reconcile::Permit::Creation, _)), "{effects:#?}");
    assert!(!machine.has_pending(None, &Timing::default()), "nothing was sent");
}

#[test]
fn a_status_is_written_only_when_more_than_its_times_changes() {
    let kind = kind(API);
    let mut observations = Observations::default();
    let observed = observe(&kind, &Object::recorded(), &mut observations);
    let listed =
        |second| interpreter::plan::Listing { sent: Duration::from_secs(second), ..Default::default() };
    observations.listing = Some(listed(10));
    observations.cloud_state.observed = Some(Duration::from_secs(1_000_000));
    let status = |observations: &Observations, reason, before: &Value, second| {
        let plan = Plan {
            state: State::Settled,
            step: Step::Rest { until: None },
            because: "because".to_owned(),
            reason,
            at: location(),
            available: true,
            retention: None,
        };
        let now = Now { mono: Duration::from_secs(second), wall: 1_000 * i64::try_from(second).unwrap() };
        observations.status(&kind, &observed, &plan, (before, now))
    };
    let first = status(&observations, Reason::InSync, &Value::Null, 15).unwrap();
    assert_eq!(ready_reason(&first), Some("InSync"));
    assert_eq!(first["addon"], "x1");
    assert_eq!(first["observedAt"], "1970-01-01T00:00:10Z");
    observations.listing = Some(listed(86_400));
    assert_eq!(status(&observations, Reason::InSync, &first, 86_400), None, "only the time differs");
    let changed = status(&observations, Reason::Changing, &first, 86_400).unwrap();
    assert_eq!(ready_reason(&changed), Some("Changing"));
    assert_eq!(changed["conditions"][1], first["conditions"][1], "Available holds since then");
    assert_eq!(changed["observedAt"], "1970-01-02T00:00:00Z");
    observations.listing = Some(listed(86_411));
    let daily = status(&observations, Reason::InSync, &first, 86_420).unwrap();
    assert_eq!(daily["observedAt"], "1970-01-02T00:00:11Z", "a day after the last write");
}

#[test]
fn a_status_that_cannot_be_written_is_tried_ever_more_rarely() {
    let pauses: Vec<_> = [0, 1, 2, 7, 8, 100].map(|failures| status_retry(failures).as_secs()).into();
    assert_eq!(pauses, [2, 4, 8, 256, 300, 300]);
}

/// Performs a step with these answers to its requests.
fn perform(
    kind: &ManagedKind,
    object: &Object,
    step: Step,
    answers: Vec<Result<Value, StepOutcome>>,
) -> (StepOutcome, Observations) {
    perform_seen(kind, object, step, answers, |_, _| ())
}

fn perform_seen(
    kind: &ManagedKind,
    object: &Object,
    step: Step,
    answers: Vec<Result<Value, StepOutcome>>,
    mut see: impl FnMut(&CloudCall<'_>, &CloudRequest<'_>),
) -> (StepOutcome, Observations) {
    let mut observations = Observations::default();
    let observed = observe(kind, object, &mut observations);
    observations.cloud_state.outputs = Some(serde_json::Map::new());
    let plan = Plan {
        state: State::Recorded,
        step,
        because: String::new(),
        reason: Reason::Verifying,
        at: location(),
        available: false,
        retention: None,
    };
    let mut call = CloudCall::new(kind, &plan, &observed, &observations).unwrap();
    let mut answers = answers.into_iter();
    while let Some(request) = call.next(Duration::from_secs(1000)) {
        see(&call, &request);
        let answer = answers.next().expect("one answer for each request");
        call.answer(&request, answer.map(Answer::Body));
    }
    let outcome = call.finish(&observed, &mut observations, &Alone(kind), Duration::from_secs(1001));
    (outcome, observations)
}

fn observe(kind: &ManagedKind, object: &Object, observations: &mut Observations) -> Observed {
    observations.observe(object.subject(kind), &Alone(kind), &Machine::default(), at(1000))
}

fn answer(observations: &mut Observations, prerequisite: Prerequisite, subject: &Subject) {
    match prerequisite {
        Prerequisite::Definition => observations.abandoned = Some(None),
        Prerequisite::Credentials => observations.credentials_were_read(&subject.resource),
        Prerequisite::Namespace => {
            observations.namespace_was_read(&subject.resource, ObservedNamespace::default());
        }
        Prerequisite::Secret => observations.secret = SecretRead::Absent,
    }
}

fn at(second: u64) -> Now {
    Now { mono: Duration::from_secs(second), wall: 1_800_000_000_000 + second as i64 * 1000 }
}

fn ids() -> Ids {
    Ids::from([("addon".to_owned(), "x1".to_owned())])
}

fn location() -> Location {
    Location {
        api: "cloud".to_owned(),
        endpoint: "https://cloud.example.test".to_owned(),
        account: String::new(),
    }
}

fn record() -> Record {
    let Location { api, endpoint, account } = location();
    Record { uid: UID.to_owned(), api, endpoint, account, ids: Some(ids()), ..Record::default() }
}

fn kind(api: &str) -> ManagedKind {
    let sources = [("api.yaml", api), ("widget.yaml", ADDON)]
        .map(|(path, text)| Source { path: path.into(), text: text.into() });
    let mut loaded = catalog::load(&sources);
    let problems = catalog::show(&loaded.problems, &sources);
    let addon = loaded.catalog.addons.remove("widget").unwrap_or_else(|| panic!("{problems}"));
    ManagedKind::new(addon, Timing::default(), false)
}
