//! One sight, one plan: the states that the simulated world meets rarely or never, and the words that people
//! read in each.
//!
//! `UPDATE_EXPECTED=1 cargo test -p interpreter --test plan` writes `plan/expected.txt` anew;
//! review it as prose.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "plan/adoption.rs"]
mod adoption;
#[path = "plan/drift.rs"]
mod drift;
#[path = "plan/marks.rs"]
mod marks;
#[path = "plan/schedule.rs"]
mod schedule;
#[path = "plan/secret.rs"]
mod secret;

use std::fmt::Write as _;
use std::time::Duration;

use interpreter::plan::{
    Abandonment, AccessDenied, Adoption, Attempt, Authenticity, Change, Confirmed, DeletionPolicy,
    DeletionProtection, DesiredState, Difference, DriftPolicy, Entry, External, Ids, Listing, Location,
    Management, MarkedAddon, Marking, Marks, Memory, Now, Observation, ObservedRecord, ObservedSecret,
    Operation, OtherClaim, OtherMark, OutputsAge, Plan, Read, Reason, Record, Release, Remedy, Remembered,
    Resource, Sent, Snapshot, Step, StepOutcome, Target, Timing, plan,
};

/// What a case may change before the plan is made.
#[derive(Clone)]
struct Case {
    resource: Resource,
    desired_state: DesiredState,
    memory: Memory,
    listing: Option<Listing>,
    marking: Option<Marking>,
    secret: ObservedSecret,
    outputs: OutputsAge,
    namespace_terminating: bool,
    abandoned: Option<Abandonment>,
    protection: Option<DeletionProtection>,
    deletion_policy: DeletionPolicy,
    kind_removed: bool,
    now: Now,
    target: Target,
}

/// A settled resource, known for a while, at second 1000.
fn refused_secret(held: bool) -> ObservedSecret {
    let message = "`spec.connectionSecret.template`, key `URL`: there is no `outputs.X`.".to_owned();
    ObservedSecret::Refused { reason: Reason::TemplateInvalid, message, held }
}

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
            unverified: Vec::new(),
            remembered: Remembered::default(),
        },
        memory,
        listing: Some(list(900, &[entry("x1")])),
        marking: None,
        secret: ObservedSecret::Same,
        outputs: OutputsAge { needed: true, ..OutputsAge::default() },
        namespace_terminating: false,
        abandoned: None,
        protection: None,
        deletion_policy: DeletionPolicy::Delete,
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
        authenticity: Authenticity::Authentic,
        ..Resource::default()
    }
}

