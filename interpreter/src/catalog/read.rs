//! Reads one YAML file into its values and the position of each.

use crate::catalog::document::{Document, Place, Places, pointer_part};
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use serde_yaml::options::DuplicateKeyPolicy;
use serde_yaml::{Location, Spanned};

use crate::catalog::problems::Problems;
use crate::catalog::{Code, Problem, Source};
use crate::yaml::Node;

/// Reads one file. When a key is written twice, reports it and uses the first value, so that the rest is
/// still checked.
pub(super) fn read(source: &Source, problems: &mut Problems) -> Option<Document> {
    let node = parse(source, DuplicateKeyPolicy::Error).or_else(|error| {
        problems.add(unreadable(source, &error));
        parse(source, DuplicateKeyPolicy::FirstWins)
    });
    let node = node.ok()?;
    let mut document = Document { path: source.path.clone(), ..Document::default() };
    let place = place(&node.referenced);
    document.value = value_of(node.value, &mut document.places, "", Places { key: None, value: place });
    Some(document)
}

fn parse(source: &Source, duplicate_keys: DuplicateKeyPolicy) -> Result<Spanned<Node>, serde_yaml::Error> {
    let options =
        serde_yaml::options! { strict_booleans: true, with_snippet: false, duplicate_keys: duplicate_keys };
    serde_yaml::from_str_with_options(&source.text, options)
}

fn unreadable(source: &Source, error: &serde_yaml::Error) -> Problem {
    let location = error.location().unwrap_or(Location::UNKNOWN);
    let (code, message, help) = if let serde_yaml::Error::DuplicateMappingKey { key, .. } = error {
        let key = key.as_deref().unwrap_or("…");
        (Code::DuplicateKey, format!("`{key}` is written twice"), Some("Remove one of the two.".to_owned()))
    } else {
        (Code::NotYaml, message_of(error), None)
    };
    Problem {
        file: source.path.clone(),
        line: location.line().max(1) as usize,
        column: location.column().max(1) as usize,
        length: 1,
        code,
        severity: code.severity(),
        message,
        help,
    }
}

/// Returns the parser's own message, without the position that the problem shows anyway.
fn message_of(error: &serde_yaml::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    let words =
        line.split_once(": ").filter(|(place, _)| place.contains("line")).map_or(line, |(_, words)| words);
    words.split(" at line ").next().unwrap_or(words).to_owned()
}

fn value_of(node: Node, places: &mut BTreeMap<String, Places>, pointer: &str, at: Places) -> Value {
    places.insert(pointer.to_owned(), at);
    match node {
        Node::Plain(value) => value,
        Node::List(elements) => {
            let one = |(index, element): (usize, Spanned<Node>)| {
                let at = Places { key: None, value: place(&element.referenced) };
                value_of(element.value, places, &format!("{pointer}/{index}"), at)
            };
            Value::Array(elements.into_iter().enumerate().map(one).collect())
        }
        Node::Map(entries) => {
            let one = |(key, value): (Spanned<String>, Spanned<Node>)| {
                let at = Places { key: Some(place(&key.referenced)), value: place(&value.referenced) };
                let below = format!("{pointer}/{}", pointer_part(&key.value));
                (key.value, value_of(value.value, places, &below, at))
            };
            Value::Object(entries.into_iter().map(one).collect::<Map<_, _>>())
        }
    }
}

fn place(location: &Location) -> Place {
    let length = usize::try_from(location.span().len()).unwrap_or(1);
    Place {
        line: location.line().max(1) as usize,
        column: location.column().max(1) as usize,
        length: length.max(1),
    }
}
