//! Renders a parsed template, within bounds.

use std::collections::BTreeMap;

use crate::resource::secret_template::parse::listed;
use crate::resource::secret_template::part::{Expression, Part};
use crate::resource::secret_template::words::Word;

/// Maximum length of a value that a template renders, in bytes.
pub const MAX_VALUE_LEN: usize = 64 * 1024;
/// Up to this many names are listed in a message.
const LISTED: usize = 30;

/// Values that a template can name.
#[derive(Clone, Default)]
pub(in crate::resource) struct Values {
    /// The outputs of the add-on, and the keys of its Secret.
    pub(in crate::resource) outputs: BTreeMap<String, String>,
    /// The connection; `None` for an entry that the cloud does not return.
    pub(in crate::resource) connection: BTreeMap<String, Option<String>>,
}

/// Renders a template. The error names no value.
pub(in crate::resource) fn render(parts: &[Part], values: &Values) -> Result<String, String> {
    let mut rendered = String::new();
    append(parts, values, &mut rendered)?;
    Ok(rendered)
}

fn append(parts: &[Part], values: &Values, rendered: &mut String) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => push(text, rendered)?,
            Part::Value(expression) => push(&values.of(expression)?, rendered)?,
            Part::Choice { condition, then, otherwise } => {
                let value = values.optional(condition)?.unwrap_or_default();
                let is_set = !matches!(value.as_str(), "" | "false" | "0");
                append(if is_set { then } else { otherwise }, values, rendered)?;
            }
        }
    }
    Ok(())
}

fn push(text: &str, rendered: &mut String) -> Result<(), String> {
    if rendered.len() + text.len() > MAX_VALUE_LEN {
        return Err(too_long());
    }
    rendered.push_str(text);
    Ok(())
}

fn too_long() -> String {
    format!("the value would have more than {MAX_VALUE_LEN} bytes: shorten the template")
}

impl Values {
    /// Returns a value that must be there.
    fn of(&self, expression: &Expression) -> Result<String, String> {
        match self.optional(expression)? {
            Some(value) => Ok(value),
            None => Err(self.missing(expression)),
        }
    }

    /// Returns a value; `None` if the cloud does not return it. The values of words are bounded, because words can
    /// be nested and each makes its value longer.
    fn optional(&self, expression: &Expression) -> Result<Option<String>, String> {
        let (word, arguments) = match expression {
            Expression::Literal(text) => return Ok(Some(text.clone())),
            Expression::Output(name) => return Ok(self.outputs.get(name).cloned()),
            Expression::Connection(name) => return Ok(self.connection.get(name).cloned().flatten()),
            Expression::Call(word, arguments) => (*word, arguments),
        };
        let first = match (arguments.first(), word) {
            (Some(value), Word::Default) => self.optional(value)?.unwrap_or_default(),
            (Some(value), _) => self.of(value)?,
            (None, _) => String::new(),
        };
        let second = arguments.get(1).map_or(Ok(String::new()), |value| self.of(value))?;
        if first.len() > MAX_VALUE_LEN {
            return Err(too_long());
        }
        let applied = word.apply(&first, &second);
        if applied.len() > MAX_VALUE_LEN { Err(too_long()) } else { Ok(Some(applied)) }
    }

    fn missing(&self, expression: &Expression) -> String {
        match expression {
            Expression::Connection(name) => format!(
                "the cloud does not return `connection.{name}` for this add-on: leave it out, or write `{{{{default connection.{name} \"…\"}}}}`"
            ),
            Expression::Output(name) => format!("there is no `outputs.{name}`: {}", self.known()),
            Expression::Literal(_) | Expression::Call(..) => "a value is missing".to_owned(),
        }
    }

    /// Returns a sentence with the names of the outputs.
    pub(in crate::resource) fn known(&self) -> String {
        let names = listed(self.outputs.keys().take(LISTED));
        match self.outputs.len() {
            0 => "the add-on has no outputs".to_owned(),
            1..=LISTED => format!("the add-on has {names}"),
            _ => format!("the add-on has {names} and others"),
        }
    }
}
