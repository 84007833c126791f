//! A configuration file as a flat list of keys with their values and lines, from any of three formats. Does
//! not know what the keys mean.

use std::fmt;
use std::path::Path;

use interpreter::yaml;
use serde_json::Value;
use serde_yaml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::problem::Problem;

/// The file formats, recognised by the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.yaml` or `.yml`
    Yaml,
    /// `.json`
    Json,
}

/// A source that has been parsed; its keys are not validated yet.
#[derive(Debug, Clone)]
pub struct Document {
    /// Name in problems: the path, or the object's kind, namespace and name.
    pub(crate) name: String,
    pub(super) entries: Vec<Entry>,
}

/// A key with its value. The value may be a secret: `Debug` does not show it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    pub(super) leaf: Leaf,
}

/// Value of a key.
#[derive(Clone)]
pub(super) enum Leaf {
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Leaf>),
    /// A boolean.
    Flag,
    /// A value of another type, by its name in messages.
    Other(&'static str),
}

enum Node {
    Table(Vec<(String, usize, Node)>),
    Leaf(Leaf),
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.path.join("."))
    }
}

/// Reads a file in the format that its extension names.
pub(super) fn read(path: &Path) -> Result<Document, Problem> {
    let name = path.display().to_string();
    let problem = |message: String, help: &str| Problem {
        source: name.clone(),
        line: None,
        message,
        help: help.into(),
    };
    let format = match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => Format::Toml,
        Some("yaml" | "yml") => Format::Yaml,
        Some("json") => Format::Json,
        Some(_) | None => {
            return Err(problem(
                "the format of this file is unknown".into(),
                "rename it to end in `.toml`, `.yaml` or `.json`",
            ));
        }
    };
    let help = "make it a file that this process can read, remove it, or choose another with `--config FILE`";
    let text =
        std::fs::read_to_string(path).map_err(|error| problem(format!("cannot be read: {error}"), help))?;
    Document::parse(&name, &text, format)
}

impl Document {
    /// Parses a text; `name` is its name in problems.
    pub fn parse(name: &str, text: &str, format: Format) -> Result<Self, Problem> {
        let root = match format {
            Format::Toml => from_toml(text),
            Format::Yaml => from_yaml(text),
            Format::Json => from_json(text),
        };
        let node = root.map_err(|(line, message)| {
            let default = (message, format!("correct the {}; write each value in quotes", format.name()));
            let (message, help) = line
                .and_then(|line| without_quotes(text, line))
                .filter(|_| format == Format::Toml)
                .unwrap_or(default);
            Problem { source: name.to_owned(), line, message, help }
        })?;
        let mut entries = Vec::new();
        flatten(&mut entries, Vec::new(), 1, node);
        entries.sort_by_key(|entry| entry.line);
        Ok(Self { name: name.to_owned(), entries })
    }
}

impl Leaf {
    /// Returns the name of the type in messages.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Flag => "a boolean",
            Self::Other(what) => what,
        }
    }
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        }
    }
}

/// Line and message of a parse error. Parsers like to quote the offending line, which may hold a secret here.
type ParseError = (Option<usize>, String);

/// Longest key that is shown in a message.
const MAX_KEY_LEN: usize = 20;

/// Returns message and help for a line of TOML whose value has no quotes, as copied from a manual.
fn without_quotes(text: &str, line: usize) -> Option<(String, String)> {
    let (key, value) = text.lines().nth(line.checked_sub(1)?)?.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    // Encoded text may contain `=` too: the part before it is then a part of a secret, and rarely short and
    // without a digit.
    let ordinary = |letter: char| letter.is_ascii_alphabetic() || "-_.".contains(letter);
    if key.is_empty()
        || key.len() > MAX_KEY_LEN
        || value.is_empty()
        || value.starts_with('=')
        || !key.chars().all(ordinary)
        || value.contains(['"', '\'', '[', '{'])
    {
        return None;
    }
    let what = if value.starts_with('<') {
        "still has a placeholder as its value"
    } else {
        "has a value without quotes"
    };
    Some((format!("`{key}` {what}"), format!("write `{key} = \"…\"`, with the value between the quotes")))
}

