//! One sight, one plan: the states that the simulated world meets rarely or never, and the words that people
//! read in each.
//!
//! `UPDATE_EXPECTED=1 cargo test -p interpreter --test plan` writes `plan/expected.txt` anew;
//! review it as prose.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::time::Duration;

use interpreter::plan::{
    Abandonment, AccessDenied, Attempt, Change, Confirmed, DeletionProtection, DesiredState, Difference,
    Entry, Ids, Listing, Location, Memory, Now, Observation, ObservedRecord, ObservedSecret, Operation,
    OtherClaim, Plan, Read, Reason, Record, Remedy, Resource, Snapshot, Step, StepOutcome, Target, Timing,
    plan,
};

/// What a case may change before the plan is made.
struct Case {
    resource: Resource,
    desired_state: DesiredState,
    memory: Memory,
    listing: Option<Listing>,
    secret: ObservedSecret,
    namespace_terminating: bool,
    abandoned: Option<Abandonment>,
    protection: Option<DeletionProtection>,
    kind_removed: bool,
    now: Now,
    target: Target,
}

/// A settled resource, known for a while, at second 1000.
fn settled() -> Case {
    let target =
        Target { location: location("account"), credentials: "good".to_owned(), ..Target::default() };
    let resource = resource(ObservedRecord::Ours(record("uid")));
    let mut memory = Memory::default();
    memory.saw(&resource, &target, at(10));
    memory.outcome(&Step::Read(Read::Outputs), &StepOutcome::Done, at(11));
    Case {
        resource,
        desired_state: DesiredState::Clear {
            stateful: true,
            observation: Observation::Needless,
            changes: Vec::new(),
            ignored: Vec::new(),
        },
        memory,
        listing: Some(list(900, &[entry("x1")])),
        secret: ObservedSecret::Same,
        namespace_terminating: false,
        abandoned: None,
        protection: None,
        kind_removed: false,
        now: at(1000),
        target,
    }
}

/// A resource whose annotation and status are as given, first seen a while ago.
fn with(record: ObservedRecord, status: Option<&str>) -> Case {
    let resource = Resource { status_id: status.map(str::to_owned), ..resource(record) };
    let mut case = settled();
    case.memory = Memory::default();
    case.memory.saw(&resource, &case.target, at(10));
    Case { resource, ..case }
}

fn resource(record: ObservedRecord) -> Resource {
    Resource {
        exists: true,
        live: true,
        uid: "uid".to_owned(),
        namespace: "shop".to_owned(),
        name: "orders".to_owned(),
        kind: "database".to_owned(),
        generation: 3,
        finalizer: true,
        record,
        ..Resource::default()
    }
}

fn record(uid: &str) -> Record {
    let Location { api, endpoint, account } = location("account");
    let (namespace, name) = ("shop".to_owned(), "orders".to_owned());
    Record {
        uid: uid.to_owned(),
        namespace,
        name,
        api,
        endpoint,
        account,
        first: Some(0),
        attempts: 1,
        ids: Some(ids("x1")),
        ..Record::default()
    }
}

fn location(account: &str) -> Location {
    Location { api: "cloud".to_owned(), endpoint: "https://cloud".to_owned(), account: account.to_owned() }
}

fn ids(id: &str) -> Ids {
    Ids::from([("addon".to_owned(), id.to_owned())])
}

fn entry(id: &str) -> Entry {
    Entry { ids: ids(id), name_matches: true, held_by: None, same_provider: true, created: Some(1_000) }
}

fn list(sent: u64, entries: &[Entry]) -> Listing {
    Listing { sent: Duration::from_secs(sent), entries: entries.to_vec(), suspicious: false }
}

fn at(second: u64) -> Now {
    Now { mono: Duration::from_secs(second), wall: 1_000 * second as i64 }
}

