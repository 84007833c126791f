//! Comparison of an add-on with its spec: with what the cloud shows, and with what was sent where it shows nothing.

use serde_json::Value;

use crate::catalog::{Addon, Field, FieldType};
use crate::plan::{Difference, Remedy, Remembered, Sent, SentValue};
use crate::resource::desire::{Desired, Wanted};
use crate::resource::difference::{Seen, difference, drift, is_wanted, remedy, seen, written};
use crate::resource::refusal::{place, shown};
use crate::resource::sent::{
    Digests, NoDigests, Recall, created, current, is_public, is_remembered, recall, sent,
};

/// Comparison of an add-on with its spec.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The drift.
    pub differences: Vec<Difference>,
    /// A sentence for each field that cannot be compared, because nothing shows its value.
    pub unverified: Vec<String>,
    /// A sentence for each field that was removed from the spec while the add-on keeps its value.
    pub removed: Vec<String>,
    /// The values to remember.
    pub remembered: Remembered,
}

/// Sources of a comparison other than the spec.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// A context with `listed` and the reads.
    pub root: &'a Value,
    /// The values that the record remembers; `None` before any were noted.
    pub recorded: Option<&'a Sent>,
    /// The digests of remembered values.
    pub digests: &'a dyn Digests,
}

/// Compares the add-on with its spec. A value that the cloud does not show is compared with the one that was sent;
/// a read that was not made yet leaves its fields out. No message shows a confidential value.
pub fn compare(addon: &Addon, desired: &Desired, sources: &Sources<'_>) -> Comparison {
    let Sources { root, recorded, digests } = *sources;
    let mut comparison = Comparison::default();
    let mut noted = Sent::new();
    let fields = addon.fields.iter().filter(|field| !field.path.is_empty());
    for field in fields {
        let wanted = desired.wanted.iter().find(|wanted| wanted.path == field.path);
        let before = recorded.and_then(|recorded| recorded.get(&place(field)));
        let seen = seen(field, root);
        let remembers = is_remembered(addon, field);
        let note = match (wanted, seen) {
            (Some(wanted), Seen::Value(observed)) if is_wanted(field, wanted, &observed) => {
                let is_same = matches!(recall(field, wanted, recorded, digests), Some(Recall::Same));
                // A digest by an older key stays: it says the same.
                let fresh = || sent(addon, field, wanted, digests);
                Some(before.filter(|_| is_same).cloned().unwrap_or_else(fresh))
            }
            (Some(wanted), Seen::Value(observed)) => {
                let edited = !matches!(recall(field, wanted, recorded, digests), Some(Recall::Same));
                let difference = difference(addon, field, wanted, (&observed, root));
                comparison.differences.push(Difference { edited, ..difference });
                before.cloned()
            }
            (Some(_), Seen::Unread) => before.cloned(),
            (Some(wanted), Seen::Unknown) if remembers => {
                let assumed = || SentValue { assumed: true, ..sent(addon, field, wanted, digests) };
                match recall(field, wanted, recorded, digests) {
                    Some(Recall::Same) => before.cloned(),
                    None => Some(assumed()),
                    Some(Recall::Unknown) => {
                        comparison.unverified.push(unverified(field, wanted));
                        // Noted with a known key, so that the next edit is noticed.
                        Some(assumed())
                    }
                    Some(Recall::Other(sent)) => {
                        comparison.differences.push(from_sent(addon, field, wanted, sent.as_ref()));
                        before.cloned()
                    }
                }
            }
            (Some(wanted), Seen::Unknown) => {
                if field.observed.is_some() {
                    comparison.unverified.push(unverified(field, wanted));
                }
                None
            }
            (None, seen) => {
                let kept = before.filter(|_| !seen.is_absent(field)).cloned();
                let is_ignored = desired.ignored.iter().any(|ignored| ignored.path == field.path);
                let has_value = |kept: &&SentValue| kept.value.is_some() || kept.digest.is_some();
                let removed = kept.as_ref().filter(has_value).filter(|_| !is_ignored);
                comparison.removed.extend(removed.map(|kept| removed_from(addon, field, kept, &seen)));
                // What an adopted add-on has is not known, also if the spec is silent.
                let unknown = || SentValue { assumed: true, ..SentValue::default() };
                kept.or_else(|| (recorded.is_none() && seen == Seen::Unknown).then(unknown))
            }
        };
        noted.extend(note.filter(|_| remembers).map(|note| (place(field), note)));
    }
    let current = current(addon, desired, digests);
    comparison.remembered = Remembered {
        created: current.as_ref().map(|current| created(addon, current)),
        noted: current.as_ref().map(|_| noted),
        current,
    };
    comparison
}

/// Returns the drift of every field that `root` shows, a context with `listed` and the reads. Values that it does not
/// show are not compared.
pub fn differences(addon: &Addon, desired: &Desired, root: &Value) -> Vec<Difference> {
    compare(addon, desired, &Sources { root, recorded: None, digests: &NoDigests }).differences
}

/// Returns the difference from the value that was sent last: `None` if none was, and null if it is not known here.
fn from_sent(addon: &Addon, field: &Field, wanted: &Wanted, sent: Option<&Value>) -> Difference {
    let said = |value: &Value| format!("`{}`", shown(value));
    let public = is_public(addon, field).then(|| said(&wanted.wire));
    let asks =
        public.map_or_else(|| "the spec has one".to_owned(), |value| format!("the spec asks for {value}"));
    let what = match sent.filter(|sent| !sent.is_null()) {
        Some(sent) => format!("the operator sent {}, {asks}", said(sent)),
        None if sent.is_some() => "the operator sent another value than the spec has now".to_owned(),
        None => format!("the add-on was created without a value, {asks}"),
    };
    let place = place(field);
    let remedy = match (sent, &field.changes, &wanted.refused) {
        (None, None, None) => Remedy::Immutable(format!(
            "`{place}` cannot be changed after creation: remove it, or create a new resource."
        )),
        _ if field.observed.is_some() && !may_be_sent_blindly(addon, field) => Remedy::None(format!(
            "The cloud does not show `{place}` now, so the operator cannot tell whether a change is needed, and sends none."
        )),
        _ => remedy(addon, field, wanted, sent.filter(|sent| !sent.is_null())),
    };
    Difference { field: place, what, observed: None, edited: true, drift: drift(field, &remedy), remedy }
}

/// Returns true when a change of the field may be sent without knowing the value that the add-on has.
fn may_be_sent_blindly(addon: &Addon, field: &Field) -> bool {
    field.changes.as_ref().is_none_or(|changes| {
        let is_repeatable = addon.changes.get(&changes.by).is_some_and(|change| change.repeatable);
        changes.only.is_none() && is_repeatable
    })
}

fn unverified(field: &Field, wanted: &Wanted) -> String {
    let place = place(field);
    let doubt = match matches!(field.kind, FieldType::Boolean) {
        true => format!("it is `{}`", shown(&wanted.written)),
        false => "the add-on has the value in the spec".to_owned(),
    };
    format!("The cloud does not show `{place}`, so the operator cannot tell whether {doubt}.")
}

fn removed_from(addon: &Addon, field: &Field, kept: &SentValue, seen: &Seen) -> String {
    let value = match seen {
        Seen::Value(observed) => Some(observed),
        Seen::Unread | Seen::Unknown => kept.value.as_ref(),
    };
    let value = value.filter(|_| is_public(addon, field));
    let value = value.map_or_else(|| "its value".to_owned(), |value| format!("`{}`", written(field, value)));
    format!(
        "`{}` was removed from the spec, and the add-on keeps {value}: write it again, or another value.",
        place(field)
    )
}
