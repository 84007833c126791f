//! Reads one YAML file into its values and the position of each.

use crate::catalog::document::{Document, Place, Places, pointer_part};
use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use serde_yaml::options::DuplicateKeyPolicy;
use serde_yaml::{Location, Spanned};

use crate::catalog::node;
use crate::catalog::problems::Problems;
use crate::catalog::{Code, Problem, Source};
use crate::yaml::{Node, as_written};

/// Reads one file. When a key is written twice, reports it and uses the first value, so that the rest is
/// still checked. Reports each number that is read as another text than the file has.
pub(super) fn read(source: &Source, problems: &mut Problems) -> Option<Document> {
    let node = parse(source, DuplicateKeyPolicy::Error).or_else(|error| {
        problems.add(unreadable(source, &error));
        parse(source, DuplicateKeyPolicy::FirstWins)
    });
    let node = node.ok()?;
    let mut reader = Reader { text: &source.text, places: BTreeMap::new(), unquoted: Vec::new() };
    let value = reader.value(node, "", None);
    let Reader { places, unquoted, .. } = reader;
    let document = Document { path: source.path.clone(), value, places };
    for Unquoted { pointer, is_key, message, help } in unquoted {
        let found = node::Node::root(&document).at_pointer(&pointer);
        let found = if is_key { found.key() } else { found };
        problems.refuse(Code::UnquotedNumber, &found, message, help);
    }
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

/// Reads the values of a file, and notes their positions.
struct Reader<'a> {
    text: &'a str,
    places: BTreeMap<String, Places>,
    unquoted: Vec<Unquoted>,
}

/// Number without quotes whose text in the file differs from the value that is read.
struct Unquoted {
    pointer: String,
    is_key: bool,
    message: String,
    help: String,
}

impl Reader<'_> {
    fn value(&mut self, node: Spanned<Node>, pointer: &str, key: Option<Place>) -> Value {
        self.places.insert(pointer.to_owned(), Places { key, value: place(&node.referenced) });
        match node.value {
            Node::Plain(value) => {
                self.unquoted.extend(self.inexact_value(&value, &node.defined, pointer));
                value
            }
            Node::List(elements) => {
                let one = |(index, element)| self.value(element, &format!("{pointer}/{index}"), None);
                Value::Array(elements.into_iter().enumerate().map(one).collect())
            }
            Node::Map(entries) => {
                let one = |(key, value): (Spanned<String>, Spanned<Node>)| {
                    let below = format!("{pointer}/{}", pointer_part(&key.value));
                    self.unquoted.extend(self.inexact_key(&key.defined, &below));
                    let value = self.value(value, &below, Some(place(&key.referenced)));
                    (key.value, value)
                };
                Value::Object(entries.into_iter().map(one).collect::<Map<_, _>>())
            }
        }
    }

    fn inexact_value(&self, value: &Value, defined: &Location, pointer: &str) -> Option<Unquoted> {
        let Value::Number(number) = value else { return None };
        let written = as_written(self.text, defined).filter(|written| is_plain(written))?;
        let read = shown(number);
        (written != read).then(|| Unquoted {
            pointer: pointer.to_owned(),
            is_key: false,
            message: format!("`{written}` is read as the number {read}"),
            help: format!("Write `\"{written}\"` with quotes for a text, or `{read}` for a number."),
        })
    }

    /// A key is a text here, so `1.10` and `1.1` differ. Other programs read both as one number.
    fn inexact_key(&self, defined: &Location, pointer: &str) -> Option<Unquoted> {
        let written = as_written(self.text, defined).filter(|written| is_plain(written))?;
        let number = number(written)?;
        let is_whole = number.is_i64() || number.is_u64();
        (!is_whole || written != shown(&number)).then(|| Unquoted {
            pointer: pointer.to_owned(),
            is_key: true,
            message: format!("the key `{written}` is a number without quotes, but a key is a text"),
            help: format!("Write `\"{written}\"` with quotes."),
        })
    }
}

/// Returns true for a scalar without quotes.
fn is_plain(written: &str) -> bool {
    !written.starts_with(['"', '\''])
}

/// Returns the number that YAML reads, if the text without quotes is one.
fn number(written: &str) -> Option<Number> {
    let could_be = written.starts_with(|first: char| first.is_ascii_digit() || ".+-".contains(first));
    match serde_yaml::from_str::<Node>(written).ok().filter(|_| could_be)? {
        Node::Plain(Value::Number(number)) => Some(number),
        Node::Plain(_) | Node::List(_) | Node::Map(_) => None,
    }
}

/// Formats a number without a fraction of zero, which programs that copy the file may leave out.
fn shown(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn place(location: &Location) -> Place {
    let length = usize::try_from(location.span().len()).unwrap_or(1);
    Place {
        line: location.line().max(1) as usize,
        column: location.column().max(1) as usize,
        length: length.max(1),
    }
}