fn differs(remedy: Remedy) -> DesiredState {
    let what = "the add-on has small, the spec asks for large".to_owned();
    let changes = vec![Difference { field: "plan".to_owned(), what, remedy }];
    DesiredState::Clear { stateful: true, observation: Observation::Needless, changes, ignored: Vec::new() }
}

/// The claims on an add-on: another's record, or none, and what the status says.
fn claims() -> Vec<(&'static str, Case)> {
    let copied = || Record { name: "original".to_owned(), ..record("another uid") };
    let claimed = |id: &str| Confirmed { claim: Some(id.to_owned()), ..Confirmed::default() };
    let mut confirmed = with(ObservedRecord::Foreign(copied()), None);
    confirmed.resource.confirmed = claimed("x1");
    let mut wrongly = with(ObservedRecord::Foreign(copied()), None);
    wrongly.resource.confirmed = claimed("x7");
    let mut going = with(ObservedRecord::Foreign(copied()), None);
    (going.resource.deleting, going.listing) =
        (true, Some(list(900, &[Entry { name_matches: false, ..entry("x1") }])));
    let mut not_ours = with(ObservedRecord::None, Some("x1"));
    not_ours.listing = Some(list(900, &[Entry { name_matches: false, ..entry("x1") }]));
    let mut empty = with(ObservedRecord::Foreign(Record { ids: None, ..copied() }), None);
    empty.resource.finalizer = false;
    empty.memory = Memory::default();
    vec![
        ("a restored backup goes on", with(ObservedRecord::Foreign(record("another uid")), None)),
        (
            "a restored backup whose add-on somebody else holds does not go on",
            claimed_too(with(ObservedRecord::Foreign(record("another uid")), None)),
        ),
        ("a copy does not claim the original's add-on", with(ObservedRecord::Foreign(copied()), None)),
        ("a claim that is confirmed goes on", confirmed),
        ("a claim is confirmed for one add-on only", wrongly),
        ("a copy that is deleted leaves the original's add-on alone", going),
        ("a copied record without an add-on binds nobody", empty),
        ("an add-on that the status names is taken over", with(ObservedRecord::None, Some("x1"))),
        ("an add-on that the status names and that is not ours is not taken over", not_ours),
        (
            "an add-on that the status names and that is not there has vanished",
            Case { listing: Some(list(900, &[])), ..with(ObservedRecord::None, Some("x1")) },
        ),
        (
            "a record that cannot be read stops everything",
            with(ObservedRecord::Unreadable("expected value at line 1".to_owned()), None),
        ),
        (
            "a record and a status that disagree stop everything",
            with(ObservedRecord::Ours(record("uid")), Some("x9")),
        ),
    ]
}

/// Another live resource claims the same add-on.
fn claimed_too(mut case: Case) -> Case {
    case.resource.other_claim = OtherClaim::By("Database shop/new".to_owned());
    case
}

