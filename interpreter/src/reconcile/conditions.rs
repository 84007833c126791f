//! Conditions of a resource in the form that kstatus and `kubectl wait` expect. Pure functions.

use serde_json::{Map, Value, json};

use crate::plan::{Plan, Standing};

/// Maximum number of characters of a message; longer ones are cut, because they are read in a terminal.
const MAX_MESSAGE_LEN: usize = 1024;

/// Type of the condition that tells from the first day that a deletion keeps the add-on.
const RETAINED_ON_DELETION: &str = "RetainedOnDeletion";

/// Types of the conditions that the operator writes.
pub(super) const TYPES: [&str; 5] = ["Ready", "Available", "Reconciling", "Stalled", RETAINED_ON_DELETION];

/// Returns the conditions for a plan.
///
/// `Ready` and `Available` are always present; `Reconciling` and `Stalled` only while they are true, as
/// kstatus requires, and `RetainedOnDeletion`. A condition whose status is the same as in `before` keeps its `lastTransitionTime`.
pub(super) fn conditions(plan: &Plan, generation: i64, before: &[Value], now: &str) -> Vec<Value> {
    let standing = plan.reason.standing();
    let ready = status(standing == Standing::Ready);
    let mut all = vec![("Ready", ready), ("Available", status(plan.available))];
    match standing {
        Standing::Ready => (),
        Standing::Reconciling => all.push(("Reconciling", status(true))),
        Standing::Stalled => all.push(("Stalled", status(true))),
    }
    if plan.retention.is_some() {
        all.push((RETAINED_ON_DELETION, status(true)));
    }
    let condition = |(kind, status): (&str, &str)| {
        let old = before.iter().find(|old| old["type"] == kind && old["status"] == status);
        let since = old.and_then(|old| old["lastTransitionTime"].as_str()).unwrap_or(now);
        json!({
            "type": kind,
            "status": status,
            "reason": reason(kind, status, plan),
            "message": message(kind, plan),
            "observedGeneration": generation,
            "lastTransitionTime": since,
        })
    };
    all.into_iter().map(condition).collect()
}

/// True when two statuses are equal apart from `lastTransitionTime`.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    timeless(one) == timeless(other)
}

fn status(holds: bool) -> &'static str {
    if holds { "True" } else { "False" }
}

/// `Available` has reasons of its own: it may be true while the resource is not ready.
fn reason(kind: &str, status: &str, plan: &Plan) -> String {
    match (kind, status, plan.retention) {
        ("Available", "True", _) => "Available".to_owned(),
        ("Available", ..) => "Unavailable".to_owned(),
        (RETAINED_ON_DELETION, _, Some(retention)) => retention.name().to_owned(),
        _ => plan.reason.to_string(),
    }
}

fn message(kind: &str, plan: &Plan) -> String {
    let because = match (kind, plan.retention) {
        ("Available", _) => return String::new(),
        (RETAINED_ON_DELETION, Some(retention)) => {
            return format!(
                "if this resource is deleted, its add-on stays at the cloud: {}",
                retention.because()
            );
        }
        _ => &plan.because,
    };
    match because.char_indices().nth(MAX_MESSAGE_LEN) {
        Some((end, _)) => format!("{}…", because.get(..end).unwrap_or(because)),
        None => because.to_owned(),
    }
}

fn timeless(status: &Value) -> Value {
    let mut status = status.clone();
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten().filter_map(Value::as_object_mut) {
        Map::remove(condition, "lastTransitionTime");
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Location, Reason, State, Step};

    fn plan(reason: Reason) -> Plan {
        Plan {
            state: State::Settled,
            step: Step::Rest { until: None },
            because: "the reason why".into(),
            reason,
            at: Location::default(),
            available: true,
            retention: None,
        }
    }

    fn summary(reason: Reason) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        conditions(&plan(reason), 3, &[], "now")
            .iter()
            .map(|one| (text(&one["type"]), text(&one["status"])))
            .collect()
    }

    #[test]
    fn what_is_ready_is_neither_reconciling_nor_stalled() {
        let expected = [("Ready", "True"), ("Available", "True")]
            .map(|(kind, status)| (kind.to_owned(), status.to_owned()));
        assert_eq!(summary(Reason::InSync), expected);
    }

    #[test]
    fn what_only_a_person_can_help_is_stalled_and_not_ready() {
        let summary = summary(Reason::NotOffered);
        assert!(summary.contains(&("Stalled".into(), "True".into())));
        assert!(summary.contains(&("Ready".into(), "False".into())));
        assert!(!summary.iter().any(|(kind, _)| kind == "Reconciling"));
    }

    #[test]
    fn a_condition_keeps_the_time_since_which_it_holds() {
        let before = conditions(&plan(Reason::InSync), 3, &[], "then");
        let after = conditions(&plan(Reason::InSync), 4, &before, "now");
        assert_eq!(after[0]["lastTransitionTime"], "then");
        let changed = conditions(&plan(Reason::Changing), 4, &before, "now");
        assert_eq!(changed[0]["lastTransitionTime"], "now");
    }

    #[test]
    fn statuses_that_differ_in_their_times_alone_are_the_same() {
        let status = |now| json!({ "conditions": conditions(&plan(Reason::InSync), 3, &[], now) });
        assert!(same(&status("then"), &status("now")));
    }
}
