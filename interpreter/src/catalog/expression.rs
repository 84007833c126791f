//! Expressions of a catalog: `$.…` selects one value, `{{…}}` renders text.
//!
//! Both are parsed once, when the catalog is loaded. This module does not know which names exist at which
//! position.

mod words;

use std::fmt;

use handlebars::template::{Parameter, TemplateElement};
use handlebars::{Context, Handlebars, no_escape};
use jsonpath_rust::parser::model::{JpQuery, Segment, Selector as Step};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Characters to percent-encode: all but the unreserved ones of RFC 3986; a slash is encoded too.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ONLY: &str = "text";

/// Parsed JSONPath (RFC 9535).
#[derive(Clone)]
pub struct Selector {
    source: String,
    query: JpQuery,
}

/// Parsed text with `{{names}}` in it. Two words may precede a name: `{{variable a}}` and
/// `{{rehost url host port}}`.
pub struct Template {
    source: String,
    compiled: Handlebars<'static>,
    names: Vec<Vec<String>>,
}

/// Encoding of rendered values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// No encoding.
    Plain,
    /// Percent-encoded, so that each expression is one segment of a path or one value of a query.
    Segment,
}

/// Failure to parse or to evaluate an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// The text is not a JSONPath.
    #[error("`{0}` is not a valid JSONPath: {1}")]
    NotAPath(String, String),
    /// The text is not a template.
    #[error("`{0}` is not a valid template")]
    NotATemplate(String),
    /// The template contains a block, a partial, triple braces, or a word outside of the closed list. A
    /// template only names values.
    #[error("`{0}` is not a valid template: a template can only name values")]
    TooMuch(String),
    /// The expression selects several values where a single one is needed.
    #[error("`{0}` selects {1} values, but must select one")]
    Many(String, usize),
    /// A name has no value; the template cannot be rendered.
    #[error("`{0}` has no value for `{1}`")]
    Missing(String, String),
}

impl Selector {
    /// Parses a JSONPath.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let query =
            parse_json_path(source).map_err(|e| ExpressionError::NotAPath(source.into(), unexpected(&e)))?;
        Ok(Self { source: source.into(), query })
    }

    /// Returns every selected value, in the order of the document.
    pub fn all<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        js_path_process(&self.query, root)
            .map(|found| found.into_iter().map(|one| one.val()).collect())
            .unwrap_or_default()
    }

    /// Returns the selected value, or `None` when nothing is selected; several values are an error.
    pub(crate) fn one<'a>(&self, root: &'a Value) -> Result<Option<&'a Value>, ExpressionError> {
        let found = self.all(root);
        match found.as_slice() {
            [] => Ok(None),
            [value] => Ok(Some(*value)),
            many => Err(ExpressionError::Many(self.source.clone(), many.len())),
        }
    }

    /// Returns the leading names, `["plan", "id"]` of `$.plan.id`, up to the first part that is not a plain
    /// name.
    pub(crate) fn names(&self) -> Vec<String> {
        self.query.segments.iter().map_while(plain_name).collect()
    }

    /// Returns true when the document shows that nothing is selected, rather than leaving it open: the object or list
    /// in which the value would be is there.
    pub(crate) fn shows_absence(&self, root: &Value) -> bool {
        let segments = &self.query.segments;
        let plain = segments.iter().take_while(|segment| plain_name(segment).is_some()).count();
        let part = |len: usize| Self {
            source: self.source.clone(),
            query: JpQuery { segments: segments.iter().take(len).cloned().collect() },
        };
        let container = part(plain.min(segments.len().saturating_sub(1)));
        let is_there = container.all(root).iter().any(|value| !value.is_null());
        // An element that is there without the value says nothing about it.
        is_there && (plain == segments.len() || part(plain + 1).all(root).is_empty())
    }

    /// Returns the selector without its last part, if it looks for a name at any depth, as `$..addons[*]` does.
    pub(crate) fn above_at_any_depth(&self) -> Option<Self> {
        let is_deep = matches!(self.query.segments.first(), Some(Segment::Descendant(_)));
        let (_, above) =
            self.query.segments.split_last().filter(|(_, above)| is_deep && !above.is_empty())?;
        Some(Self { source: self.source.clone(), query: JpQuery { segments: above.to_vec() } })
    }

    /// Returns the source text.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Selects the whole document.
