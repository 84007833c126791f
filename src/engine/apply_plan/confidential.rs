//! Confidential fields: the values of a manifest that a plan does not show, because they may be secret.

use interpreter::catalog::Addon;
use interpreter::resource::confidential_paths;
use serde_json::{Deserializer, Value};

use crate::cluster::Refusal;

/// Words before a value in the messages of the API server, such as `Invalid value: "x": must be longer`.
const BEFORE_VALUE: &str = " value: ";
/// Words that stand for a value.
const NOT_SHOWN: &str = "(not shown, because it may be secret)";

/// Returns true when a value at this path contains a confidential one, or is a part of one.
pub(super) fn touches(addon: &Addon, path: &[&str]) -> bool {
    relates(addon, path, |_| true)
}

/// Returns true when the path is that of a confidential field, or below it.
fn is_inside(addon: &Addon, path: &[&str]) -> bool {
    relates(addon, path, |secret| path.len() > secret.len())
}

fn relates(addon: &Addon, path: &[&str], also: impl Fn(&[String]) -> bool) -> bool {
    path.split_first().is_some_and(|(root, below)| {
        let is_along = |secret: &[String]| secret.iter().zip(below).all(|(one, other)| one == other);
        *root == "spec" && confidential_paths(addon).any(|secret| is_along(secret) && also(secret))
    })
}

/// Returns the words of the API server's refusal, without values of confidential fields.
pub(super) fn refusal(addon: &Addon, status: &Refusal) -> String {
    let causes: Vec<_> = status.details.iter().flat_map(|details| &details.causes).collect();
    let is_touched = causes.iter().any(|cause| touches(addon, &parts(&cause.field)));
    let named = |secret: &[String]| status.message.contains(&format!("spec.{}", secret.join(".")));
    let is_named = confidential_paths(addon).any(named);
    if !is_touched && !is_named {
        return status.message.clone();
    }
    if causes.is_empty() {
        return format!("{} {NOT_SHOWN}", status.reason);
    }
    let words = causes.iter().map(|cause| match touches(addon, &parts(&cause.field)) {
        true => format!("{}: {}", cause.field, without_value(&cause.message)),
        false => format!("{}: {}", cause.field, cause.message),
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Returns a problem that the catalog finds, as `path: problem`, without the value of a confidential field.
pub(super) fn problem(addon: &Addon, error: String) -> String {
    match error.split_once(": ") {
        Some((path, _)) if is_inside(addon, &parts(path)) => {
            format!("{path}: the catalog does not accept the value {NOT_SHOWN}")
        }
        Some(_) | None => error,
    }
}

/// Returns the parts of a path such as `spec.users[0].name`. An index is a part of its own.
fn parts(path: &str) -> Vec<&str> {
    path.split(['.', '[']).collect()
}

/// Returns a message of the API server without the value that it quotes.
fn without_value(message: &str) -> String {
    let Some((before, quoted)) = message.split_once(BEFORE_VALUE) else { return message.to_owned() };
    let mut values = Deserializer::from_str(quoted).into_iter::<Value>();
    let is_read = values.next().is_some_and(|value| value.is_ok());
    // A value that cannot be read has no known end.
    let after = quoted.get(values.byte_offset()..).filter(|_| is_read).unwrap_or_default();
    format!("{before} value {NOT_SHOWN}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_is_left_out() {
        for (message, expected) in [
            (
                r#"Invalid value: "a: \"b": too long"#,
                "Invalid value (not shown, because it may be secret): too long",
            ),
            ("Invalid value: 7: too large", "Invalid value (not shown, because it may be secret): too large"),
            ("Invalid value: {\"a\":1}: no", "Invalid value (not shown, because it may be secret): no"),
            ("Invalid value: map[a:b]: no", "Invalid value (not shown, because it may be secret)"),
            ("Required value", "Required value"),
        ] {
            assert_eq!(without_value(message), expected);
        }
    }
}
