//! An add-on that differs from a spec with which it was in sync, and the values that a record remembers.

use super::*;

/// Differences of an add-on in sync with generation 3, each with its policy.
fn drifted(changes: &[(&str, DriftPolicy, Remedy)]) -> Case {
    let changes = changes.iter().map(|(field, drift, remedy)| {
        let what = "the add-on has large, the spec asks for small";
        let observed = Some("large".to_owned());
        Difference { drift: *drift, observed, edited: false, ..difference(field, what, remedy.clone()) }
    });
    Case { desired_state: clear(changes.collect()), ..settled() }
}

fn plan_only(policy: DriftPolicy) -> Case {
    drifted(&[("spec.plan", policy, Remedy::Once("migration".to_owned()))])
}

fn confirmed(mut case: Case, value: &str) -> Case {
    case.resource.confirmed.drift = Some(value.to_owned());
    case
}

fn edited(mut case: Case, field: &str) -> Case {
    if let DesiredState::Clear { changes, .. } = &mut case.desired_state {
        changes.iter_mut().filter(|change| change.field == field).for_each(|change| change.edited = true);
    }
    case
}

fn recorded(mut case: Case, record: Record) -> Case {
    case.resource.record = ObservedRecord::Ours(record);
    case
}

/// A spec whose values are these, with those in the record.
fn remembering(sends: &str, noted: &str, recorded: Option<&str>) -> Case {
    let values = |text: &str| -> Sent { serde_json::from_str(text).unwrap() };
    let mut case = settled();
    case.desired_state = DesiredState::Clear {
        stateful: true,
        observation: Observation::Needless,
        changes: Vec::new(),
        ignored: Vec::new(),
        unverified: Vec::new(),
        remembered: Remembered {
            created: Some(values(sends)),
            current: Some(values(sends)),
            noted: Some(values(noted)),
        },
    };
    case.resource.record = ObservedRecord::Ours(Record { sent: recorded.map(values), ..record("uid") });
    case
}

fn unverified() -> Case {
    let mut case = settled();
    if let DesiredState::Clear { unverified, .. } = &mut case.desired_state {
        unverified.push("The cloud does not show `spec.locale`, so the operator cannot tell whether the add-on has the value in the spec.".to_owned());
    }
    case
}

/// Situations of drift and memory.
pub(super) fn situations() -> Vec<(&'static str, Case)> {
    use DriftPolicy::{Correct, Ignore, Report};
    let migration = || Remedy::Once("migration".to_owned());
    let tune = || Remedy::Repeatable("tune".to_owned());
    let both = || drifted(&[("spec.plan", Report, migration()), ("spec.mode", Report, tune())]);
    let shared = || drifted(&[("spec.plan", Report, migration()), ("spec.region", Report, migration())]);
    let agreed = |mut case: Case| {
        case.resource.confirmed.apply = Some("x1".to_owned());
        recorded(case, Record { adopted: Some(3), ..record("uid") })
    };
    let never = || Remedy::Immutable("Restore it.".to_owned());
    let mut restored = plan_only(Report);
    let former = Record { uid: "former".to_owned(), ..record("former") };
    restored.resource.record = ObservedRecord::Foreign(former);
    restored.resource.authenticity = Authenticity::Authentic;
    let values = r#"{ "spec.locale": { "digest": "k.1" } }"#;
    let mut sent = remembering(values, values, Some("{}"));
    let change = Change {
        name: "tune".to_owned(),
        fields: vec!["spec.locale".to_owned()],
        sent: serde_json::from_str(values).unwrap(),
    };
    sent.memory.outcome(&Step::Change(change), &StepOutcome::Done, at(990));
    vec![
        ("another client changed the plan, and the policy is `report`", plan_only(Report)),
        ("another client changed the plan, and the policy is `correct`", plan_only(Correct)),
        ("another client changed the plan, and the policy is `ignore`", plan_only(Ignore)),
        (
            "the plan differs after an edit of it, and the policy is `report`",
            edited(plan_only(Report), "spec.plan"),
        ),
        (
            "the plan drifted, and another field with a request of its own was edited",
            edited(both(), "spec.mode"),
        ),
        (
            "the plan drifted, and a field that the same request sets was edited",
            edited(shared(), "spec.region"),
        ),
        ("the plan drifted and is to be ignored, and a field that the same request sets was edited", {
            let ignored = [("spec.plan", Ignore, migration()), ("spec.region", Report, migration())];
            edited(drifted(&ignored), "spec.region")
        }),
        ("an adopted add-on differs, and the user agrees to apply the spec", agreed(plan_only(Report))),
        ("the situation above, in sync", agreed(settled())),
        (
            "a confirmation of a drift was used, and the add-on is in sync",
            confirmed(settled(), "1:spec.plan=large"),
        ),
        (
            "the same drift again, with the confirmation of the first one",
            confirmed(
                recorded(plan_only(Report), Record { confirmed_drifts: 1, ..record("uid") }),
                "1:spec.plan=large",
            ),
        ),
        (
            "a drift is confirmed with the value that is overwritten",
            confirmed(plan_only(Report), "1:spec.plan=large"),
        ),
        (
            "a drift is confirmed, and the value has changed since",
            confirmed(plan_only(Report), "1:spec.plan=huge"),
        ),
        (
            "two fields drifted, and only the one to correct has a change of its own",
            drifted(&[("spec.plan", Report, migration()), ("spec.mode", Correct, tune())]),
        ),
        (
            "two fields drifted, and one request sets both",
            drifted(&[("spec.plan", Report, migration()), ("spec.region", Correct, migration())]),
        ),
        (
            "two fields drifted, and a confirmation names both",
            confirmed(
                drifted(&[("spec.plan", Report, migration()), ("spec.region", Report, migration())]),
                "1:spec.plan=large,spec.region=large",
            ),
        ),
        (
            "another client changed a field that cannot change back",
            drifted(&[("spec.zone", Report, never())]),
        ),
        (
            "a field that cannot change back drifted, and the policy is `ignore`",
            drifted(&[("spec.zone", Ignore, never())]),
        ),
        ("a backup was restored whose spec differs from the add-on", restored),
        ("the values of an adopted add-on were not noted yet", remembering(values, values, None)),
        ("the values of the spec are the recorded ones", remembering(values, values, Some(values))),
        ("a change that is safe to repeat has sent a hidden value", sent),
        ("the cloud does not show a value of the spec", unverified()),
    ]
}
