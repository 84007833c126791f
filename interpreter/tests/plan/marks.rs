//! Marks at the cloud: what they prove, and when they are read and set.

use super::*;

const OWN: &str = "kubernetes:cluster:n1:databases.example.com:shop:orders";

fn marked(id: &str, is_ours: bool, others: &[(&str, bool)]) -> MarkedAddon {
    let other = |(resource, is_elsewhere): &(&str, bool)| OtherMark {
        text: format!("kubernetes:{resource}"),
        resource: (*resource).to_owned(),
        is_elsewhere: *is_elsewhere,
    };
    MarkedAddon { ids: ids(id), is_ours, has_name: false, others: others.iter().map(other).collect() }
}

/// Has the mark of this resource.
fn ours(id: &str) -> MarkedAddon {
    marked(id, true, &[])
}

/// Has the mark of another resource of this cluster.
fn others(id: &str) -> MarkedAddon {
    marked(id, false, &[("`databases shop/users`", false)])
}

/// Has the mark of a resource of another cluster.
fn elsewhere(id: &str) -> MarkedAddon {
    marked(id, false, &[("`databases shop/orders` of the cluster `second`", true)])
}

/// An API with marks, which were read at second 995.
fn read(case: Case, addons: &[MarkedAddon]) -> Case {
    let read = Some(Marks { sent: Duration::from_secs(995), addons: addons.to_vec() });
    ready(Case { marking: Some(Marking { read, ..unread() }), ..case })
}

fn unread() -> Marking {
    Marking { resource: Some(OWN.to_owned()), ..Marking::default() }
}

fn not_read(case: Case) -> Case {
    ready(Case { marking: Some(unread()), ..case })
}

/// The status says already that it is ready.
fn ready(mut case: Case) -> Case {
    let plan = planned(&Case { marking: None, ..case.clone() });
    case.memory.resting(&plan);
    case
}

fn refused(mut case: Case) -> Case {
    let refusal = StepOutcome::Rejected { reason: Reason::Unauthorized, message: "not allowed".to_owned() };
    let read = Step::Read(Read::Marks { sent_after: Duration::ZERO });
    case.memory.outcome(&read, &refusal, at(995));
    not_read(case)
}

/// The read of the marks has failed since then.
fn unanswered(mut case: Case, since: u64) -> Case {
    let read = Step::Read(Read::Marks { sent_after: Duration::ZERO });
    let failure = StepOutcome::Unavailable("HTTP 500".to_owned());
    case.memory.outcome(&read, &failure, at(since));
    not_read(case)
}

fn fresh() -> Case {
    let mut case = with(ObservedRecord::None, None);
    (case.resource.finalizer, case.memory) = (false, Memory::default());
    case.memory.saw(&case.resource, &case.target, at(990));
    Case { listing: Some(list(994, &[])), ..case }
}

/// The list shows these add-ons, which have other names.
fn shows(case: Case, all: &[&str]) -> Case {
    let other = |id: &&str| Entry { name_matches: false, names_other: true, ..entry(id) };
    Case { listing: Some(list(994, &all.iter().map(other).collect::<Vec<_>>())), ..case }
}

fn recorded(change: impl FnOnce(&mut Record)) -> Case {
    let mut case = settled();
    let mut record = record("uid");
    change(&mut record);
    case.resource.record = ObservedRecord::Ours(record);
    case
}

/// This process sees the resource at this second.
fn seen(mut case: Case, second: u64) -> Case {
    case.memory.saw(&case.resource, &case.target, at(second));
    case
}

fn unsigned(case: Case) -> Case {
    with_authenticity(case, Authenticity::Unsigned)
}

fn named(external: External, entries: &[Entry]) -> Case {
    let mut case = fresh();
    case.resource.external = Some(external);
    Case { listing: Some(list(994, entries)), ..may_confirm(case) }
}

fn new_name() -> External {
    External::NameOrNew("orders-db".to_owned())
}

/// An attempt of this process is open, because no add-on had the name that an annotation asks for. The marks as read at
/// this second.
fn attempted(addon: MarkedAddon, sent: u64) -> Case {
    let mut case = attempted_with_others();
    case.target.secret = None;
    case.resource.external = Some(new_name());
    let marks = Marks { sent: Duration::from_secs(sent), addons: vec![addon] };
    let marking = Marking { name: Some("kubernetes-name:orders".to_owned()), read: Some(marks), ..unread() };
    Case { listing: Some(list(997, &[])), marking: Some(marking), ..case }
}