/// Two resources name one add-on: the name at the cloud decides.
fn holders() -> Vec<(&'static str, Case)> {
    let nobodys = || Entry { name_matches: false, ..entry("x1") };
    let others = || Entry { held_by: Some("Database shop/new".to_owned()), ..nobodys() };
    let shows = |entry: Entry, case: Case| Case {
        listing: Some(list(900, &[entry])),
        secret: ObservedSecret::Unknown,
        ..case
    };
    let deleting = |mut case: Case| {
        case.resource.deleting = true;
        case
    };
    let unlisted = |mut case: Case| {
        case.resource.other_claim = OtherClaim::Unknown("Database".to_owned());
        case
    };
    let confirmed = |mut case: Case| {
        case.resource.confirmed.claim = Some("x1".to_owned());
        case
    };
    let trusted = |mut case: Case| {
        case.memory.starting(&Step::Read(Read::Outputs), at(20));
        case
    };
    let restored = || with(ObservedRecord::Foreign(record("another uid")), None);
    let deleted = || {
        let mut case = Case { listing: Some(list(990, &[])), ..settled() };
        case.memory.outcome(&Step::Delete(ids("x1")), &StepOutcome::Done, at(980));
        case
    };
    let hostile =
        Record { name: "original".to_owned(), ids: Some(ids("x'$(reboot) `id`")), ..record("another uid") };
    vec![
        ("a forged claim changes nothing for the true holder", claimed_too(settled())),
        ("a forged record gives nothing that bears another's name", shows(others(), settled())),
        (
            "a forged record gives nothing either once the holder's record is there too",
            claimed_too(shows(others(), settled())),
        ),
        ("the list decides between two claims", claimed_too(Case { listing: None, ..settled() })),
        (
            "a list that shows it under neither name gives it to neither",
            claimed_too(shows(nobodys(), settled())),
        ),
        (
            "a later claim displaces nothing that this process has asked about",
            claimed_too(trusted(shows(nobodys(), settled()))),
        ),
        ("a name at the cloud does", trusted(shows(others(), settled()))),
        (
            "a list comes before the first question about a recorded add-on",
            Case { listing: None, secret: ObservedSecret::Unknown, ..settled() },
        ),
        ("and the resources of every kind", unlisted(shows(nobodys(), settled()))),
        (
            "but what bears our name waits for nobody",
            unlisted(Case { secret: ObservedSecret::Unknown, ..settled() }),
        ),
        ("a deletion asks for the list first", deleting(Case { listing: None, ..settled() })),
        (
            "a deletion lets the list decide between two claims",
            deleting(claimed_too(Case { listing: None, ..settled() })),
        ),
        ("a deletion leaves what bears another's name", deleting(shows(others(), settled()))),
        (
            "a deletion leaves that, and takes what bears its own",
            deleting(Case { listing: Some(list(900, &[others(), entry("x2")])), ..settled() }),
        ),
        (
            "a deletion leaves nothing behind that two name and neither's name shows",
            deleting(claimed_too(shows(nobodys(), settled()))),
        ),
        (
            "a deletion of what this process deleted goes on, though a kind is not listed",
            unlisted(deleting(deleted())),
        ),
        (
            "a Secret is not written of what may be another's",
            unlisted(Case { secret: ObservedSecret::Differs, ..shows(nobodys(), settled()) }),
        ),
        (
            "what a user wrote is one word of the command that is printed",
            with(ObservedRecord::Foreign(hostile), None),
        ),
        (
            "a deletion takes what bears nobody's name and nobody else claims",
            deleting(shows(nobodys(), settled())),
        ),
        (
            "no confirmation hands out what another resource claims",
            claimed_too(confirmed(with(ObservedRecord::Foreign(record("uid 2")), None))),
        ),
        (
            "no confirmation hands out what bears another's name",
            confirmed(shows(others(), with(ObservedRecord::None, Some("x1")))),
        ),
        (
            "no confirmation of a status does while another claims it",
            claimed_too(confirmed(shows(nobodys(), with(ObservedRecord::None, Some("x1"))))),
        ),
        (
            "a confirmed status goes on where nobody holds it",
            confirmed(shows(nobodys(), with(ObservedRecord::None, Some("x1")))),
        ),
        ("a restored record waits until every kind is listed", unlisted(restored())),
        ("a restored record of what bears another's name is none", shows(others(), restored())),
    ]
}

