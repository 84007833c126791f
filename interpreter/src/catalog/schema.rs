//! Schema of the catalog format, enforced: reports each violation at its position, with a correction.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::catalog::Code;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;

/// JSON Schema of a catalog file, which editors read too.
pub const SCHEMA: &str = include_str!("../../../catalog/catalog.schema.json");

/// Keywords of JSON Schema that a CustomResourceDefinition cannot express, with the substitute.
const SUBSTITUTES: [(&str, &str); 15] = [
    ("const", "Write `oneOf` with one value."),
    ("enum", "Write `oneOf`."),
    ("if", "Write `unless`, or split the field in two."),
    ("then", "Write `unless`, or split the field in two."),
    ("else", "Write `unless`, or split the field in two."),
    ("allOf", "Write all rules directly in this field."),
    ("anyOf", "Write one type, with `oneOf` for its values."),
    ("not", "Write `pattern` or `oneOf` with the allowed values."),
    ("uniqueItems", "Write `keys` with the fields that identify an element, or use a map."),
    ("items", "Write `of`."),
    ("properties", "Write `fields`."),
    ("additionalProperties", "Write `type: map` and `of`."),
    ("patternProperties", "Write `type: map` and `of`."),
    ("required", "Fields are required unless they are `optional: true`."),
    ("format", "Write `pattern`."),
];

static PARSED: LazyLock<Option<(Value, Validator)>> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).ok()?;
    let validator = jsonschema::validator_for(&schema).ok()?;
    Some((schema, validator))
});

/// Kind of a catalog file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// API of a cloud.
    Api,
    /// Add-on of an API.
    Addon,
}

impl FileKind {
    /// Returns the kind of a file. An add-on names its API too, so the file is one even when its own name is
    /// missing.
    pub(super) fn of(root: &Node) -> Option<Self> {
        if root.at("addon").exists() || root.at("resource").exists() {
            return Some(Self::Addon);
        }
        root.at("api").exists().then_some(Self::Api)
    }

    /// Returns the key that holds the entry's name.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Addon => "addon",
        }
    }
}

/// Checks the shape of a file.
pub(super) fn check(root: &Node, problems: &mut Problems) {
    if FileKind::of(root).is_none() {
        let help = "Begin an API with `api: <name>`, and an add-on with `addon: <name>`.";
        problems.refuse(Code::NeitherApiNorAddon, root, "the file is neither an API nor an add-on", help);
        return;
    }
    let Some((schema, validator)) = PARSED.as_ref() else { return };
    for error in validator.iter_errors(root.value()) {
        let violation = Violation {
            schema,
            node: root.at_pointer(error.instance_path().as_str()),
            rule: rule(schema, &error),
            error: &error,
        };
        violation.explain(problems);
    }
}

/// Returns true when a JSON Schema accepts a value.
pub(crate) fn takes(schema: &Value, value: &Value) -> bool {
    jsonschema::validator_for(schema).is_ok_and(|validator| validator.is_valid(value))
}

/// Violation of the schema: the written value, and the broken rule with its neighbours.
struct Violation<'a> {
    schema: &'a Value,
    node: Node<'a>,
    rule: &'a Value,
    error: &'a ValidationError<'a>,
}

