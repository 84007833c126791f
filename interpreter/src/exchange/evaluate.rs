//! Evaluates expressions to typed values.

use serde_json::{Map, Value};

use crate::catalog::Expression;
use crate::catalog::expression::{ExpressionError, Selector, Template};

/// Failure to evaluate an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A name has no value, or a selector finds several where a single one is needed.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// A name refers to a list or an object, but a template needs a text, a number or a boolean.
    #[error("`{source_text}` needs a text for `{name}`, not a list or an object")]
    NotText {
        /// Source of the template.
        source_text: String,
        /// Name in the template.
        name: String,
    },
}

/// Evaluates an expression in `root`; returns `None` when it selects nothing, which omits its field.
pub fn evaluate(expression: &Expression, root: &Value) -> Result<Option<Value>, ValueError> {
    match expression {
        Expression::Literal(value) => Ok(Some(value.clone())),
        Expression::Select(selector) => Ok(selector.one(root)?.cloned()),
        Expression::Render(template) => Ok(Some(Value::String(render(template, root)?))),
        Expression::List(elements) => list(elements, root).map(Some),
        Expression::Object(fields) => object(fields, root).map(Some),
        Expression::Each { each, shape } => for_each(each, shape, root),
    }
}

/// Renders a template in `root`; every name in it must have one value that can be part of a text.
pub fn render(template: &Template, root: &Value) -> Result<String, ValueError> {
    let structured =
        |name: &&Vec<String>| walk(root, name).is_some_and(|value| value.is_object() || value.is_array());
    if let Some(name) = template.names().iter().find(structured) {
        return Err(ValueError::NotText { source_text: template.source().to_owned(), name: name.join(".") });
    }
    Ok(template.render(root)?)
}

/// Returns a value as text: texts, numbers and booleans as such, lists and objects as JSON; null has none.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// Returns the value at a path of plain names.
pub(crate) fn walk<'a>(root: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(root, |value, name| value.get(name))
}

fn list(elements: &[Expression], root: &Value) -> Result<Value, ValueError> {
    let values = elements.iter().filter_map(|element| evaluate(element, root).transpose());
    values.collect::<Result<_, _>>().map(Value::Array)
}

fn object(fields: &[(String, Expression)], root: &Value) -> Result<Value, ValueError> {
    let value = |(name, field): &(String, Expression)| {
        Some(evaluate(field, root).transpose()?.map(|value| (name.clone(), value)))
    };
    fields.iter().filter_map(value).collect::<Result<_, _>>().map(Value::Object)
}

fn for_each(each: &Selector, shape: &Expression, root: &Value) -> Result<Option<Value>, ValueError> {
    let Some(elements) = opened(each, root) else { return Ok(None) };
    // A single copy, in which only the element changes: the context may be as large as all elements together.
    let mut scope = root.clone();
    let mut values = Vec::new();
    for element in elements {
        if let Value::Object(names) = &mut scope {
            names.extend(element);
        }
        values.extend(evaluate(shape, &scope)?);
    }
    Ok(Some(Value::Array(values)))
}

/// Returns the elements that a selector finds, each with its names: `item`, or `key` and `value`.
///
/// A path of plain names refers to a list or a map and is expanded; a path that already selects elements
/// gives exactly these.
pub(crate) fn opened(each: &Selector, root: &Value) -> Option<Vec<Map<String, Value>>> {
    let named = walk(root, &each.names())?;
    if !is_plain(each) {
        return Some(each.all(root).into_iter().map(item).collect());
    }
    match named {
        Value::Array(items) => Some(items.iter().map(item).collect()),
        Value::Object(entries) => Some(entries.iter().map(entry).collect()),
        Value::Null => Some(Vec::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(vec![item(named)]),
    }
}

/// Returns true when a selector is nothing but a path of plain names.
pub(crate) fn is_plain(selector: &Selector) -> bool {
    let leaf = selector
        .names()
        .into_iter()
        .rev()
        .fold(Value::Bool(true), |value, name| Value::Object(Map::from_iter([(name, value)])));
    selector.all(&leaf) == [&Value::Bool(true)]
}

fn item(value: &Value) -> Map<String, Value> {
    Map::from_iter([("item".to_owned(), value.clone())])
}

fn entry((key, value): (&String, &Value)) -> Map<String, Value> {
    Map::from_iter([("key".to_owned(), Value::from(key.as_str())), ("value".to_owned(), value.clone())])
}