/// Our finalizer is missing from a live resource.
fn finalizers() -> Vec<(&'static str, Case)> {
    let lost = |mut case: Case| {
        case.resource.finalizer = false;
        case
    };
    let mut repaired = lost(settled());
    (1..=5).for_each(|second| {
        repaired.memory.outcome(&Step::AddFinalizer, &StepOutcome::Done, at(994 + second))
    });
    let mut cached = lost(settled());
    cached.resource.live = false;
    let mut refused = lost(Case { secret: ObservedSecret::Unknown, ..settled() });
    let refusal = StepOutcome::Rejected {
        reason: Reason::ClusterUnavailable,
        message: "a policy refuses it".to_owned(),
    };
    refused.memory.outcome(&Step::AddFinalizer, &refusal, at(999));
    let vacant = || with(ObservedRecord::Ours(Record { ids: None, ..record("uid") }), None);
    vec![
        ("a lost finalizer is put back", lost(settled())),
        ("only on what is read live", cached),
        ("also on a resource of a kind that was removed", lost(Case { kind_removed: true, ..settled() })),
        ("more slowly each time", repaired),
        ("what has no add-on needs none", lost(vacant())),
        ("what cannot be read may have one", lost(with(ObservedRecord::Unreadable("eof".to_owned()), None))),
        ("a refusal leaves the rest of the plan", refused),
    ]
}

/// What is left of a deletion that something speaks against.
fn deletions() -> Vec<(&'static str, Case)> {
    let deleting = |mut case: Case| {
        case.resource.deleting = true;
        case
    };
    vec![
        (
            "a deletion waits while record and status disagree",
            deleting(with(ObservedRecord::Ours(record("uid")), Some("x9"))),
        ),
        (
            "a deletion waits while the record cannot be read",
            deleting(with(ObservedRecord::Unreadable("eof".to_owned()), None)),
        ),
        (
            "a broken spec can be deleted",
            deleting(Case { desired_state: DesiredState::Unknown, ..settled() }),
        ),
        (
            "a protected resource keeps its add-on",
            deleting(Case { protection: Some(DeletionProtection::Resource), ..settled() }),
        ),
        (
            "a resource of a protected namespace keeps its add-on",
            deleting(Case { protection: Some(DeletionProtection::Namespace), ..settled() }),
        ),
        (
            "protection does not hold up an uninstallation",
            deleting(Case {
                abandoned: Some(Abandonment::CrdDeleted),
                protection: Some(DeletionProtection::Resource),
                ..settled()
            }),
        ),
        (
            "an uninstallation leaves the add-on",
            deleting(Case { abandoned: Some(Abandonment::CrdDeleted), ..settled() }),
        ),
        (
            "a resource that came back with its deletion leaves the add-on",
            deleting(Case { abandoned: Some(Abandonment::OlderThanCrd), ..settled() }),
        ),
        (
            "an uninstallation is not held up by what cannot be read",
            deleting(Case {
                abandoned: Some(Abandonment::CrdDeleted),
                ..with(ObservedRecord::Unreadable("eof".to_owned()), None)
            }),
        ),
    ]
}

/// The catalog has no entry for the kind any more.
fn retirements() -> Vec<(&'static str, Case)> {
    let kind_removed = |case: Case| Case { kind_removed: true, ..case };
    let mut fresh = with(ObservedRecord::None, None);
    fresh.resource.finalizer = false;
    let mut holding = with(ObservedRecord::Ours(Record { ids: None, ..record("uid") }), None);
    holding.memory.outcome(&Step::Create, &StepOutcome::Created(ids("x1")), at(999));
    let mut going = settled();
    going.resource.deleting = true;
    let unread = Case { secret: ObservedSecret::Unknown, ..settled() };
    vec![
        ("a removed kind: what is settled stays usable", kind_removed(settled())),
        ("a removed kind: what nobody has read since the start stays usable", kind_removed(unread)),
        (
            "a removed kind: a difference is left",
            kind_removed(Case {
                desired_state: differs(Remedy::Repeatable("resize".to_owned())),
                ..settled()
            }),
        ),
        ("a removed kind: nothing is created", kind_removed(fresh)),
        ("a removed kind: an answer in hand is recorded", kind_removed(holding)),
        (
            "a removed kind: what is wrong with the record is said",
            kind_removed(with(ObservedRecord::Unreadable("eof".to_owned()), None)),
        ),
        ("a removed kind: a deletion goes on", kind_removed(going)),
    ]
}