/// Situations in which marks decide.
pub(super) fn situations() -> Vec<(&'static str, Case)> {
    let drift = |case: Case| Case { desired_state: differs(Remedy::Repeatable("resize".to_owned())), ..case };
    let deleted = |mut case: Case| {
        case.resource.deleting = true;
        case
    };
    let observed = |mut case: Case| {
        case.resource.management = Management::Observe;
        case
    };
    let adopted_before_an_edit = |record: &mut Record| record.adopted = Some(2);
    let failed = |mut case: Case| {
        let Step::Mark(change) = planned(&case).step else { panic!("{:?}", planned(&case)) };
        let why = StepOutcome::Unavailable("no answer".to_owned());
        case.memory.outcome(&Step::Mark(change), &why, at(1000));
        case
    };
    let has_marked = |mut case: Case| {
        let step = planned(&case).step;
        case.memory.outcome(&step, &StepOutcome::Done, at(999));
        case
    };
    let requested = || Entry { name_matches: false, names_other: true, requested: true, ..entry("x1") };
    let renamed = Entry { name_matches: false, ..entry("x1") };
    let two_ids = [("addon", "x2"), ("real", "r2")].map(|(name, id)| (name.to_owned(), id.to_owned()));
    let other_entry = Entry { ids: two_ids.into(), ..entry("x2") };
    let shows_renamed =
        |case: Case| Case { listing: Some(list(900, std::slice::from_ref(&renamed))), ..case };
    let confirmed = |mut case: Case| {
        case.resource.confirmed.claim = Some("x1".to_owned());
        may_confirm(case)
    };
    let gone = |mut case: Case| {
        case.resource.finalizer = false;
        case.memory.saw(&case.resource, &case.target, at(940));
        case.resource = Resource { record: ObservedRecord::None, exists: false, ..case.resource };
        case.memory.saw(&case.resource, &case.target, at(950));
        Case { listing: Some(list(960, &[entry("x1")])), ..case }
    };
    vec![
        ("there is no add-on yet, and no marks were read", not_read(fresh())),
        ("there is no add-on yet, and the cloud refuses to show the marks", refused(fresh())),
        ("there is no add-on yet, and no read of the marks was answered", unanswered(fresh(), 995)),
        ("the situation above, for as long as an outage may last", unanswered(fresh(), 10)),
        (
            "there is no add-on yet, and x1 has the mark of this resource, as one of the same name left it",
            read(shows(fresh(), &["x1"]), &[ours("x1")]),
        ),
        (
            "the situation above, and no list was read yet",
            read(Case { listing: None, ..fresh() }, &[ours("x1")]),
        ),
        ("the situation above, and the list does not show x1", read(fresh(), &[ours("x1")])),
        (
            "there is no add-on yet, and x1 and x2 have the mark of this resource",
            read(shows(fresh(), &["x1", "x2"]), &[ours("x1"), ours("x2")]),
        ),
        (
            "there is no add-on yet, x1 has the mark of this resource, and another live resource claims it",
            claimed_too(read(shows(fresh(), &["x1"]), &[ours("x1")])),
        ),
        (
            "there is no add-on yet, and x1 has the mark of this resource, and that of a resource of another cluster",
            read(shows(fresh(), &["x1"]), &[MarkedAddon { is_ours: true, ..elsewhere("x1") }]),
        ),
        (
            "there is no add-on yet, and x1 has the mark of a resource of another namespace of the same name",
            read(shows(fresh(), &["x1"]), &[others("x1")]),
        ),
        ("the resource is in sync, and no marks were read for a poll interval", not_read(settled())),
        ("the resource is in sync, and its status does not say so yet", {
            Case { marking: Some(unread()), ..settled() }
        }),
        ("the resource is in sync with x1, which it created, and which has no mark", read(settled(), &[])),
        ("the situation above, and this process has set the mark", has_marked(read(settled(), &[]))),
        ("the situation above, and setting the mark has just failed", failed(read(settled(), &[]))),
        ("the situation above, and the cloud refuses to show the marks", refused(settled())),
        ("the resource is in sync with x1, which has its mark", read(settled(), &[ours("x1")])),
        ("the resource only observes x1, which has no mark", {
            observed(not_read(recorded(|record| record.adopted = Some(3))))
        }),
        (
            "the resource has adopted x1, and its spec was not edited since",
            not_read(recorded(|record| record.adopted = Some(3))),
        ),
        ("the situation above, and the spec was edited", not_read(recorded(adopted_before_an_edit))),
        ("the situation above, and no mark is there", read(recorded(adopted_before_an_edit), &[])),
        (
            "the situation above, and x1 has the mark of another resource of this cluster",
            read(assigned(recorded(adopted_before_an_edit)), &[others("x1")]),
        ),
        (
            "the situation above, and x1 has the mark of a resource of another cluster",
            read(assigned(recorded(adopted_before_an_edit)), &[elsewhere("x1")]),
        ),
        (
            "the situation above, and the configuration transfers x1",
            transferred(read(recorded(adopted_before_an_edit), &[elsewhere("x1")])),
        ),
        (
            "the resource has adopted x1 with the name of another cluster's resource, which has no mark, and the spec was edited",
            read(
                recorded(|record| {
                    adopted_before_an_edit(record);
                    record.names_other = true;
                }),
                &[],
            ),
        ),
        (
            "the resource has x1, which has its mark, and that of a resource of another cluster beside it",
            read(settled(), &[MarkedAddon { is_ours: true, ..elsewhere("x1") }]),
        ),
        (
            "the resource only observes x1, which has the mark of a resource of another cluster",
            observed(read(recorded(|record| record.adopted = Some(3)), &[elsewhere("x1")])),
        ),
        (
            "the resource has x1, which has the mark of a resource of another cluster",
            read(settled(), &[elsewhere("x1")]),
        ),
        ("the situation above, and the spec was edited", drift(read(settled(), &[elsewhere("x1")]))),
        ("the situation above, and the resource is deleted", deleted(read(settled(), &[elsewhere("x1")]))),
        ("the resource is deleted, and the marks were not read lately", deleted(not_read(settled()))),
        (
            "the resource is deleted, and the marks were read before that was seen",
            seen(deleted(read(shows(settled(), &["x1"]), &[ours("x1")])), 999),
        ),
        (
            "the resource is deleted, and x1 has its mark",
            deleted(read(shows(settled(), &["x1"]), &[ours("x1")])),
        ),
        (
            "the resource is deleted, x1 was adopted with the name of another cluster's resource, and has the mark of this one",
            deleted(read(recorded(|record| record.names_other = true), &[ours("x1")])),
        ),
        ("the spec was edited, and the marks were not read lately", drift(not_read(settled()))),
        (
            "the record has no code, x1 was renamed, and no marks were read",
            unsigned(shows_renamed(not_read(settled()))),
        ),
        (
            "the record has no code, x1 was renamed, and has the mark of this resource",
            unsigned(shows_renamed(read(settled(), &[ours("x1")]))),
        ),
        (
            "the record has no code, x1 was renamed and has the mark of another resource, and a user who may confirms the claim",
            confirmed(unsigned(shows_renamed(read(settled(), &[others("x1")])))),
        ),
        (
            "the resource is deleted, its record has no code, x1 was renamed, and no marks were read",
            deleted(unsigned(shows_renamed(not_read(settled())))),
        ),
        (
            "the resource is deleted, its record has no code, x1 was renamed, and has the mark of this resource",
            deleted(unsigned(shows_renamed(read(settled(), &[ours("x1")])))),
        ),
        (
            "the record has the uid of a former resource and no code, and x1 has the mark of this resource",
            unsigned(read(
                shows(with(ObservedRecord::Foreign(record("former")), None), &["x1"]),
                &[ours("x1")],
            )),
        ),
        (
            "the record was copied from another resource, and x1 has the mark of that one",
            confirmed(unsigned(read(
                Case {
                    listing: Some(list(994, std::slice::from_ref(&renamed))),
                    ..with(
                        ObservedRecord::Foreign(Record { name: "users".to_owned(), ..record("other") }),
                        None,
                    )
                },
                &[others("x1")],
            ))),
        ),
        (
            "the record has no code, names an id of x1 and one of x2, and x2 has the mark of this resource",
            unsigned(read(
                Case {
                    listing: Some(list(
                        994,
                        &[renamed.clone(), Entry { name_matches: false, ..other_entry.clone() }],
                    )),
                    ..recorded(|record| {
                        let two = [("addon", "x1"), ("real", "r2")];
                        record.ids = Some(two.map(|(name, id)| (name.to_owned(), id.to_owned())).into());
                    })
                },
                &[MarkedAddon { ids: other_entry.ids.clone(), ..ours("x2") }],
            )),
        ),
        (
            "two authentic records name x1, which has the name of neither resource and the mark of this one",
            claimed_too(shows_renamed(read(settled(), &[ours("x1")]))),
        ),
        (
            "an annotation names x1, which has the mark of a resource of another cluster, and users may adopt add-ons",
            read(
                named(External::Id("x1".to_owned()), &[Entry { names_other: false, ..requested() }]),
                &[elsewhere("x1")],
            ),
        ),
        (
            "`adopt-or-create` asks for a name that no add-on has, and no marks were read",
            not_read(named(new_name(), &[])),
        ),
        ("the situation above, and no mark has the name", read(named(new_name(), &[]), &[])),
        ("the situation above, and the cloud refuses to show the marks", refused(named(new_name(), &[]))),
        ("the situation above, and the API has no marks", named(new_name(), &[])),
        (
            "`adopt-or-create` asks for a name that the mark of x1 has, which a resource of another cluster uses",
            read(named(new_name(), &[requested()]), &[elsewhere("x1")]),
        ),
        (
            "the situation above, and the configuration assigns x1",
            assigned(read(named(new_name(), &[requested()]), &[elsewhere("x1")])),
        ),
        (
            "an attempt for the name of `adopt-or-create` is open, and marks were read before it",
            attempted(MarkedAddon { has_name: true, ..elsewhere("x1") }, 994),
        ),
        (
            "the situation above, and since the attempt x1 has got the name",
            attempted(MarkedAddon { has_name: true, ..elsewhere("x1") }, 998),
        ),
        (
            "the live resource was seen without the finalizer, and is gone; no marks were read lately",
            gone(not_read(settled())),
        ),
        (
            "the live resource was seen without the finalizer, and is gone; x1 has the mark of a resource of another cluster",
            gone(read(settled(), &[elsewhere("x1")])),
        ),
    ]
}

