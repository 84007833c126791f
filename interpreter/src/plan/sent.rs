//! Values of the spec that the operator has sent, as the record remembers them: the cloud does not show each of
//! them, and a field may be removed from the spec. Not here: which fields are remembered, and their comparison.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Remembered values, by field, as messages write it: `spec.size`.
pub type Sent = BTreeMap<String, SentValue>;

/// Remembered value of one field. A value that has neither form is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentValue {
    /// The value, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The digest of a value that may be secret, made with a key of the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The operator did not send the value: the spec had it when the add-on was adopted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assumed: bool,
}

/// Values to remember for the current spec. `None` where the kind has no field whose value is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The values of the spec that a creation sends.
    pub created: Option<Sent>,
    /// The values of the spec.
    pub current: Option<Sent>,
    /// The values that the record remembers once the add-on is compared with this spec and is in sync.
    pub noted: Option<Sent>,
}

/// Returns the values of a new attempt. The effect of an earlier attempt may still show, so a value in which
/// both differ is only assumed.
pub(crate) fn attempted(before: Option<&Sent>, sends: Sent) -> Sent {
    let Some(before) = before else { return sends };
    let differs = |field: &String, value: &SentValue| before.get(field) != Some(value);
    sends
        .into_iter()
        .map(|(field, value)| {
            let assumed = value.assumed || differs(&field, &value);
            (field, SentValue { assumed, ..value })
        })
        .collect()
}

/// Returns the values that are certainly sent.
pub(crate) fn certain(sent: &Sent) -> Sent {
    let certain = |(field, value): (&String, &SentValue)| {
        (field.clone(), SentValue { assumed: false, ..value.clone() })
    };
    sent.iter().map(certain).collect()
}

/// Returns true when both have the same values, sent or assumed.
pub fn is_same_sent(one: Option<&Sent>, other: Option<&Sent>) -> bool {
    let values = |sent: Option<&Sent>| sent.map(certain);
    values(one) == values(other)
}