/// A recorded add-on that differs from what is wanted.
fn differences() -> Vec<(&'static str, Case)> {
    let mut late = settled();
    let change = Step::Change(Change { name: "resize".to_owned(), fields: Vec::new() });
    late.memory.outcome(&change, &StepOutcome::Ambiguous("no answer".to_owned()), at(700));
    late.desired_state = DesiredState::Clear {
        stateful: true,
        observation: Observation::Made(at(800).mono),
        changes: Vec::new(),
        ignored: Vec::new(),
    };
    let mut adopted = Case { desired_state: differs(Remedy::Repeatable("resize".to_owned())), ..settled() };
    adopted.resource.record = ObservedRecord::Ours(Record { adopted: Some(3), ..record("uid") });
    let beyond = |remedy| Case {
        resource: Resource {
            record: ObservedRecord::Ours(Record { adopted: Some(2), ..record("uid") }),
            ..settled().resource
        },
        desired_state: differs(remedy),
        ..settled()
    };
    let old = beyond(Remedy::Immutable("Nobody can write it back.".to_owned()));
    let edited = beyond(Remedy::None("A smaller plan is not possible.".to_owned()));
    let mut conflicting = Case {
        secret: ObservedSecret::Foreign("it is not ours".to_owned()),
        desired_state: adopted.desired_state.clone(),
        ..settled()
    };
    conflicting.resource.record = adopted.resource.record.clone();
    let mut applied = Case { desired_state: differs(Remedy::Repeatable("resize".to_owned())), ..settled() };
    applied.resource.record = ObservedRecord::Ours(Record { adopted: Some(3), ..record("uid") });
    applied.resource.confirmed.apply = Some("x1".to_owned());
    let mut failed = Case { desired_state: differs(Remedy::Once("migration".to_owned())), ..settled() };
    let operation = Operation {
        change: "migration".to_owned(),
        generation: 3,
        failed: Some("disk full".to_owned()),
        ..Operation::default()
    };
    failed.resource.record = ObservedRecord::Ours(Record { operation: Some(operation), ..record("uid") });
    let several = |remedies: Vec<Remedy>| {
        let what = "the add-on has off, the spec asks for on".to_owned();
        let change =
            |(index, remedy)| Difference { field: format!("field-{index}"), what: what.clone(), remedy };
        let changes = remedies.into_iter().enumerate().map(change).collect();
        Case {
            desired_state: DesiredState::Clear {
                stateful: true,
                observation: Observation::Needless,
                changes,
                ignored: Vec::new(),
            },
            ..settled()
        }
    };
    let never = || Remedy::Immutable("Write `off` again.".to_owned());
    let (once, back) =
        (|| Remedy::Once("migration".to_owned()), || Remedy::None("It can only go up.".to_owned()));
    let mut moved = settled();
    moved.target.location = location("another account");
    vec![
        ("what only a list shows waits for one after a change", only_listed(1030)),
        ("a list that is late enough is read", only_listed(990)),
        ("a list that is late enough and shows nothing of it is read again slowly", only_listed(900)),
        ("an add-on from before is not changed unasked", adopted),
        ("an add-on from before is not Ready without its Secret", conflicting),
        ("what cannot change and was so before stays so, whatever else is edited", old),
        ("an edit that cannot be is said of an add-on from before too", edited),
        ("an add-on from before is changed on a person's word", applied),
        (
            "what cannot change is said",
            Case {
                desired_state: differs(Remedy::None("A smaller plan is not possible.".to_owned())),
                ..settled()
            },
        ),
        ("what can be changed goes before what never can", several(vec![never(), once()])),
        ("what never can change is said once nothing else is to be done", several(vec![never()])),
        (
            "what may not go there holds up the change that might carry it along",
            several(vec![once(), never(), back()]),
        ),
        (
            "what is safe to repeat is sent",
            Case { desired_state: differs(Remedy::Repeatable("resize".to_owned())), ..settled() },
        ),
        (
            "what must be made once is recorded first",
            Case { desired_state: differs(Remedy::Once("migration".to_owned())), ..settled() },
        ),
        ("a change that failed is not tried again by itself", failed),
        ("a change without an answer is compared once more, when it can take effect no more", late),
        ("another account in the spec creates nothing", moved),
        (
            "what is not offered any more is said, and stays usable",
            Case {
                desired_state: DesiredState::Refused {
                    reason: Reason::NotOffered,
                    message: "there is no plan `huge`".to_owned(),
                },
                ..settled()
            },
        ),
    ]
}