fn situation(name: &str) -> Case {
    let mut named = situations().into_iter().filter(|(written, _)| *written == name);
    named.next().unwrap_or_else(|| panic!("no situation `{name}`")).1
}

/// A mark of another cluster is removed only for an add-on that the configuration transfers.
#[test]
fn marks_of_other_clusters_move_only_with_a_transfer() {
    let moves = situation("the situation above, and the configuration transfers x1");
    let Step::Mark(change) = planned(&moves).step else { panic!("{:?}", planned(&moves)) };
    let theirs = "kubernetes:`databases shop/orders` of the cluster `second`".to_owned();
    assert_eq!((change.add, change.remove), (vec![OWN.to_owned()], vec![theirs]));

    let stays =
        Case { resource: Resource { adoption: Adoption::default(), ..moves.resource.clone() }, ..moves };
    assert!(!matches!(planned(&stays).step, Step::Mark(_)), "{:?}", planned(&stays));
}

/// An add-on that a former resource left is used as it is, shown before it is changed, and goes with the resource.
#[test]
fn add_on_of_a_former_resource_is_adopted_and_no_longer_that_of_another() {
    let found = situation(
        "there is no add-on yet, and x1 has the mark of this resource, as one of the same name left it",
    );
    let Step::Write(adopted) = planned(&found).step else { panic!("{:?}", planned(&found)) };
    assert_eq!((adopted.adopted, adopted.first), (Some(3), None));
    let mut case = found;
    (case.resource.record, case.resource.finalizer) = (ObservedRecord::Ours(adopted), true);
    case.memory.saw(&case.resource, &case.target, at(996));
    case.resource.deleting = true;
    assert_eq!(planned(&case).step, Step::Delete(ids("x1")));
}

/// The mark of a new add-on has the name that the annotation gives: another cluster finds it by that.
#[test]
fn attempt_for_a_new_name_goes_on_without_another_look() {
    let asks = situation("the situation above, and no mark has the name");
    let Step::Intend(attempt) = planned(&asks).step else { panic!("{:?}", planned(&asks)) };
    let mut case = asks;
    case.memory.starting(&Step::Intend(attempt.clone()), at(1000));
    (case.resource.record, case.resource.finalizer) = (ObservedRecord::Ours(attempt), true);
    case.memory.saw(&case.resource, &case.target, at(1000));
    case.listing = Some(list(1000, &[]));
    assert_eq!(planned(&case).step, Step::Create);
}
