//! Compiles the small texts of the format: selections, templates, tests, durations, patterns.

use std::time::Duration;

use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use crate::catalog::expression::{Escape, ExpressionError, Selector, Template};
use crate::catalog::names::{Names, Unknown, suggest};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Code, Expected, Expression, Test};

/// Names that are known at a position, and words whose value is fixed when the catalog is loaded.
#[derive(Debug, Clone, Default)]
pub(in crate::catalog) struct Scope {
    /// Known names.
    pub(in crate::catalog) names: Names,
    /// Value of `{{provider}}` inside a selection.
    pub(in crate::catalog) provider: String,
    /// Value of `{{kind}}` inside a selection.
    pub(in crate::catalog) kind: String,
}

impl Scope {
    /// Returns the scope for reading an answer at this position.
    pub(in crate::catalog) fn answer(&self) -> Self {
        Self { names: Names::of_an_answer(), ..self.clone() }
    }

    /// Returns the scope for one element at this position.
    pub(in crate::catalog) fn element(&self) -> Self {
        Self { names: self.names.with_element(), ..self.clone() }
    }
}

/// Returns true when a text is a selection.
pub(in crate::catalog) fn selects(text: &str) -> bool {
    text == "$" || text.starts_with("$.") || text.starts_with("$[")
}

/// Compiles a selection.
pub(in crate::catalog) fn selector(node: &Node, scope: &Scope, problems: &mut Problems) -> Selector {
    selector_of(node.text().unwrap_or_default(), node, scope, problems)
}

/// Compiles a selection, if it is written.
pub(in crate::catalog) fn maybe_selector(
    node: &Node,
    scope: &Scope,
    problems: &mut Problems,
) -> Option<Selector> {
    node.exists().then(|| selector(node, scope, problems))
}

/// Compiles a template.
pub(in crate::catalog) fn template(
    node: &Node,
    escape: Escape,
    scope: &Scope,
    problems: &mut Problems,
) -> Template {
    template_of(node.text().unwrap_or_default(), escape, node, scope, problems)
}

/// Compiles a template that is a part of a node's text.
pub(super) fn template_of(
    text: &str,
    escape: Escape,
    node: &Node,
    scope: &Scope,
    problems: &mut Problems,
) -> Template {
    let template = match Template::parse(text, escape) {
        Ok(template) => template,
        Err(error) => {
            problems.report(
                Code::NotATemplate,
                node,
                error.to_string(),
                "Write `{{name}}` or `{{name.below}}`, without blocks or other helpers than `variable` and `rehost`.",
            );
            return Template::default();
        }
    };
    for path in template.names() {
        if let Err(unknown) = scope.names.renders(path) {
            report(&unknown, node, problems);
        }
    }
    template
}

/// Compiles a value: a selection, a template, a composition of these, or a literal.
pub(in crate::catalog) fn expression(node: &Node, scope: &Scope, problems: &mut Problems) -> Expression {
    match node.value() {
        Value::String(text) if selects(text) => Expression::Select(selector(node, scope, problems)),
        Value::String(text) if text.contains("{{") => {
            Expression::Render(template(node, Escape::Plain, scope, problems))
        }
        Value::Array(_) => Expression::List(
            node.elements().iter().map(|element| expression(element, scope, problems)).collect(),
        ),
        Value::Object(object) if object.contains_key("each") && object.contains_key("as") => {
            Expression::Each {
                each: selector(&node.at("each"), scope, problems),
                shape: Box::new(expression(&node.at("as"), &scope.element(), problems)),
            }
        }
        Value::Object(_) => Expression::Object(
            node.entries()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), expression(&value, scope, problems)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Expression::Literal(node.value().clone())
        }
    }
}

/// Compiles a condition: selections, each with its expected value.
pub(in crate::catalog) fn test(node: &Node, scope: &Scope, problems: &mut Problems) -> Test {
    let one = |(written, value): (&str, Node)| {
        let selector = selector_of(written, &value.key(), scope, problems);
        (selector, expected(&value, problems))
    };
    Test { all: node.entries().into_iter().map(one).collect() }
}