impl Violation<'_> {
    fn explain(&self, problems: &mut Problems) {
        match self.error.kind().keyword() {
            "additionalProperties" => self.unknown_keys(problems),
            "required" => self.missing_key(problems),
            "type" => self.wrong_type(problems),
            "enum" | "const" => self.not_allowed(problems),
            "propertyNames" => self.malformed_key(problems),
            "not" => problems.refuse(
                Code::UnknownKey,
                &self.node.at("version").key(),
                "`version` and `versions` exclude each other",
                "Remove one of the two.",
            ),
            _ => problems.refuse(Code::Malformed, &self.node, self.message(), self.help()),
        }
    }

    fn unknown_keys(&self, problems: &mut Problems) {
        let known: Vec<&str> = self.rule["properties"]
            .as_object()
            .into_iter()
            .flat_map(|known| known.keys().map(String::as_str))
            .collect();
        let is_field = known.contains(&"maxLength");
        for (key, value) in self.node.entries().into_iter().filter(|(key, _)| !known.contains(key)) {
            match SUBSTITUTES.iter().find(|(name, _)| is_field && *name == key) {
                Some((_, instead)) => {
                    let message = format!("a CustomResourceDefinition cannot express `{key}`");
                    problems.refuse(Code::NotInACrd, &value.key(), message, *instead);
                }
                None => problems.refuse(
                    Code::UnknownKey,
                    &value.key(),
                    format!("unknown key `{key}`"),
                    suggest(key, known.clone()),
                ),
            }
        }
    }

    /// Reports a missing key without refusing its object: the neighbouring keys are valid and are checked
    /// further.
    fn missing_key(&self, problems: &mut Problems) {
        let ValidationErrorKind::Required { property } = self.error.kind() else { return };
        let key = property.as_str().unwrap_or_default();
        let help = described(&self.rule["properties"][key], self.schema);
        problems.report(Code::MissingKey, &self.node, format!("`{key}` is missing"), help);
    }

    fn wrong_type(&self, problems: &mut Problems) {
        let types = &self.rule["type"];
        let types = types.as_array().map_or_else(|| std::slice::from_ref(types), Vec::as_slice);
        let wanted = types.iter().filter_map(Value::as_str).map(type_name).collect::<Vec<_>>().join(" or ");
        let message = format!("the value is {}, but must be {wanted}", kind_of(self.node.value()));
        problems.refuse(Code::WrongType, &self.node, message, self.help());
    }

    fn not_allowed(&self, problems: &mut Problems) {
        let allowed: Vec<&str> =
            self.rule["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match self.node.text() {
            Some(text) => problems.refuse(
                Code::NotAllowed,
                &self.node,
                format!("`{text}` is not allowed here"),
                suggest(text, allowed),
            ),
            None if self.node.value().is_array() && allowed.contains(&"boolean") => {
                let help = "Write the one type in which requests send the value; users may still write it as a text.";
                let message = "a CustomResourceDefinition cannot express several types for one field";
                problems.refuse(Code::NotInACrd, &self.node, message, help);
            }
            None => problems.refuse(
                Code::NotAllowed,
                &self.node,
                format!("{} is not allowed here", kind_of(self.node.value())),
                suggest("", allowed),
            ),
        }
    }

    fn malformed_key(&self, problems: &mut Problems) {
        let ValidationErrorKind::PropertyNames { error } = self.error.kind() else { return };
        let key = error.instance().as_str().unwrap_or_default().to_owned();
        let message = format!("`{key}` is not a valid key here");
        let help = help_of(rule(self.schema, error));
        problems.refuse(Code::Malformed, &self.node.at(&key).key(), message, help);
    }

    fn message(&self) -> String {
        let limit = |key: &str| self.rule[key].to_string();
        match self.error.kind().keyword() {
            "pattern" => format!("`{}` does not have the required format", self.node.text_or_empty()),
            "minLength" | "minItems" | "minProperties" => "the value is empty".to_owned(),
            "maxLength" => format!("the value is longer than {} characters", limit("maxLength")),
            "minimum" => format!("the value is less than {}", limit("minimum")),
            "maximum" => format!("the value is more than {}", limit("maximum")),
            _ => self.error.to_string(),
        }
    }

    fn help(&self) -> String {
        help_of(self.rule)
    }
}

/// Returns the part of the schema that contains the broken rule.
fn rule<'a>(schema: &'a Value, error: &ValidationError) -> &'a Value {
    let path = error.schema_path().as_str();
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    schema.pointer(above).unwrap_or(&Value::Null)
}

fn help_of(rule: &Value) -> String {
    rule["patternErrorMessage"]
        .as_str()
        .or_else(|| rule["description"].as_str())
        .unwrap_or_default()
        .to_owned()
}

fn described(property: &Value, schema: &Value) -> String {
    let definition =
        || schema.pointer(property["$ref"].as_str()?.strip_prefix('#')?)?["description"].as_str();
    property["description"].as_str().or_else(definition).unwrap_or_default().to_owned()
}

fn type_name(name: &str) -> &str {
    match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "an object",
        _ => "nothing",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