fn from_toml(text: &str) -> Result<Node, ParseError> {
    let line_of = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().map(|span| line_of(span.start)), error.message().to_owned()))?;
    Ok(toml_table(table.into_inner(), &line_of))
}

fn toml_table(table: DeTable<'_>, line_of: &dyn Fn(usize) -> usize) -> Node {
    let children = table.into_iter().map(|(key, value)| {
        let line = line_of(key.span().start);
        (key.into_inner().into_owned(), line, toml_value(value.into_inner(), line_of))
    });
    Node::Table(children.collect())
}

fn toml_value(value: DeValue<'_>, line_of: &dyn Fn(usize) -> usize) -> Node {
    if let DeValue::Table(table) = value { toml_table(table, line_of) } else { Node::Leaf(toml_leaf(value)) }
}

fn toml_leaf(value: DeValue<'_>) -> Leaf {
    match value {
        DeValue::Table(_) => Leaf::Other("a table"),
        DeValue::String(text) => Leaf::Text(text.into_owned()),
        DeValue::Integer(_) | DeValue::Float(_) => Leaf::Other("a number"),
        DeValue::Boolean(_) => Leaf::Flag,
        DeValue::Datetime(_) => Leaf::Other("a date"),
        DeValue::Array(items) => {
            Leaf::List(items.into_iter().map(|item| toml_leaf(item.into_inner())).collect())
        }
    }
}

fn from_yaml(text: &str) -> Result<Node, ParseError> {
    let options = serde_yaml::options! { strict_booleans: true, with_snippet: false };
    let node: Option<yaml::Node> = serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        (line, without_position(&error.without_snippet().to_string()))
    })?;
    Ok(node.map_or(Node::Table(Vec::new()), yaml_value))
}

fn yaml_value(node: yaml::Node) -> Node {
    match node {
        yaml::Node::Map(entries) => {
            let child = |(key, value): (Spanned<String>, Spanned<yaml::Node>)| {
                let line = usize::try_from(key.referenced.line()).unwrap_or_default();
                (key.value, line, yaml_value(value.value))
            };
            Node::Table(entries.into_iter().map(child).collect())
        }
        yaml::Node::List(items) => {
            let item = |item: Spanned<yaml::Node>| match yaml_value(item.value) {
                Node::Leaf(leaf) => leaf,
                Node::Table(_) => Leaf::Other("a table"),
            };
            Node::Leaf(Leaf::List(items.into_iter().map(item).collect()))
        }
        yaml::Node::Plain(Value::String(text)) => Node::Leaf(Leaf::Text(text)),
        yaml::Node::Plain(Value::Bool(_)) => Node::Leaf(Leaf::Flag),
        yaml::Node::Plain(Value::Null) => Node::Leaf(Leaf::Text(String::new())),
        yaml::Node::Plain(Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Node::Leaf(Leaf::Other("a number"))
        }
    }
}

/// Reads JSON as YAML, because no JSON parser reports lines, and every JSON text is a YAML text. Refuses text
/// that is YAML only.
fn from_json(text: &str) -> Result<Node, ParseError> {
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| (Some(error.line()), without_position(&error.to_string())))?;
    from_yaml(text)
}

/// Returns a parser's message without the position, which is shown before it, and without advice on calling
/// the parser.
fn without_position(message: &str) -> String {
    let end = [" at line ", ", set "].iter().filter_map(|tail| message.find(tail)).min();
    message.get(..end.unwrap_or(message.len())).unwrap_or(message).to_owned()
}

fn flatten(entries: &mut Vec<Entry>, path: Vec<String>, line: usize, node: Node) {
    match node {
        Node::Leaf(leaf) => entries.push(Entry { path, line, leaf }),
        Node::Table(children) if children.is_empty() => {
            entries.push(Entry { path, line, leaf: Leaf::Other("an empty table") })
        }
        Node::Table(children) => {
            for (key, line, child) in children {
                flatten(entries, path.iter().cloned().chain([key]).collect(), line, child);
            }
        }
    }
}