fn record(uid: &str) -> Record {
    let Location { api, endpoint, account } = location("account");
    let (namespace, name) = ("shop".to_owned(), "orders".to_owned());
    Record {
        cluster: "cluster".to_owned(),
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
    Entry {
        ids: ids(id),
        name_matches: true,
        requested: false,
        held_by: None,
        names_other: false,
        same_provider: true,
        created: Some(1_000),
    }
}

fn list(sent: u64, entries: &[Entry]) -> Listing {
    Listing { sent: Duration::from_secs(sent), entries: entries.to_vec(), suspicious: false }
}

fn at(second: u64) -> Now {
    Now { mono: Duration::from_secs(second), wall: 1_000 * second as i64 }
}

fn difference(field: &str, what: &str, remedy: Remedy) -> Difference {
    let (field, what) = (field.to_owned(), what.to_owned());
    Difference {
        field,
        what,
        observed: Some("small".to_owned()),
        edited: true,
        drift: DriftPolicy::Correct,
        remedy,
    }
}

fn differs(remedy: Remedy) -> DesiredState {
    let what = "the add-on has small, the spec asks for large".to_owned();
    clear(vec![difference("plan", &what, remedy)])
}

fn clear(changes: Vec<Difference>) -> DesiredState {
    DesiredState::Clear {
        stateful: true,
        observation: Observation::Needless,
        changes,
        ignored: Vec::new(),
        unverified: Vec::new(),
        remembered: Remembered::default(),
    }
}

/// The claims on an add-on: another's record, or none, and what the status says.
fn claims() -> Vec<(&'static str, Case)> {
    let mismatch = |case: Case| with_authenticity(case, Authenticity::Mismatch);
    let copied = || Record { name: "original".to_owned(), ..record("another uid") };
    let claimed = |id: &str| Confirmed { claim: Some(id.to_owned()), ..Confirmed::default() };
    let nobodys = Entry { name_matches: false, ..entry("x1") };
    let mut confirmed = mismatch(with(ObservedRecord::Foreign(copied()), None));
    confirmed.resource.confirmed = claimed("x1");
    let unseen = Case { listing: None, ..may_confirm(confirmed.clone()) };
    let anothers = Case {
        listing: Some(list(900, &[Entry { names_other: true, ..nobodys.clone() }])),
        ..may_confirm(confirmed.clone())
    };
    confirmed.listing = Some(list(900, std::slice::from_ref(&nobodys)));
    let forbidden = confirmed.clone();
    let confirmed = may_confirm(confirmed);
    let assigned = assigned(mismatch(with(ObservedRecord::Foreign(record("another uid")), None)));
    let elsewhere = with(
        ObservedRecord::Foreign(Record { cluster: "another".to_owned(), ..record("another uid") }),
        None,
    );
    let mut unproven_status = with(ObservedRecord::None, Some("x1"));
    unproven_status.listing = Some(list(900, std::slice::from_ref(&nobodys)));
    unproven_status.resource.confirmed = claimed("x1");
    let mut wrongly = may_confirm(mismatch(with(ObservedRecord::Foreign(copied()), None)));
    wrongly.resource.confirmed = claimed("x7");
    let mut going = mismatch(with(ObservedRecord::Foreign(copied()), None));
    (going.resource.deleting, going.listing) =
        (true, Some(list(900, &[Entry { name_matches: false, ..entry("x1") }])));
    let mut not_ours = with(ObservedRecord::None, Some("x1"));
    not_ours.listing = Some(list(900, &[Entry { name_matches: false, ..entry("x1") }]));
    let mut empty = with(ObservedRecord::Foreign(Record { ids: None, ..copied() }), None);
    empty.resource.finalizer = false;
    empty.memory = Memory::default();
    vec![
        (
            "the record is authentic, and has the uid of a former resource of this name",
            with(ObservedRecord::Foreign(record("another uid")), None),
        ),
        (
            "the record is authentic, and another live resource has an authentic record of x1",
            claimed_too(with(ObservedRecord::Foreign(record("another uid")), None)),
        ),
        (
            "the record was copied from another resource",
            mismatch(with(ObservedRecord::Foreign(copied()), None)),
        ),
        (
            "the record was copied, x1 has a name without a uid, and a user who may confirms the claim",
            confirmed,
        ),
        ("the situation above, and no list was read yet", unseen),
        (
            "the record was copied, x1 has the name of another resource, and a user confirms the claim",
            anothers,
        ),
        ("the record was copied, and a user confirms the claim without being allowed to", forbidden),
        (
            "the record has the uid of a former resource of this name, and its code does not match",
            mismatch(with(ObservedRecord::Foreign(record("another uid")), None)),
        ),
        ("the situation above, and the configuration assigns x1", assigned),
        ("the record is authentic, and was written in another cluster", elsewhere),
        (
            "the status names x1, which has another name, and a user confirms the claim without being allowed to",
            unproven_status.clone(),
        ),
        ("the situation above, and the configuration allows it", may_confirm(unproven_status.clone())),
        (
            "the status names x1, which has another name, and the configuration assigns it",
            self::assigned(unproven_status),
        ),
        ("the record was copied, and a user confirms a claim on another add-on", wrongly),
        ("the resource is deleted, and its record was copied from another resource", going),
        ("the record was copied, and names no add-on", empty),
        (
            "the status names x1, which has the name of the resource, and there is no record",
            with(ObservedRecord::None, Some("x1")),
        ),
        ("the status names x1, which has another name, and there is no record", not_ours),
        (
            "the status names x1, which no list shows, and there is no record",
            Case { listing: Some(list(900, &[])), ..with(ObservedRecord::None, Some("x1")) },
        ),
        (
            "the record cannot be read",
            with(ObservedRecord::Unreadable("expected value at line 1".to_owned()), None),
        ),
        (
            "the record names x1, and the status another add-on",
            with(ObservedRecord::Ours(record("uid")), Some("x9")),
        ),
    ]
}

fn with_authenticity(mut case: Case, authenticity: Authenticity) -> Case {
    case.resource.authenticity = authenticity;
    case
}

fn names_other(mut case: Case) -> Case {
    case.resource.record = ObservedRecord::Ours(Record { names_other: true, ..record("uid") });
    case
}

fn transferred(mut case: Case) -> Case {
    let all = vec!["x1".to_owned()];
    case.resource.adoption = Adoption { assigned: all.clone(), transferred: all, ..Adoption::default() };
    case
}

fn may_confirm(mut case: Case) -> Case {
    case.resource.adoption.on_confirmation = true;
    case
}

fn assigned(mut case: Case) -> Case {
    case.resource.adoption = Adoption { assigned: vec!["x1".to_owned()], ..Adoption::default() };
    case
}

/// Another live resource claims the same add-on.
fn claimed_too(mut case: Case) -> Case {
    case.resource.other_claim =
        OtherClaim::By { other: "Database shop/new".to_owned(), authentic: true, former: false };
    case
}

/// A record of this uid that another client may have written.
fn proofs() -> Vec<(&'static str, Case)> {
    use Authenticity::{Mismatch, NoKey, UnknownKey, Unsigned};
    let renamed = Entry { name_matches: false, ..entry("x1") };
    let unread = || Case { secret: ObservedSecret::Unknown, ..settled() };
    let shows = |entries: &[Entry], case: Case| Case { listing: Some(list(900, entries)), ..case };
    let deleting = |mut case: Case| {
        case.resource.deleting = true;
        case
    };
    let terminating = |case: Case| Case { namespace_terminating: true, ..deleting(case) };
    let confirmed = |mut case: Case| {
        case.resource.confirmed.claim = Some("x1".to_owned());
        may_confirm(case)
    };
    let unknown = || UnknownKey("0a1b2c3d".to_owned());
    vec![
        (
            "the record has no code, and x1 has the name of the resource",
            with_authenticity(unread(), Unsigned),
        ),
        (
            "the record was signed with an unknown key, and x1 has the name of the resource",
            with_authenticity(unread(), unknown()),
        ),
        ("the operator has no key, and x1 has the name of the resource", with_authenticity(unread(), NoKey)),
        (
            "the record has no code, and no list was read yet",
            with_authenticity(Case { listing: None, ..unread() }, Unsigned),
        ),
        ("the record is authentic, and x1 was renamed", shows(std::slice::from_ref(&renamed), unread())),
        (
            "the code does not match the record, and x1 was renamed",
            shows(std::slice::from_ref(&renamed), with_authenticity(unread(), Mismatch)),
        ),
        (
            "the record was signed with an unknown key, and x1 was renamed",
            shows(std::slice::from_ref(&renamed), with_authenticity(unread(), unknown())),
        ),
        (
            "the record has no code, x1 was renamed, and the Secret is in sync",
            shows(std::slice::from_ref(&renamed), with_authenticity(settled(), Unsigned)),
        ),
        (
            "the record has no code, x1 was renamed, and the configuration assigns it",
            assigned(shows(std::slice::from_ref(&renamed), with_authenticity(unread(), Unsigned))),
        ),
        (
            "the record has no code, x1 was renamed, and a user who may confirms the claim",
            confirmed(shows(std::slice::from_ref(&renamed), with_authenticity(unread(), Unsigned))),
        ),
        (
            "the record has no code, x1 has the name of another resource, and a user confirms the claim",
            confirmed(shows(
                &[Entry { names_other: true, ..renamed.clone() }],
                with_authenticity(unread(), Unsigned),
            )),
        ),
        ("the record has no code, and no list shows x1", shows(&[], with_authenticity(unread(), Unsigned))),
        (
            "the resource is deleted, the record has no code, and x1 was renamed",
            deleting(shows(std::slice::from_ref(&renamed), with_authenticity(unread(), Unsigned))),
        ),
        (
            "the situation above, in a namespace that is deleted",
            terminating(shows(std::slice::from_ref(&renamed), with_authenticity(unread(), Unsigned))),
        ),
        (
            "the resource is deleted, the code does not match, and x1 has the name of the resource",
            deleting(with_authenticity(unread(), Mismatch)),
        ),
        (
            "the resource is deleted, the record is authentic, and x1 was renamed",
            deleting(shows(&[renamed], unread())),
        ),
    ]
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
        may_confirm(case)
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
        (
            "x1 has the name of the resource, and the record of another one names it, too",
            claimed_too(settled()),
        ),
        ("the record names x1, which has the name of another live resource", shows(others(), settled())),
        (
            "the situation above, and the record of that resource names it, too",
            claimed_too(shows(others(), settled())),
        ),
        ("two records name x1, and no list was read yet", claimed_too(Case { listing: None, ..settled() })),
        (
            "two authentic records name x1, which has the name of neither resource",
            claimed_too(shows(nobodys(), settled())),
        ),
        (
            "the situation above, and this process has used x1 for this resource before",
            claimed_too(trusted(shows(nobodys(), settled()))),
        ),
        (
            "x1 has the name of another live resource, and this process has used it for this resource before",
            trusted(shows(others(), settled())),
        ),
        (
            "the outputs are due, and no list was read yet",
            Case { listing: None, secret: ObservedSecret::Unknown, ..settled() },
        ),
        (
            "the outputs are due, x1 was renamed, and the resources of another kind are not listed yet",
            unlisted(shows(nobodys(), settled())),
        ),
        (
            "the outputs are due, x1 has the name of the resource, and the resources of another kind are not listed yet",
            unlisted(Case { secret: ObservedSecret::Unknown, ..settled() }),
        ),
        ("the resource is deleted, and no list was read yet", deleting(Case { listing: None, ..settled() })),
        (
            "the resource is deleted, two records name x1, and no list was read yet",
            deleting(claimed_too(Case { listing: None, ..settled() })),
        ),
        (
            "the resource is deleted, and x1 has the name of another live resource",
            deleting(shows(others(), settled())),
        ),
        (
            "the situation above, and x2 has the name of the resource",
            deleting(Case { listing: Some(list(900, &[others(), entry("x2")])), ..settled() }),
        ),
        (
            "the resource is deleted, and two authentic records name x1, which has the name of neither resource",
            deleting(claimed_too(shows(nobodys(), settled()))),
        ),
        (
            "the resource is deleted, this process deleted x1, and no list shows it any more",
            unlisted(deleting(deleted())),
        ),
        (
            "the Secret is due, x1 was renamed, and the resources of another kind are not listed yet",
            unlisted(Case { secret: ObservedSecret::Differs, ..shows(nobodys(), settled()) }),
        ),
        (
            "the record was copied, and its id contains commands for a shell",
            with_authenticity(with(ObservedRecord::Foreign(hostile), None), Authenticity::Mismatch),
        ),
        (
            "the resource is deleted, the record is authentic, and x1 has a name without a uid",
            deleting(shows(nobodys(), settled())),
        ),
        (
            "the record was copied, another live resource claims x1, and a user who may confirms the claim",
            claimed_too(confirmed(with(ObservedRecord::Foreign(record("uid 2")), None))),
        ),
        (
            "the record was copied, x1 has the name of another live resource, and a user who may confirms the claim",
            confirmed(shows(others(), with(ObservedRecord::None, Some("x1")))),
        ),
        (
            "the status names x1, which another live resource claims, and a user who may confirms the claim",
            claimed_too(confirmed(shows(nobodys(), with(ObservedRecord::None, Some("x1"))))),
        ),
        (
            "the status names x1, which has a name without a uid, and a user who may confirms the claim",
            confirmed(shows(nobodys(), with(ObservedRecord::None, Some("x1")))),
        ),
        (
            "the record is authentic, has the uid of a former resource, and the resources of another kind are not listed yet",
            unlisted(restored()),
        ),
        (
            "the record is authentic, has the uid of a former resource, and x1 has the name of another live resource",
            shows(others(), restored()),
        ),
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
        ("the finalizer is missing from the live resource", lost(settled())),
        ("the situation above, as the cache shows it", cached),
        (
            "the finalizer is missing from a live resource whose kind was removed",
            lost(Case { kind_removed: true, ..settled() }),
        ),
        ("the finalizer is missing again, a moment after it was put back", repaired),
        ("the finalizer is missing from a resource without an add-on", lost(vacant())),
        (
            "the finalizer is missing from a resource whose record cannot be read",
            lost(with(ObservedRecord::Unreadable("eof".to_owned()), None)),
        ),
        ("the finalizer is missing, and the API server refuses to put it back", refused),
    ]
}

