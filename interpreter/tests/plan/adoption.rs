//! Annotations that ask for an existing add-on, or for an operator that only observes.

use super::*;

/// A fresh resource whose annotation names an add-on, and the list that the operator has read since.
fn asking(external: &str, entries: &[Entry]) -> Case {
    let mut case = with(ObservedRecord::None, None);
    (case.resource.finalizer, case.resource.external) = (false, Some(External::Id(external.to_owned())));
    case.memory = Memory::default();
    case.memory.saw(&case.resource, &case.target, at(10));
    Case { listing: Some(list(900, entries)), ..case }
}

fn requested(id: &str) -> Entry {
    Entry { name_matches: false, requested: true, ..entry(id) }
}

fn observed(mut case: Case) -> Case {
    case.resource.management = Management::Observe;
    case
}

fn unclear(mut case: Case) -> Case {
    case.resource.management = Management::Invalid;
    case
}

fn deleted(mut case: Case) -> Case {
    case.resource.deleting = true;
    case
}

/// Adopted at generation 3, and observed since.
fn noted(mut case: Case) -> Case {
    case.resource.record = ObservedRecord::Ours(Record { adopted: Some(3), ..record("uid") });
    case
}

/// Situations of a resource whose annotations ask for something.
pub(super) fn adoptions() -> Vec<(&'static str, Case)> {
    let drift = || Case { desired_state: differs(Remedy::Repeatable("resize".to_owned())), ..settled() };
    let by_name = |mut case: Case| {
        case.resource.external = Some(External::Name("orders".to_owned()));
        case
    };
    let attempted = || {
        let attempt = Attempt { number: 1, nonce: "other".to_owned(), ..Attempt::default() };
        let open = Record { ids: None, attempt: Some(attempt), ..record("uid") };
        let mut case = asking("x1", &[requested("x1")]);
        (case.resource.record, case.resource.finalizer) = (ObservedRecord::Ours(open), true);
        case.memory.saw(&case.resource, &case.target, at(890));
        may_confirm(case)
    };
    let mut contradictory = with(ObservedRecord::None, None);
    (contradictory.resource.finalizer, contradictory.memory) = (false, Memory::default());
    contradictory.resource.external_problem = Some("the annotations name two add-ons.".to_owned());
    let renamed = Entry { name_matches: false, ..entry("x1") };
    let shows = |case: Case| Case { listing: Some(list(900, std::slice::from_ref(&renamed))), ..case };
    let elsewhere = || {
        let record = Record { cluster: "another cluster".to_owned(), ..record("former") };
        shows(with(ObservedRecord::Foreign(record), None))
    };
    let confirmed = |mut case: Case| {
        case.resource.confirmed.claim = Some("x1".to_owned());
        may_confirm(case)
    };
    let used = |mut case: Case| {
        case.memory.starting(&Step::Read(Read::Outputs), at(890));
        case.resource.authenticity = Authenticity::Mismatch;
        claimed_too(case)
    };
    let vacant = |record: Record| {
        let mut case = asking("x1", &[requested("x1")]);
        case.resource.record = ObservedRecord::Ours(Record { ids: None, ..record });
        case.resource.finalizer = true;
        may_confirm(case)
    };
    let restored_too = |mut case: Case| {
        let other = "Database shop/new".to_owned();
        case.resource.other_claim = OtherClaim::By { other, authentic: true, former: true };
        case
    };
    let another = |mut case: Case| {
        case.resource.external = Some(External::Id("x9".to_owned()));
        case
    };
    vec![
        ("an annotation names x1, and no list was read yet", Case { listing: None, ..asking("x1", &[]) }),
        ("an annotation names x1, which has another name", asking("x1", &[requested("x1")])),
        (
            "the situation above, and the configuration lets users of the namespace adopt add-ons",
            may_confirm(asking("x1", &[requested("x1")])),
        ),
        (
            "an annotation names x1, and the configuration assigns it",
            assigned(asking("x1", &[requested("x1")])),
        ),
        (
            "an annotation names x1, which has the name of another resource, and users may adopt add-ons",
            may_confirm(asking("x1", &[Entry { names_other: true, ..requested("x1") }])),
        ),
        (
            "an annotation names x1, which another live resource claims, and users may adopt add-ons",
            may_confirm(claimed_too(asking("x1", &[requested("x1")]))),
        ),
        (
            "an annotation names x1, which is of another type, and users may adopt add-ons",
            may_confirm(asking("x1", &[Entry { same_provider: false, ..requested("x1") }])),
        ),
        ("an annotation names x1, and no list shows it", may_confirm(asking("x1", &[]))),
        (
            "an annotation names x1, and x2 has the name of the resource",
            may_confirm(asking("x1", &[requested("x1"), entry("x2")])),
        ),
        (
            "an annotation gives the name of x1, and users may adopt add-ons",
            may_confirm(by_name(asking("x1", &[requested("x1")]))),
        ),
        (
            "an annotation gives the name of x1, which x2 has, too",
            may_confirm(by_name(asking("x1", &[requested("x1"), requested("x2")]))),
        ),
        ("an annotation names x1, and another process may have created an add-on just now", attempted()),
        (
            "an annotation names x1, and the creation of a new add-on was refused before",
            vacant(Record { endpoint: "https://elsewhere".to_owned(), ..record("uid") }),
        ),
        (
            "an annotation names x1, which has vanished and may be replaced",
            vacant(Record { replaced: Some(ids("x1")), ..record("uid") }),
        ),
        (
            "the record is authentic, x1 was renamed, and a restored record of another resource names it, too",
            restored_too(shows(settled())),
        ),
        ("annotations name two add-ons", contradictory),
        ("the resource has x1, and an annotation names another add-on", another(settled())),
        (
            "the resource only observes, and there is no add-on",
            observed(with(ObservedRecord::Ours(Record { ids: None, ..record("uid") }), None)),
        ),
        (
            "the resource only observes, and an annotation names x1, which users may adopt",
            observed(may_confirm(asking("x1", &[requested("x1")]))),
        ),
        ("the resource only observes x1, whose spec has changed", observed(drift())),
        ("the situation above, and the record says so", noted(observed(drift()))),
        ("the situation above, and the resource is managed again", noted(drift())),
        ("the resource only observes, and x2 has its name, too", {
            let twin = Entry { created: Some(900_000), ..entry("x2") };
            noted(observed(Case { listing: Some(list(900, &[entry("x1"), twin])), ..settled() }))
        }),
        (
            "the code does not match the record, x1 was renamed and assigned, and another live resource has an authentic record of it",
            assigned(claimed_too(with_authenticity(shows(settled()), Authenticity::Mismatch))),
        ),
        (
            "the code does not match the record any more, this process has used x1, and another live resource has an authentic record of it",
            used(shows(settled())),
        ),
        (
            "the record was written in another cluster, x1 has a name without a uid, and a user who may confirms the claim",
            confirmed(elsewhere()),
        ),
        (
            "the record was written in another cluster, and the configuration assigns x1",
            assigned(elsewhere()),
        ),
        ("the resource is deleted, and only observed", deleted(observed(settled()))),
        ("the resource is deleted, protected, and only observed", {
            let protection = Some(DeletionProtection::Resource);
            deleted(observed(Case { protection, ..settled() }))
        }),
        ("the value of `management` is unknown", noted(unclear(drift()))),
        ("the resource is deleted, and the value of `management` is unknown", deleted(unclear(settled()))),
    ]
}