/// What else may stand in the way, or not.
fn obstacles() -> Vec<(&'static str, Case)> {
    let mut fresh = with(ObservedRecord::None, None);
    fresh.resource.finalizer = false;
    let mut outage = Case { now: at(1600), ..settled() };
    let read = Step::Read(Read::Listing { sent_after: Duration::from_secs(1500) });
    outage.memory.outcome(&read, &StepOutcome::Unavailable("no answer within 30s".to_owned()), at(1600));
    let mut refused = with(ObservedRecord::Ours(Record { ids: None, ..record("uid") }), None);
    let no =
        StepOutcome::Rejected { reason: Reason::NoCapacity, message: "No resource available".to_owned() };
    refused.memory.outcome(&Step::Create, &no, at(990));
    let ignored = || {
        let what = "`spec.version` asks for `14`, but the region decides: the add-on has `15`.".to_owned();
        let desired_state = DesiredState::Clear {
            stateful: true,
            observation: Observation::Needless,
            changes: Vec::new(),
            ignored: vec![what],
        };
        Case { desired_state, ..settled() }
    };
    let mut outage_of_overruled = Case { now: at(1600), ..ignored() };
    outage_of_overruled.memory = outage.memory.clone();
    let outcome = |times: &[(u64, &StepOutcome)]| {
        let mut case = with(ObservedRecord::Ours(Record { ids: None, ..record("uid") }), None);
        times.iter().for_each(|(second, outcome)| case.memory.outcome(&Step::Create, outcome, at(*second)));
        case
    };
    let lost = StepOutcome::Ambiguous("no answer within 30s".to_owned());
    vec![
        ("a settled add-on rests", settled()),
        ("an add-on of which something is decided elsewhere rests, and says so", ignored()),
        ("it is looked for now and then", Case { now: at(1600), ..ignored() }),
        ("a check that fails takes nothing from it", outage_of_overruled),
        ("a settled add-on is looked for now and then", Case { now: at(1600), ..settled() }),
        ("a check that fails takes nothing from what is settled", outage),
        ("a refused creation says why, and is tried again slowly", refused),
        (
            "a refusal after lost answers waits like a first refusal",
            outcome(&[(900, &lost), (940, &lost), (980, &lost), (990, &no)]),
        ),
        (
            "a second refusal waits longer, whatever came between",
            outcome(&[(900, &no), (970, &lost), (990, &no)]),
        ),
        (
            "a lost answer after refusals waits like a first one",
            outcome(&[(800, &no), (900, &no), (1000, &lost)]),
        ),
        (
            "in a namespace that goes nothing is created",
            Case {
                namespace_terminating: true,
                resource: fresh.resource.clone(),
                ..with(ObservedRecord::None, None)
            },
        ),
        (
            "in a namespace that goes no Secret is written",
            Case { namespace_terminating: true, secret: ObservedSecret::Differs, ..settled() },
        ),
        (
            "a Secret of somebody else is not taken over",
            Case {
                secret: ObservedSecret::Foreign(
                    "Secret shop/orders-secrets is not ours. Rename or delete it.".to_owned(),
                ),
                ..settled()
            },
        ),
        (
            "what the add-on does not give yet is waited for",
            Case { secret: ObservedSecret::Incomplete("no address".to_owned()), ..settled() },
        ),
        (
            "two add-ons of our name need a person",
            Case { listing: Some(list(900, &[entry("x1"), entry("x2")])), ..settled() },
        ),
        (
            "a twin goes",
            Case {
                listing: Some(list(900, &[entry("x1"), Entry { created: Some(200_000), ..entry("x2") }])),
                ..settled()
            },
        ),
        (
            "a recorded add-on that no list shows is asked for",
            Case { listing: Some(list(900, &[])), ..settled() },
        ),
        (
            "a list that is suddenly shorter is no reason to ask",
            Case { listing: Some(Listing { suspicious: true, ..list(900, &[]) }), ..settled() },
        ),
    ]
}