/// What is left of a deletion that something speaks against.
/// The resource is deleted at second 995, and was first seen a moment before, so a list may lack add-ons of its name.
fn young(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case { listing: Some(list(996, &[])), ..settled() };
    case.resource.deleting = true;
    case.memory = Memory::default();
    case.memory.saw(&case.resource, &case.target, at(990));
    case.memory.outcome(&Step::Delete(ids("x1")), &StepOutcome::Done, at(995));
    change(&mut case);
    case
}

/// The same, and the cloud does not find the add-on any more.
fn missing(change: impl FnOnce(&mut Case)) -> Case {
    young(|case| {
        case.memory.outcome(&Step::Read(Read::Get(ids("x1"))), &StepOutcome::NotFound, at(997));
        change(case);
    })
}

fn deletions() -> Vec<(&'static str, Case)> {
    let deleting = |mut case: Case| {
        case.resource.deleting = true;
        case
    };
    vec![
        (
            "the resource is deleted, the record names x1, and the status another add-on",
            deleting(with(ObservedRecord::Ours(record("uid")), Some("x9"))),
        ),
        (
            "the resource is deleted, its add-on is young, and the cloud acknowledged its deletion",
            young(|_| ()),
        ),
        (
            "the situation above, and the cloud no longer finds it",
            young(|case| {
                case.memory.outcome(&Step::Read(Read::Get(ids("x1"))), &StepOutcome::NotFound, at(997))
            }),
        ),
        (
            "the situation above, and the list still shows it",
            missing(|case| case.listing = Some(list(996, &[entry("x1")]))),
        ),
        (
            "the add-on is not found, and the list is older than the deletion",
            missing(|case| case.listing = Some(list(994, &[]))),
        ),
        (
            "the add-on is not found, and the list is suddenly empty",
            missing(|case| {
                case.listing = Some(Listing { suspicious: true, ..list(996, &[]) });
            }),
        ),
        ("the add-on is not found, and its deletion was not acknowledged", {
            let mut case = missing(|_| ());
            case.memory = Memory::default();
            case.memory.saw(&case.resource, &case.target, at(990));
            case.memory.outcome(&Step::Delete(ids("x1")), &StepOutcome::NotFound, at(995));
            case.memory.outcome(&Step::Read(Read::Get(ids("x1"))), &StepOutcome::NotFound, at(997));
            case
        }),
        (
            "the add-on is not found, and it was adopted",
            missing(|case| {
                case.resource.record = ObservedRecord::Ours(Record { adopted: Some(1), ..record("uid") });
            }),
        ),
        (
            "the add-on is not found, and there was another attempt",
            missing(|case| {
                case.resource.record = ObservedRecord::Ours(Record { attempts: 2, ..record("uid") });
            }),
        ),
        (
            "the add-on is not found, and an attempt is open",
            missing(|case| {
                let attempt = Attempt { number: 1, nonce: "another.1".to_owned(), ..Attempt::default() };
                case.resource.record =
                    ObservedRecord::Ours(Record { attempt: Some(attempt), ..record("uid") });
            }),
        ),
        (
            "the add-on is not found, and the record is not authentic",
            missing(|case| {
                case.resource.authenticity = Authenticity::Mismatch;
            }),
        ),
        (
            "the resource is deleted, and its policy is `retain`",
            deleting(Case { deletion_policy: DeletionPolicy::Retain, ..settled() }),
        ),
        (
            "the resource is deleted, and its policy is unknown",
            deleting(Case { deletion_policy: DeletionPolicy::Invalid, ..settled() }),
        ),
        (
            "the policy of a live resource is unknown",
            Case { deletion_policy: DeletionPolicy::Invalid, ..settled() },
        ),
        (
            "the resource is deleted, protected, and its policy is `retain`",
            deleting(Case {
                deletion_policy: DeletionPolicy::Retain,
                protection: Some(DeletionProtection::Resource),
                ..settled()
            }),
        ),
        (
            "the resource is deleted, and x1 was adopted with the name of another cluster's resource",
            deleting(names_other(settled())),
        ),
        (
            "the situation above, and the configuration transfers x1",
            deleting(transferred(names_other(settled()))),
        ),
        (
            "the resource is deleted, and its record cannot be read",
            deleting(with(ObservedRecord::Unreadable("eof".to_owned()), None)),
        ),
        (
            "the resource is deleted, and its spec is invalid",
            deleting(Case { desired_state: DesiredState::Unknown, ..settled() }),
        ),
        (
            "the resource is deleted, and an annotation protects it",
            deleting(Case { protection: Some(DeletionProtection::Resource), ..settled() }),
        ),
        (
            "the resource is deleted, and an annotation protects its namespace",
            deleting(Case { protection: Some(DeletionProtection::Namespace), ..settled() }),
        ),
        (
            "the CRD is deleted, and an annotation protects the resource",
            deleting(Case {
                abandoned: Some(Abandonment::CrdDeleted),
                protection: Some(DeletionProtection::Resource),
                ..settled()
            }),
        ),
        ("the CRD is deleted", deleting(Case { abandoned: Some(Abandonment::CrdDeleted), ..settled() })),
        (
            "the resource was created and deleted with an earlier CRD",
            deleting(Case { abandoned: Some(Abandonment::OlderThanCrd), ..settled() }),
        ),
        (
            "the CRD is deleted, and the record cannot be read",
            deleting(Case {
                abandoned: Some(Abandonment::CrdDeleted),
                ..with(ObservedRecord::Unreadable("eof".to_owned()), None)
            }),
        ),
    ]
}