/// A user may have written the time of the first attempt, by which other add-ons count as superfluous.
#[test]
fn forged_record_makes_no_other_add_on_superfluous() {
    let own = Entry { created: Some(900_000), ..entry("x2") };
    let shown = list(900, &[Entry { name_matches: false, ..entry("x1") }, own]);
    let mut case = may_confirm(with_authenticity(settled(), Authenticity::Unsigned));
    (case.resource.confirmed.claim, case.listing) = (Some("x1".to_owned()), Some(shown));
    let Step::Write(claimed) = planned(&case).step else { panic!("{:?}", planned(&case)) };
    assert_eq!(claimed.ids, Some(ids("x1")));

    case.resource.record = ObservedRecord::Ours(claimed);
    case.resource.authenticity = Authenticity::Authentic;
    let plan = planned(&case);
    assert_eq!(
        (&plan.reason, &plan.step),
        (&Reason::Duplicate, &Step::Rest { until: Some(Duration::from_secs(1500)) })
    );
}

/// Another cluster may still use what was recorded there, whatever its name is: it outlives the resource.
#[test]
fn add_on_of_before_stays_after_the_adoption_is_agreed_to() {
    let before = Entry { created: Some(900_000), ..entry("x2") };
    let mut case = noted(Case { listing: Some(list(900, &[entry("x1"), before])), ..settled() });
    case.resource.confirmed.apply = Some("x1".to_owned());
    let Step::Write(agreed) = planned(&case).step else { panic!("{:?}", planned(&case)) };
    assert_eq!(agreed.adopted, None);

    case.resource.record = ObservedRecord::Ours(agreed);
    let plan = planned(&case);
    assert_eq!(
        (&plan.reason, matches!(plan.step, Step::Rest { .. })),
        (&Reason::Duplicate, true),
        "{plan:?}"
    );
}

#[test]
fn add_on_of_another_cluster_is_kept_until_it_is_transferred() {
    let (_, case) =
        adoptions().into_iter().find(|(name, _)| name.ends_with("and the configuration assigns x1")).unwrap();
    let Step::Write(claimed) = planned(&case).step else { panic!("{:?}", planned(&case)) };
    let mut case = deleted(Case {
        resource: Resource { record: ObservedRecord::Ours(claimed), ..case.resource.clone() },
        ..case
    });
    assert!(
        matches!(planned(&case).step, Step::RemoveFinalizer(Some(record)) if record.released == Some(Release::Retained))
    );
    case = transferred(case);
    assert_eq!(planned(&case).step, Step::Delete(ids("x1")));
}

/// An earlier attempt at another place says nothing about the add-on that is adopted here.
#[test]
fn adopted_add_on_is_recorded_where_it_was_listed() {
    let refused = adoptions().into_iter().find(|(name, _)| name.ends_with("was refused before"));
    let Step::Write(adopted) = planned(&refused.unwrap().1).step else { panic!("no record") };
    assert_eq!((adopted.endpoint.as_str(), adopted.first, adopted.adopted), ("https://cloud", None, Some(3)));
}