/// Nothing may be asked of the cloud, or only what belongs to the resource beyond doubt.
fn bars() -> Vec<(&'static str, Case)> {
    let locked = |mut case: Case| {
        let message = "Secret `keys`, line 2: `token` is a placeholder.".to_owned();
        case.target.access_denied =
            Some(AccessDenied { reason: Reason::CredentialsInvalid, message, may_delete_own: false });
        case
    };
    let foreign = |mut case: Case| {
        let message = "this namespace may not use `account`.".to_owned();
        case.target.access_denied =
            Some(AccessDenied { reason: Reason::Unauthorized, message, may_delete_own: true });
        case
    };
    let deleting = |mut case: Case| {
        case.resource.deleting = true;
        case
    };
    let vacant = || with(ObservedRecord::Ours(Record { ids: None, ..record("uid") }), None);
    let fresh = || with(ObservedRecord::None, None);
    let forged =
        || Case { listing: Some(list(990, &[Entry { name_matches: false, ..entry("x1") }])), ..settled() };
    vec![
        ("without credentials nothing is created", locked(fresh())),
        ("without credentials not even what is settled is as it should be", locked(settled())),
        ("without credentials a deletion waits", locked(deleting(settled()))),
        ("without credentials goes what was never created", locked(deleting(vacant()))),
        (
            "what is wrong with the record is said first",
            locked(with(ObservedRecord::Unreadable("eof".to_owned()), None)),
        ),
        ("in an account of somebody else nothing is created", foreign(fresh())),
        (
            "in an account of somebody else nothing is taken over",
            foreign(with(ObservedRecord::None, Some("x1"))),
        ),
        (
            "in an account of somebody else nothing is read or changed",
            foreign(Case { secret: ObservedSecret::Unknown, ..settled() }),
        ),
        (
            "in an account of somebody else a deletion asks for the list",
            foreign(deleting(Case { listing: None, ..settled() })),
        ),
        ("in an account of somebody else goes what bears our name", foreign(deleting(settled()))),
        ("in an account of somebody else stays what only a record names", foreign(deleting(forged()))),
        ("an attempt for credentials of before is taken back", attempted_with_others()),
        ("what is settled where nobody may look any more says so", shut_out()),
        ("where accounts are limited, a record is believed once its account shows it", limited(None, false)),
        ("where accounts are limited, what the account shows is worked on", limited(Some("x1"), false)),
        ("where accounts are limited, what no list shows is not asked about", limited(Some("x2"), false)),
        ("where accounts are limited, what only a record names is not deleted", limited(Some("x2"), true)),
    ]
}

fn only_listed(from: u64) -> Case {
    let observation = Observation::Listed { from: Duration::from_secs(from) };
    Case {
        desired_state: DesiredState::Clear {
            stateful: true,
            observation,
            changes: Vec::new(),
            ignored: Vec::new(),
        },
        ..settled()
    }
}

fn limited(shown: Option<&str>, deleting: bool) -> Case {
    let foreign = |id| Entry { name_matches: false, ..entry(id) };
    let mut case = Case {
        listing: shown.map(|id| list(990, &[foreign(id)])),
        secret: ObservedSecret::Unknown,
        ..settled()
    };
    case.target.limited = true;
    case.resource.deleting = deleting;
    case
}