/// A resource that went while its add-on was recorded.
fn leftovers() -> Vec<(&'static str, Case)> {
    let gone = |mut case: Case| {
        case.resource =
            Resource { record: ObservedRecord::None, exists: false, finalizer: false, ..case.resource };
        case.memory.saw(&case.resource, &case.target, at(950));
        Case { listing: Some(list(960, &[entry("x1")])), ..case }
    };
    let unguarded = |mut case: Case| {
        case.resource.finalizer = false;
        case.memory.saw(&case.resource, &case.target, at(940));
        case
    };
    let retained = |mut case: Case| {
        case.resource.deletion_policy = Some(DeletionPolicy::Retain);
        case
    };
    let protected = |mut case: Case| {
        case.resource.protected = true;
        case
    };
    let renamed = |case: Case| {
        let renamed = Entry { name_matches: false, ..entry("x1") };
        Case { listing: Some(list(960, &[renamed])), ..case }
    };
    let released = |mut case: Case, release: Release| {
        case.resource.deleting = true;
        case.resource.record = ObservedRecord::Ours(Record { released: Some(release), ..record("uid") });
        case.memory.saw(&case.resource, &case.target, at(940));
        case
    };
    let waiting = |mut case: Case| {
        (case.resource.deleting, case.resource.finalizer) = (true, false);
        case.memory.saw(&case.resource, &case.target, at(950));
        Case { listing: Some(list(960, &[entry("x1")])), ..case }
    };
    let unanswered = |mut case: Case| {
        case.memory.outcome(&Step::Create, &StepOutcome::Ambiguous("no answer".to_owned()), at(800));
        case
    };
    vec![
        ("the resource is gone, and another client removed the finalizer", gone(settled())),
        ("the situation above, and no list was read since", Case { listing: None, ..gone(settled()) }),
        (
            "the situation above, and the list does not show x1",
            Case { listing: Some(list(960, &[])), ..gone(settled()) },
        ),
        ("the live resource was seen without the finalizer, and is gone", gone(unguarded(settled()))),
        ("the situation above, and its policy was `retain`", gone(unguarded(retained(settled())))),
        (
            "the live resource was seen without the finalizer, was protected, and is gone",
            gone(unguarded(protected(settled()))),
        ),
        (
            "the live resource was seen without the finalizer, and is gone; x1 was renamed",
            renamed(gone(unguarded(settled()))),
        ),
        (
            "the live resource was seen without the finalizer, and is gone; another live resource has x1",
            claimed_too(gone(unguarded(settled()))),
        ),
        (
            "the live resource was seen without the finalizer, and went with its CRD",
            Case { abandoned: Some(Abandonment::CrdDeleted), ..gone(unguarded(settled())) },
        ),
        (
            "the resource is being deleted without our finalizer, and another finalizer holds it",
            waiting(settled()),
        ),
        (
            "the resource is gone, and its record was released after the deletion of x1",
            gone(released(settled(), Release::Deleted)),
        ),
        (
            "the resource is gone, and its record was released with x1 retained",
            gone(released(settled(), Release::Retained)),
        ),
        (
            "the situation above, and this process has sent a creation without an answer",
            gone(released(unanswered(settled()), Release::Retained)),
        ),
        (
            "the resource is gone without a release, and this process has sent a creation without an answer",
            gone(unanswered(settled())),
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
    let change = Step::Change(Change { name: "resize".to_owned(), fields: Vec::new(), sent: Sent::new() });
    late.memory.outcome(&change, &StepOutcome::Ambiguous("no answer".to_owned()), at(700));
    late.desired_state = DesiredState::Clear {
        stateful: true,
        observation: Observation::Made(at(800).mono),
        changes: Vec::new(),
        ignored: Vec::new(),
        unverified: Vec::new(),
        remembered: Remembered::default(),
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
        let change = |(index, remedy)| difference(&format!("field-{index}"), &what, remedy);
        let changes = remedies.into_iter().enumerate().map(change).collect();
        Case { desired_state: clear(changes), ..settled() }
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
            unverified: Vec::new(),
            remembered: Remembered::default(),
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
            "a Secret whose template cannot be used stays as it is, and the add-on is available",
            Case { secret: refused_secret(true), ..settled() },
        ),
        (
            "without a Secret, the add-on is not available",
            Case { secret: refused_secret(false), ..settled() },
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
            "beside an adopted add-on, one of our name may be the one that was used before, and stays",
            Case {
                listing: Some(list(900, &[entry("x1"), Entry { created: Some(200_000), ..entry("x2") }])),
                resource: Resource {
                    record: ObservedRecord::Ours(Record { adopted: Some(3), ..record("uid") }),
                    ..settled().resource
                },
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
            unverified: Vec::new(),
            remembered: Remembered::default(),
        },
        ..settled()
    }
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

/// The text of a record that a user wrote neither hides a take-over of the own add-on, nor applies a spec to one that was
/// only assigned.
#[test]
fn a_record_signed_again_trusts_the_name_and_not_its_text() {
    let written = |entry: Entry| {
        let case = Case { listing: Some(list(900, &[entry])), secret: ObservedSecret::Unknown, ..settled() };
        let case = assigned(with_authenticity(names_other(case), Authenticity::Mismatch));
        let Step::Write(record) = planned(&case).step else { panic!("nothing is written") };
        (record.names_other, record.adopted)
    };
    assert_eq!(written(entry("x1")), (false, None));
    assert_eq!(written(Entry { name_matches: false, ..entry("x1") }), (true, Some(3)));
}

#[test]
fn every_sight_has_its_plan_and_its_words() {
    let mut text = String::new();
    for (name, case) in [
        claims(),
        adoption::adoptions(),
        marks::situations(),
        schedule::schedules(),
        secret::secrets(),
        proofs(),
        holders(),
        finalizers(),
        deletions(),
        differences(),
        drift::situations(),
        obstacles(),
        bars(),
        retirements(),
        leftovers(),
    ]
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

/// The decisions about ownership stand on its page, so that a user finds the situation and what follows from it.
#[test]
fn every_decision_about_ownership_stands_on_its_page() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ownership.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (head, rest) = page.split_once("<!-- decisions -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of decisions -->").unwrap();
    let mut table = "| situation | the operator |\n|---|---|\n".to_owned();
    let marks = marks::situations();
    let cases =
        [claims(), proofs(), holders(), adoption::adoptions(), marks, finalizers(), deletions(), leftovers()];
    let cases: Vec<_> = cases.into_iter().flatten().collect();
    assert!(cases.len() >= 60, "{} situations", cases.len());
    for (name, case) in &cases {
        let plan = planned(case);
        writeln!(table, "| {name} | {} |", decision(&plan)).unwrap();
    }
    let actual = format!("{head}<!-- decisions -->\n{table}<!-- end of decisions -->{tail}");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, &actual).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        actual,
        "run with UPDATE_EXPECTED=1 and review the difference"
    );
}

/// The step of a plan in words.
fn decision(plan: &Plan) -> String {
    let name = |ids: &Ids| ids["addon"].replace('`', "'");
    match &plan.step {
        Step::Read(Read::Live) => "reads the resource first".to_owned(),
        Step::Read(Read::Listing { .. }) => "lists the add-ons first".to_owned(),
        Step::Read(Read::Marks { .. }) => "reads the marks first".to_owned(),
        Step::Read(_) => "reads the add-on".to_owned(),
        Step::Intend(_) => "creates a new add-on".to_owned(),
        Step::Create => "creates it".to_owned(),
        Step::Write(record) => match &record.ids {
            Some(ids) => format!("records {} for the resource", name(ids)),
            None => "corrects the record".to_owned(),
        },
        Step::AddFinalizer => "puts the finalizer back".to_owned(),
        Step::RemoveFinalizer(Some(record)) if record.ids.is_some() => match record.released {
            Some(Release::Retained | Release::Abandoned) => {
                "removes the finalizer, and keeps the add-on".to_owned()
            }
            Some(Release::Deleted | Release::NotFound) | None => "removes the finalizer".to_owned(),
        },
        Step::RemoveFinalizer(_) => "removes the finalizer".to_owned(),
        Step::Delete(ids) => format!("deletes {}", name(ids)),
        Step::ReportLeftover(ids) => format!("reports {}, and keeps it", name(ids)),
        Step::Change(_) => "changes the add-on".to_owned(),
        Step::Mark(change) => format!("marks {} as that of the resource", name(&change.ids)),
        Step::ApplySecret => "writes the Secret".to_owned(),
        Step::Rest { until: None } => "does nothing more".to_owned(),
        Step::Rest { .. } => format!("waits: `{}`", plan.reason),
    }
}

#[test]
fn a_record_reads_what_it_writes_and_what_a_person_has_shortened() {
    let full = Record { schema: 1, operation: Some(Operation::default()), adopted: Some(1), ..record("uid") };
    assert_eq!(Record::read(&full.text()), Ok(full));
    let short =
        Record::read(r#"{"uid":"u","api":"cloud","endpoint":"https://cloud","account":"a","ids":{"addon":"x1"},"later":1}"#).unwrap();
    assert_eq!((short.attempts, short.attempt.clone(), short.ids.clone()), (0, None, Some(ids("x1"))));
    assert!(short.text().contains(r#""later":1"#), "a field of a newer version is kept");
    assert!(Record::read("{}").is_err());
    let newer = Record { schema: 2, ..record("uid") };
    let why = "a newer version of the operator wrote it, with schema 2; this version reads 1";
    assert_eq!(Record::read(&newer.text()), Err(why.to_owned()));
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
        marking: case.marking.as_ref(),
        secret: &case.secret,
        outputs: case.outputs,
        namespace_terminating: case.namespace_terminating,
        abandoned: case.abandoned,
        protection: case.protection,
        deletion_policy: case.deletion_policy,
        kind_removed: case.kind_removed,
        process: "process",
        operator: "pod",
        cluster: "cluster",
        namespace_uid: "n1",
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
        Step::RemoveFinalizer(None) => "RemoveFinalizer".to_owned(),
        Step::RemoveFinalizer(Some(record)) => {
            format!("RemoveFinalizer, {} {:?}", written(record), record.released.unwrap())
        }
        Step::Rest { until } => {
            until.map_or("Rest for good".to_owned(), |until| format!("Rest until {}s", until.as_secs()))
        }
        Step::Read(_)
        | Step::AddFinalizer
        | Step::ReportLeftover(_)
        | Step::Create
        | Step::Delete(_)
        | Step::Change(_)
        | Step::Mark(_)
        | Step::ApplySecret => format!("{step:?}"),
    }
}