/// Compiles a duration; returns the default when none is written.
pub(in crate::catalog) fn duration(node: &Node, otherwise: Duration, problems: &mut Problems) -> Duration {
    let Some(text) = node.text() else { return otherwise };
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let total = seconds.zip(number.parse::<u32>().ok()).map(|(seconds, number)| seconds * u64::from(number));
    match total {
        Some(total) if (1..=31 * 86_400).contains(&total) => Duration::from_secs(total),
        _ => {
            let help = "Write a duration between `1s` and `31d`, such as `30s`, `10m` or `2h`.";
            problems.report(Code::NotADuration, node, format!("`{text}` is not a valid duration"), help);
            otherwise
        }
    }
}

/// Reports a name that is not known at this position.
pub(super) fn report(unknown: &Unknown, node: &Node, problems: &mut Problems) {
    match unknown {
        Unknown::Name { written, nearest, known } => {
            let help = match nearest {
                Some(name) => format!("Did you mean `{name}`?"),
                None => suggest("", known.iter().map(String::as_str)),
            };
            problems.report(Code::UnknownName, node, format!("unknown name `{written}`"), help);
        }
        Unknown::NotHere { written, why } => {
            problems.report(Code::NameNotHere, node, format!("`{written}` is not known here"), sentence(why));
        }
        Unknown::Unfinished { written, known } => {
            let known: Vec<_> = known.iter().map(|name| format!("`{written}.{name}`")).collect();
            let message = format!("`{written}` is an object and cannot be rendered as text");
            let help = format!("Use one of {}.", known.join(", "));
            problems.report(Code::RendersAnObject, node, message, help);
        }
    }
}

fn selector_of(text: &str, node: &Node, scope: &Scope, problems: &mut Problems) -> Selector {
    let certain = match certain(text, scope) {
        Ok(certain) => certain,
        Err(error) => {
            let help = "Inside a selection, use only `{{provider}}` and `{{kind}}`.";
            problems.report(Code::NotASelector, node, error.to_string(), help);
            return Selector::default();
        }
    };
    match Selector::parse(&certain) {
        Ok(selector) => {
            if let Err(unknown) = scope.names.selects(&selector.names()) {
                report(&unknown, node, problems);
            }
            selector
        }
        Err(error) => {
            let help = "Write a JSONPath (RFC 9535), such as `$.plan.id`.";
            problems.report(Code::NotASelector, node, error.to_string(), help);
            Selector::default()
        }
    }
}

/// Renders the provider and the kind in a selection: both are fixed when the catalog is loaded.
fn certain(text: &str, scope: &Scope) -> Result<String, ExpressionError> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    Template::parse(text, Escape::Plain)?.render(&json!({ "provider": scope.provider, "kind": scope.kind }))
}

fn expected(node: &Node, problems: &mut Problems) -> Expected {
    let Some((source, flags)) = node.text().and_then(|text| text.strip_prefix('/')?.rsplit_once('/')) else {
        return Expected::Value(node.value().clone());
    };
    match RegexBuilder::new(source).case_insensitive(flags == "i").build() {
        Ok(pattern) if matches!(flags, "" | "i") => Expected::Pattern(pattern),
        Ok(_) => {
            let help = "The only flag is `i`, which ignores case.";
            problems.report(Code::NotAPattern, node, format!("unknown flag `{flags}` of a pattern"), help);
            Expected::Value(node.value().clone())
        }
        Err(error) => {
            let message = format!("`{source}` is not a valid regular expression");
            problems.report(Code::NotAPattern, node, message, last_line(&error.to_string()));
            Expected::Value(node.value().clone())
        }
    }
}

/// Checks a regular expression and returns its source, as the schema of a CRD writes it.
pub(super) fn pattern(node: &Node, problems: &mut Problems) -> Option<String> {
    let source = node.text()?;
    if let Err(error) = Regex::new(source) {
        let message = format!("`{source}` is not a valid regular expression");
        problems.report(Code::NotAPattern, node, message, last_line(&error.to_string()));
    }
    Some(source.to_owned())
}

fn last_line(text: &str) -> String {
    sentence(text.lines().last().unwrap_or_default().trim_start_matches("error: "))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
