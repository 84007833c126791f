//! Refusals of a spec: messages that name the problem, the field, and the values to write instead.

use std::fmt;

use serde_json::Value;

use crate::catalog::{Expression, Field};
use crate::exchange::{quotable, text};
use crate::plan::Reason;

/// Up to this many names are listed in full, the nearest first; of more names, only the nearest few.
const LISTED: usize = 8;
const NEAREST: usize = 5;

/// Refusal of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason, for conditions and metrics.
    pub reason: Reason,
    /// The problem, the field, and the values to write instead.
    pub message: String,
}

impl Refused {
    /// Merges refusals into one, if there are any. A malformed value outweighs one that is not offered.
    pub(super) fn all(refusals: Vec<Self>) -> Option<Self> {
        let malformed = refusals.iter().find(|refused| refused.reason == Reason::InvalidSpec);
        let reason = malformed.or_else(|| refusals.first())?.reason;
        let messages: Vec<_> = refusals.into_iter().map(|refused| refused.message).collect();
        Some(Self { reason, message: messages.join(" ") })
    }
}

/// Returns the field as a user writes it: `spec.instance.plan`.
pub(super) fn place(field: &Field) -> String {
    format!("spec.{}", field.path.join("."))
}

/// Refuses a required field without a value. If a default could come from the configuration, both places are
/// named.
pub(super) fn missing(field: &Field) -> Refused {
    if field.path.is_empty() {
        let message = format!(
            "The cloud offers no {} for this kind today.",
            field.shared.as_deref().unwrap_or("value")
        );
        return Refused { reason: Reason::NotOffered, message };
    }
    let elsewhere = match &field.default {
        Some(Expression::Select(selector)) => configured(&selector.names()),
        Some(_) | None => None,
    };
    let place = place(field);
    let message = match elsewhere {
        Some(name) => {
            format!(
                "`{place}` is missing: set it, or set `{name}` in the operator's configuration as the default for all resources."
            )
        }
        None => format!("`{place}` is missing: {}", field.description),
    };
    Refused { reason: Reason::InvalidSpec, message }
}

/// Refuses a value of another type than the field has.
pub(super) fn mistyped(field: &Field) -> Refused {
    let message = format!("`{}` must be one value, not a list or an object.", place(field));
    Refused { reason: Reason::InvalidSpec, message }
}

/// Refuses an expression that has no value for this resource.
pub(super) fn valueless(what: &str, error: &impl fmt::Display) -> Refused {
    Refused { reason: Reason::InvalidSpec, message: format!("{what} has no value for this spec: {error}.") }
}

/// Refuses a value that is not permitted.
pub(super) fn not_allowed(field: &Field, written: &Value, allowed: &[Value]) -> Refused {
    let names: Vec<_> = allowed.iter().filter_map(text).collect();
    let message =
        format!("`{}` is `{}`: write {}.", place(field), shown(written), instead(&shown(written), &names));
    Refused { reason: Reason::InvalidSpec, message }
}

/// Refuses a value that is not offered now.
pub(super) fn not_offered(field: &Field, written: &Value, what: &str, offered: &[String]) -> Refused {
    let written = shown(written);
    let message = match (field.path.is_empty(), offered.is_empty()) {
        (true, _) => {
            format!("This kind always has the {what} `{written}`, which the cloud does not offer today.")
        }
        (false, true) => {
            format!(
                "`{}` is `{written}`, but the cloud offers no {what} to this account today.",
                place(field)
            )
        }
        (false, false) => {
            format!(
                "`{}` is `{written}`, but the cloud offers no such {what}: write {}.",
                place(field),
                instead(&written, offered)
            )
        }
    };
    Refused { reason: Reason::NotOffered, message }
}

/// Formats a value for a message; a long value is cut.
pub(super) fn shown(value: &Value) -> String {
    text(value).map_or_else(|| "null".into(), |text| quotable(&text))
}

/// Lists the values to write instead, the nearest first: `a`, `b` or `c`.
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

/// Distance of two names: numbers by their difference, words by the letters that differ.
fn distance(written: &str, name: &str) -> f64 {
    match (written.parse::<f64>(), name.parse::<f64>()) {
        (Ok(written), Ok(number)) => (written - number).abs(),
        (Ok(_), Err(_)) => f64::INFINITY,
        (Err(_), _) => {
            1.0 - strsim::normalized_damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase())
        }
    }
}

fn configured(names: &[String]) -> Option<String> {
    let (root, name) = names.split_first()?;
    (root == "config" && !name.is_empty()).then(|| name.join("."))
}
