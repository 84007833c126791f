//! Reads manifests as `kubectl` does: YAML 1.1, converted to the JSON that the API server receives. What the API
//! server refuses is in `catalog::stored`.

use serde_json::{Map, Number, Value};
use serde_yaml::Spanned;
use serde_yaml::options::DuplicateKeyPolicy;

use crate::catalog::{self, Addon};
use crate::yaml::{Node, as_written};

/// From this value on, Go writes a number with an exponent, which the API server does not read as an integer.
const EXPONENT_FROM: f64 = 1e21;

/// A file is not a manifest.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UnreadableManifest(#[from] serde_yaml::Error);

/// Returns a manifest of a kind as the API server stores it.
///
/// # Errors
/// The API server would refuse it: each problem with its path.
pub fn accepted(addon: &Addon, mut manifest: Value) -> Result<Value, Vec<String>> {
    let resource = &addon.resource;
    let versions = resource.versions.iter().map(|version| format!("{}/{version}", resource.group));
    let kind = wrong(&manifest, "kind", std::slice::from_ref(&resource.kind));
    let version = wrong(&manifest, "apiVersion", &versions.collect::<Vec<_>>());
    let name = manifest["metadata"]["name"]
        .as_str()
        .is_none()
        .then(|| "metadata.name: the name is missing".to_owned());
    let mut errors: Vec<_> = kind.into_iter().chain(version).chain(name).collect();
    match catalog::stored(addon, &manifest["spec"]) {
        Ok(spec) => manifest["spec"] = spec,
        Err(misfits) => errors.extend(misfits.into_iter().map(|(path, why)| format!("{path}: {why}"))),
    }
    if errors.is_empty() { Ok(manifest) } else { Err(errors) }
}

fn wrong(manifest: &Value, key: &str, allowed: &[String]) -> Option<String> {
    let wanted = allowed.join(" or ");
    match manifest[key].as_str() {
        Some(actual) if allowed.iter().any(|allowed| allowed == actual) => None,
        Some(actual) => Some(format!("{key}: `{actual}` is not {wanted}")),
        None => Some(format!("{key}: the key is missing; write {wanted}")),
    }
}

/// Returns the documents of a file, without empty ones.
pub fn documents(text: &str) -> Result<Vec<Value>, UnreadableManifest> {
    let documents = parse(text)?;
    let documents = documents.iter().map(|document| json(text, document));
    Ok(documents.filter(|document| !document.is_null()).collect())
}

fn parse(text: &str) -> Result<Vec<Spanned<Node>>, serde_yaml::Error> {
    let options = serde_yaml::options! {
        strict_booleans: false,
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::LastWins
    };
    serde_yaml::from_multiple_with_options(text, options)
}

fn json(text: &str, node: &Spanned<Node>) -> Value {
    match &node.value {
        Node::Plain(Value::Number(number)) => {
            integer(as_written(text, &node.defined).unwrap_or_default(), number)
        }
        Node::Plain(value) => value.clone(),
        Node::List(elements) => elements.iter().map(|element| json(text, element)).collect(),
        Node::Map(entries) => {
            let entry = |(key, value): &(Spanned<String>, Spanned<Node>)| {
                let written = as_written(text, &key.defined).unwrap_or_default();
                (self::key(written, &key.value), json(text, value))
            };
            Value::Object(entries.iter().map(entry).collect::<Map<_, _>>())
        }
    }
}

/// Returns the text of a key. A key without quotes is a value of YAML 1.1 before it becomes a text: `on` is
/// "true", and `021` is "17".
fn key(written: &str, text: &str) -> String {
    let is_plain = !written.starts_with(['"', '\'']);
    let node = parse(written).ok().filter(|_| is_plain).and_then(|mut nodes| nodes.pop());
    match node.map(|node| json(written, &node)) {
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_)) | None => text.to_owned(),
    }
}

/// Returns a number as the API server reads it: `021` is octal, a fraction of zero is no fraction, and what is
/// no 64-bit integer is a floating-point number.
fn integer(written: &str, number: &Number) -> Value {
    if let Some(octal) = octal(written) {
        return octal.into();
    }
    if number.is_i64() {
        return number.clone().into();
    }
    let float = number.as_f64().unwrap_or_default();
    let is_whole = float.fract() == 0.0 && float.abs() < EXPONENT_FROM;
    let whole = Some(float.to_string()).filter(|_| is_whole).and_then(|digits| digits.parse::<i64>().ok());
    whole.map_or_else(|| float.into(), Value::from)
}

/// Returns the value of an octal number of YAML 1.1. Numbers with the digits 8 and 9 are decimal.
fn octal(written: &str) -> Option<i64> {
    let (sign, digits) = match written.strip_prefix(['+', '-']) {
        Some(digits) => (written.get(..1).unwrap_or_default(), digits),
        None => ("", written),
    };
    let digits = digits.replace('_', "");
    let is_octal = digits.starts_with('0') && digits.chars().all(|digit| digit.is_digit(8));
    i64::from_str_radix(&format!("{sign}{digits}"), 8).ok().filter(|_| is_octal)
}
