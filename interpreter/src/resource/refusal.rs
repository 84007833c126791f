//! Why a spec cannot be had, in words that say what is wrong, where, and what to write instead.

use std::fmt;

use serde_json::Value;

use crate::catalog::{Expression, Field};
use crate::exchange::{quotable, text};

/// As many names are listed in full, the nearest first; of more, the nearest few.
const LISTED: usize = 8;
const NEAREST: usize = 5;

/// A spec that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// In one word.
    pub reason: Objection,
    /// What is wrong, where, and what to write instead.
    pub message: String,
}

impl Refused {
    /// Several as one, if there are any. What is malformed weighs more than what is not offered.
    pub(super) fn all(refusals: Vec<Self>) -> Option<Self> {
        let malformed = refusals.iter().find(|refused| refused.reason == Objection::InvalidSpec);
        let reason = malformed.or_else(|| refusals.first())?.reason;
        let messages: Vec<_> = refusals.into_iter().map(|refused| refused.message).collect();
        Some(Self { reason, message: messages.join(" ") })
    }
}

/// Why a spec cannot be had, in one word; the planner has the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// Something is missing or malformed.
    InvalidSpec,
    /// It is well-formed, but not to be had today.
    NotOffered,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidSpec => "InvalidSpec",
            Self::NotOffered => "NotOffered",
        })
    }
}

/// The field as a user writes it: `spec.instance.plan`.
pub(super) fn place(field: &Field) -> String {
    format!("spec.{}", field.path.join("."))
}

/// A required field that has no value. Where a default could come from the configuration, both places are named.
pub(super) fn missing(field: &Field) -> Refused {
    if field.path.is_empty() {
        let message =
            format!("This kind cannot be had today: nothing that is offered can be its {}.", field.shared.as_deref().unwrap_or("value"));
        return Refused { reason: Objection::NotOffered, message };
    }
    let elsewhere = match &field.default {
        Some(Expression::Select(selector)) => configured(&selector.names()),
        Some(_) | None => None,
    };
    let place = place(field);
    let message = match elsewhere {
        Some(name) => {
            format!("`{place}` is missing: write it there, or `{name}` into the operator's configuration, as the default for all.")
        }
        None => format!("`{place}` is missing: {}", field.description),
    };
    Refused { reason: Objection::InvalidSpec, message }
}

/// A value of another type than the field has.
pub(super) fn mistyped(field: &Field) -> Refused {
    let message = format!("`{}` must be one value, not a list or an object.", place(field));
    Refused { reason: Objection::InvalidSpec, message }
}

/// An expression that has no value for this resource.
pub(super) fn valueless(what: &str, error: &impl fmt::Display) -> Refused {
    Refused { reason: Objection::InvalidSpec, message: format!("{what} cannot be made of this spec: {error}.") }
}

/// A value that is none of those that may be written.
pub(super) fn not_allowed(field: &Field, written: &Value, allowed: &[Value]) -> Refused {
    let names: Vec<_> = allowed.iter().filter_map(text).collect();
    let message = format!("`{}` is `{}`: write {}.", place(field), shown(written), instead(&shown(written), &names));
    Refused { reason: Objection::InvalidSpec, message }
}

/// A value that cannot be had today.
pub(super) fn not_offered(field: &Field, written: &Value, what: &str, offered: &[String]) -> Refused {
    let written = shown(written);
    let message = match (field.path.is_empty(), offered.is_empty()) {
        (true, _) => format!("This kind always has the {what} `{written}`, which is not offered today."),
        (false, true) => format!("`{}` is `{written}`, but no {what} is offered to this account today.", place(field)),
        (false, false) => {
            format!("`{}` is `{written}`, and no such {what} is offered: write {}.", place(field), instead(&written, offered))
        }
    };
    Refused { reason: Objection::NotOffered, message }
}

/// A value as a message shows it; a long one is cut.
pub(super) fn shown(value: &Value) -> String {
    text(value).map_or_else(|| "null".into(), |text| quotable(&text))
}

/// What may be written instead, the nearest first: `a`, `b` or `c`.
fn instead(written: &str, names: &[String]) -> String {
    let mut nearest: Vec<_> = names.iter().collect();
    nearest.sort_by(|a, b| distance(written, a).total_cmp(&distance(written, b)));
    if names.len() > LISTED {
        nearest.truncate(NEAREST);
    }
    let mut quoted: Vec<_> = nearest.iter().map(|name| format!("`{}`", quotable(name))).collect();
    let more = names.len() - nearest.len();
    let last = if more > 0 { Some(format!("one of {more} others")) } else { quoted.pop() };
    match (quoted.is_empty(), last) {
        (true, last) => last.unwrap_or_else(|| "nothing".into()),
        (false, last) => format!("{} or {}", quoted.join(", "), last.unwrap_or_default()),
    }
}

/// How far apart two names are: numbers by their difference, words by the letters that differ.
fn distance(written: &str, name: &str) -> f64 {
    match (written.parse::<f64>(), name.parse::<f64>()) {
        (Ok(written), Ok(number)) => (written - number).abs(),
        (Ok(_), Err(_)) => f64::INFINITY,
        (Err(_), _) => 1.0 - strsim::normalized_damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()),
    }
}

fn configured(names: &[String]) -> Option<String> {
    let (root, name) = names.split_first()?;
    (root == "config" && !name.is_empty()).then(|| name.join("."))
}