impl Default for Selector {
    fn default() -> Self {
        Self { source: "$".into(), query: JpQuery { segments: Vec::new() } }
    }
}

/// Renders the empty text.
impl Default for Template {
    fn default() -> Self {
        Self { source: String::new(), compiled: Handlebars::new(), names: Vec::new() }
    }
}

impl Template {
    /// Parses a template that only names values: no block, no partial, and only words of the closed list.
    pub fn parse(source: &str, escape: Escape) -> Result<Self, ExpressionError> {
        let mut compiled = Handlebars::new();
        compiled.set_strict_mode(true);
        words::register(&mut compiled);
        match escape {
            Escape::Plain => compiled.register_escape_fn(no_escape),
            Escape::Segment => compiled.register_escape_fn(encode_segment),
        }
        compiled
            .register_template_string(ONLY, source)
            .map_err(|_| ExpressionError::NotATemplate(source.into()))?;
        let names = named(&compiled).ok_or_else(|| ExpressionError::TooMuch(source.into()))?;
        Ok(Self { source: source.into(), compiled, names })
    }

    /// Renders the text with every name replaced by its value in `root`; a name without a value is an error.
    pub(crate) fn render(&self, root: &Value) -> Result<String, ExpressionError> {
        if let Some(missing) = self.names.iter().find(|name| !has_value(root, name)) {
            return Err(ExpressionError::Missing(self.source.clone(), missing.join(".")));
        }
        let missing =
            |e: handlebars::RenderError| ExpressionError::Missing(self.source.clone(), first_line(&e));
        let context = Context::wraps(root).map_err(missing)?;
        self.compiled.render_with_context(ONLY, &context).map_err(missing)
    }

    /// Returns every name in the template, as path: `["metadata", "uid"]`.
    pub fn names(&self) -> &[Vec<String>] {
        &self.names
    }

    /// Returns the source text.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Two selectors are equal when their source texts are.
impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Selector {}

/// Two templates are equal when their source texts are: the place of a template decides its encoding.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({})", self.source)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.source)
    }
}

/// Encodes a text as one segment of a path or one value of a query; the result cannot become two.
pub(crate) fn encode_segment(text: &str) -> String {
    match text {
        // Clients would resolve these segments as "here" and "above".
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        _ => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

fn plain_name(segment: &Segment) -> Option<String> {
    let Segment::Selector(Step::Name(name)) = segment else { return None };
    Some(name.trim_matches(['\'', '"']).to_owned())
}

/// Returns every name in the template, or `None` when the template does more than name values.
fn named(compiled: &Handlebars<'static>) -> Option<Vec<Vec<String>>> {
    let mut names = Vec::new();
    for element in &compiled.get_template(ONLY)?.elements {
        if matches!(element, TemplateElement::RawString(_)) {
            continue;
        }
        let TemplateElement::Expression(expression) = element else { return None };
        if !expression.hash.is_empty() || !words::takes(expression.name.as_name()?, expression.params.len()) {
            return None;
        }
        let named = if expression.params.is_empty() {
            std::slice::from_ref(&expression.name)
        } else {
            &expression.params
        };
        for name in named {
            names.push(path_of(name)?);
        }
    }
    Some(names)
}

fn path_of(name: &Parameter) -> Option<Vec<String>> {
    let source = name.as_name()?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    source.chars().all(plain).then(|| source.split('.').map(str::to_owned).collect())
}

fn has_value(root: &Value, name: &[String]) -> bool {
    name.iter().try_fold(root, |value, key| value.get(key)).is_some_and(|value| !value.is_null())
}

fn first_line(error: &impl fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Describes the position at which a parser failed. Its own message gives `--> 1:11` for the eleventh
/// character, and little else of use.
fn unexpected(error: &impl fmt::Display) -> String {
    let error = error.to_string();
    let place = error
        .split("--> 1:")
        .nth(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    place.map_or_else(
        || first_line(&error),
        |character| format!("unexpected character at position {character}"),
    )
}
