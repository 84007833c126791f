//! Fields of a spec, one row each: accepted values, default, and meaning.

use crate::catalog::{Addon, Bounds, Expected, Expression, Field, FieldType, OneOf, Test};
use crate::docs::markdown::{code, listed, prose, value};

/// Returns the rows: path, accepted values, default, meaning.
pub(super) fn rows(addon: &Addon) -> Vec<Vec<String>> {
    addon.fields.iter().filter(|field| !field.path.is_empty()).flat_map(|field| of_field(field, "")).collect()
}

/// Returns the path of a field in the spec.
pub(super) fn path(field: &Field) -> String {
    field.path.join(".")
}

/// Describes the condition under which a field is ignored, as a half-sentence.
pub(super) fn where_not(test: &Test) -> String {
    let one = |(selector, expected): &(crate::catalog::expression::Selector, Expected)| {
        let names = selector.names();
        match (names.as_slice(), expected) {
            ([plan, name], Expected::Value(wanted)) if plan == "plan" && *wanted == true => {
                format!("on a {name} plan")
            }
            (_, Expected::Value(wanted)) => format!("where {} is {}", code(selector.source()), value(wanted)),
            (_, Expected::Pattern(pattern)) => {
                format!("where {} matches {}", code(selector.source()), code(pattern.as_str()))
            }
        }
    };
    listed(&test.all.iter().map(one).collect::<Vec<_>>(), "and")
}

fn of_field(field: &Field, above: &str) -> Vec<Vec<String>> {
    let path = format!("{above}{}", path(field));
    let row = vec![code(&path), kind(&field.kind, field.one_of.as_ref()), left_out(field), meaning(field)];
    [vec![row], inner(&field.kind, &path)].concat()
}

/// Returns rows for the fields of objects, including those in lists (`a[].b`) and maps (`a.*.b`).
fn inner(kind: &FieldType, path: &str) -> Vec<Vec<String>> {
    match kind {
        FieldType::Object(fields) => {
            fields.iter().flat_map(|field| of_field(field, &format!("{path}."))).collect()
        }
        FieldType::List { of, .. } => inner(of, &format!("{path}[]")),
        FieldType::Map { of, .. } => inner(of, &format!("{path}.*")),
        FieldType::Text(_) | FieldType::Integer(_) | FieldType::Number(_) | FieldType::Boolean => Vec::new(),
    }
}

fn kind(kind: &FieldType, one_of: Option<&OneOf>) -> String {
    let plain = of_type(kind);
    match one_of {
        Some(OneOf::Values(values)) => {
            let values: Vec<_> = values.iter().map(value).collect();
            format!("{}: {}", plain.split(',').next().unwrap_or_default(), listed(&values, "or"))
        }
        Some(OneOf::Regions | OneOf::Plans | OneOf::Versions) => format!("{plain}; must be on offer"),
        None => plain,
    }
}

fn of_type(kind: &FieldType) -> String {
    match kind {
        FieldType::Text(bounds) => format!("text{}", text_bounds(bounds)),
        FieldType::Integer(bounds) => format!("whole number{}", number_bounds(bounds)),
        FieldType::Number(bounds) => format!("number{}", number_bounds(bounds)),
        FieldType::Boolean => "`true` or `false`".into(),
        FieldType::Map { of, max_items } => {
            format!("map of at most {max_items} names; each value: {}", of_type(of))
        }
        FieldType::List { of, max_items, keys } => {
            let keys: Vec<_> = keys.iter().map(|key| code(key)).collect();
            let apart = if keys.is_empty() {
                String::new()
            } else {
                format!(", identified by {}", listed(&keys, "and"))
            };
            format!("list of at most {max_items}{apart}; each element: {}", of_type(of))
        }
        FieldType::Object(_) => "object".into(),
    }
}

fn text_bounds(bounds: &Bounds) -> String {
    let length = match (bounds.min_length.filter(|least| *least > 0), bounds.max_length) {
        (None, None) => String::new(),
        (None, Some(most)) => format!(", at most {most} characters"),
        (Some(least), None) => format!(", at least {least} characters"),
        (Some(least), Some(most)) => format!(", {least} to {most} characters"),
    };
    let form = bounds.pattern.as_deref().map(|pattern| format!(", matching {}", code(pattern)));
    length + &form.unwrap_or_default()
}

fn number_bounds(bounds: &Bounds) -> String {
    match (bounds.minimum, bounds.maximum) {
        (None, None) => String::new(),
        (None, Some(most)) => format!(", at most {most}"),
        (Some(least), None) => format!(", at least {least}"),
        (Some(least), Some(most)) => format!(", {least} to {most}"),
    }
}

/// Describes the default of a field.
fn left_out(field: &Field) -> String {
    match &field.default {
        None if field.optional => "optional".into(),
        None => "**required**".into(),
        Some(Expression::Literal(literal)) => value(literal),
        Some(Expression::Select(selector)) => match selector.names().as_slice() {
            [config, name] if config == "config" => format!("{} of the configuration", code(name)),
            _ => code(selector.source()),
        },
        Some(Expression::Render(template)) => code(template.source()),
        Some(Expression::List(_) | Expression::Object(_) | Expression::Each { .. }) => "computed".into(),
    }
}

fn meaning(field: &Field) -> String {
    let mut sentences = vec![prose(&field.description)];
    let sent: Vec<_> = field
        .values
        .iter()
        .map(|(written, sent)| format!("{} is sent as {}", code(written), value(sent)))
        .collect();
    if !sent.is_empty() {
        sentences.push(format!("{}.", listed(&sent, "and")));
    }
    if let Some(test) = &field.unless {
        sentences.push(format!("Ignored {}.", where_not(test)));
    }
    sentences.join(" ")
}
