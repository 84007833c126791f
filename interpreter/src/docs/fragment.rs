//! Fragments of a real catalog that show the use of a key: whole ones at the top of a file, one-line values
//! further down.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::Source;
use crate::docs::schema_part::{Part, resolve};

/// Maximum length of a value on one line.
const LONGEST_VALUE: usize = 72;
/// Maximum number of lines of a fragment; longer ones are cut.
const MOST_LINES: usize = 16;

/// Returns the lines of a top-level key, and the path of their file.
pub(super) fn at_top(key: &str, sources: &[Source]) -> Option<(String, String)> {
    let found = sources
        .iter()
        .filter_map(|source| Some((lines(key, &source.text)?, source.path.clone())))
        .collect::<Vec<_>>();
    let shortest = found.iter().filter(|(lines, _)| lines.len() > 1).min_by_key(|(lines, _)| lines.len());
    let (lines, path) = shortest.or_else(|| found.first())?;
    let end = if lines.len() <= MOST_LINES { lines.len() } else { whole(lines) };
    let more = if end < lines.len() { "\n  # …" } else { "" };
    Some((lines.get(..end)?.join("\n") + more, path.clone()))
}

fn lines<'a>(key: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let begins = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let mut lines: Vec<&str> = text.lines().skip_while(|line| !begins(line)).collect();
    let below =
        lines.iter().skip(1).take_while(|line| line.is_empty() || line.starts_with([' ', '#'])).count();
    lines.truncate(below + 1);
    while lines.last().is_some_and(|line| line.trim().is_empty() || line.starts_with('#')) {
        lines.pop();
    }
    Some(lines).filter(|lines| !lines.is_empty())
}

/// Returns the number of lines to show, such that no element of the first level is cut, if possible.
fn whole(lines: &[&str]) -> usize {
    let is_first_level =
        |at: &usize| lines.get(*at).is_some_and(|line| line.len() - line.trim_start().len() == 2);
    (4..=MOST_LINES).rev().find(is_first_level).unwrap_or(MOST_LINES)
}

/// Example values by the part of the format and the path in it (`read`, `pages.next`): for each the longest
/// that fits into one line.
#[derive(Default)]
pub(super) struct Values(BTreeMap<(String, String), String>);

impl Values {
    /// Collects the values of these files.
    pub(super) fn of(files: &[(Part, Value)], schema: &Value) -> Self {
        let mut values = Self::default();
        for (part, file) in files {
            values.walk(schema, &part.schema, (&part.name, ""), file);
        }
        values
    }

    /// Returns an example of a key as `key: value`.
    pub(super) fn get(&self, part: &str, path: &str) -> Option<String> {
        let value = self.0.get(&(part.to_owned(), path.to_owned()))?;
        let key = path.rsplit('.').next().filter(|key| !key.starts_with('<'));
        Some(key.map_or_else(|| value.clone(), |key| format!("{}: {value}", key.trim_end_matches("[]"))))
    }

    fn walk(&mut self, schema: &Value, rule: &Value, (part, path): (&str, &str), value: &Value) {
        let target = resolve(schema, rule);
        let (part, path) = target.name.as_deref().map_or((part, path), |name| (name, ""));
        let rule = chosen(schema, &target.rule, value);
        let target = resolve(schema, &rule);
        let (part, path) = target.name.as_deref().map_or((part, path), |name| (name, ""));
        let rule = target.rule;
        match value {
            Value::Object(entries) => self.entries(schema, &rule, (part, path), entries),
            Value::Array(elements) => elements
                .iter()
                .for_each(|element| self.walk(schema, &rule["items"], (part, &format!("{path}[]")), element)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }

    fn entries(
        &mut self,
        schema: &Value,
        rule: &Value,
        (part, path): (&str, &str),
        entries: &Map<String, Value>,
    ) {
        let dot = if path.is_empty() { "" } else { "." };
        for (key, value) in entries {
            let known = rule["properties"].get(key);
            let (rule, name) =
                known.map_or((&rule["additionalProperties"], "<name>"), |rule| (rule, key.as_str()));
            let path = format!("{path}{dot}{name}");
            self.offer(part, &path, value);
            self.walk(schema, rule, (part, &path), value);
        }
    }

    fn offer(&mut self, part: &str, path: &str, value: &Value) {
        let shown = flow(value);
        let longest = self.0.entry((part.to_owned(), path.to_owned())).or_default();
        if shown.chars().count() <= LONGEST_VALUE && shown.chars().count() > longest.chars().count() {
            *longest = shown;
        }
        if longest.is_empty() {
            self.0.remove(&(part.to_owned(), path.to_owned()));
        }
    }
}

/// Returns the alternative that a value uses: a rule of the schema may depend on the presence of a key (`if`,
/// `then`, `else`).
fn chosen(schema: &Value, rule: &Value, value: &Value) -> Value {
    let Some(required) = rule.pointer("/if/required/0").and_then(Value::as_str) else { return rule.clone() };
    if rule.get("properties").is_some() {
        return rule.clone();
    }
    let branch = if value.get(required).is_some() { "then" } else { "else" };
    let target = resolve(schema, &rule[branch]);
    if target.name.is_some() { rule[branch].clone() } else { rule.clone() }
}

/// Formats a value as YAML on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn scalar(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "$./_ -~()^\\+@".contains(letter);
    let duration =
        text.ends_with(['s', 'm', 'h', 'd']) && text.starts_with(|letter: char| letter.is_ascii_digit());
    let first = duration || text.starts_with(|letter: char| letter.is_alphabetic() || "$/^".contains(letter));
    let other = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if first && !other && text.chars().all(plain) && !text.ends_with(' ') {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}