fn shut_out() -> Case {
    let mut case = Case { now: at(1600), ..settled() };
    let read = Step::Read(Read::Listing { sent_after: Duration::from_secs(1500) });
    let no = StepOutcome::Rejected { reason: Reason::Unauthorized, message: "not authorized".to_owned() };
    case.memory.outcome(&read, &no, at(1600));
    case
}

fn attempted_with_others() -> Case {
    let attempt = Attempt { number: 1, nonce: "process.1".to_owned(), ..Attempt::default() };
    let record = Record { ids: None, attempt: Some(attempt), ..record("uid") };
    let mut case = with(ObservedRecord::None, None);
    case.memory.starting(&Step::Intend(record.clone()), at(995));
    case.resource.record = ObservedRecord::Ours(record);
    case.memory.saw(&case.resource, &case.target, at(996));
    case.target.secret = Some("keys".to_owned());
    case
}

#[test]
fn every_sight_has_its_plan_and_its_words() {
    let mut text = String::new();
    for (name, case) in
        [claims(), holders(), finalizers(), deletions(), differences(), obstacles(), bars(), retirements()]
            .into_iter()
            .flatten()
    {
        writeln!(text, "{name}\n{}", told(&planned(&case))).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plan/expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    assert_eq!(text, expected, "run with UPDATE_EXPECTED=1 and review the difference");
}

#[test]
fn a_record_reads_what_it_writes_and_what_a_person_has_shortened() {
    let full = Record { operation: Some(Operation::default()), adopted: Some(1), ..record("uid") };
    assert_eq!(Record::read(&full.text()), Ok(full));
    let short =
        Record::read(r#"{"uid":"u","api":"cloud","endpoint":"https://cloud","account":"a","ids":{"addon":"x1"},"later":1}"#).unwrap();
    assert_eq!((short.attempts, short.attempt, short.ids), (0, None, Some(ids("x1"))));
    assert!(Record::read("{}").is_err());
}

#[test]
fn every_reason_is_known_by_its_name() {
    for reason in Reason::ALL {
        assert_eq!(Reason::named(&reason.to_string()), Some(reason));
    }
    assert_eq!(Reason::named("Whatever"), None);
}

fn planned(case: &Case) -> Plan {
    plan(&Snapshot {
        resource: &case.resource,
        desired_state: &case.desired_state,
        memory: &case.memory,
        listing: case.listing.as_ref(),
        secret: &case.secret,
        namespace_terminating: case.namespace_terminating,
        abandoned: case.abandoned,
        protection: case.protection,
        kind_removed: case.kind_removed,
        process: "process",
        operator: "pod",
        now: case.now,
        timing: &Timing::default(),
        target: &case.target,
    })
}

fn written(record: &Record) -> String {
    record.ids.as_ref().map_or("nothing".to_owned(), |ids| ids["addon"].clone())
}

/// A plan in two lines.
fn told(plan: &Plan) -> String {
    let usable = if plan.available { ", usable" } else { "" };
    format!(
        "  {:?} ({:?}/{}{usable}): {}\n  {}\n",
        plan.state,
        plan.reason.standing(),
        plan.reason,
        did(&plan.step),
        plan.because
    )
}

fn did(step: &Step) -> String {
    let open = |record: &Record| {
        record.operation.as_ref().map(|operation| format!(", {} begun", operation.change)).unwrap_or_default()
    };
    match step {
        Step::Intend(record) => format!("Intend attempt {}", record.attempts),
        Step::Write(record) => format!("Write {} for {}{}", written(record), record.uid, open(record)),
        Step::Rest { until } => {
            until.map_or("Rest for good".to_owned(), |until| format!("Rest until {}s", until.as_secs()))
        }
        Step::Read(_)
        | Step::AddFinalizer
        | Step::RemoveFinalizer
        | Step::Create
        | Step::Delete(_)
        | Step::Change(_)
        | Step::ApplySecret => format!("{step:?}"),
    }
}
