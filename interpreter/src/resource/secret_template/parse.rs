//! Parses a template with the grammar of handlebars, and accepts only the closed list of parts.

use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use serde_json::Value;

use crate::resource::secret_template::part::{Expression, Part};
use crate::resource::secret_template::words::Word;

/// Maximum length of a template, in bytes.
pub const MAX_TEMPLATE_LEN: usize = 4096;
/// Maximum number of opening brackets in a template. The grammar recurses at each, so this bounds the depth of the
/// stack.
const MAX_BRACKETS: usize = 256;

/// Parses a template. `connection` has the names that the kind's connection has. The error says what to write instead.
pub(in crate::resource) fn parse(source: &str, connection: &[String]) -> Result<Vec<Part>, String> {
    if source.len() > MAX_TEMPLATE_LEN {
        return Err(format!(
            "the template has {} bytes, and may have at most {MAX_TEMPLATE_LEN}",
            source.len()
        ));
    }
    if source.matches(['(', '[', '{']).count() > MAX_BRACKETS {
        return Err(format!(
            "the template has more than {MAX_BRACKETS} opening brackets, of which `{{{{` counts as two"
        ));
    }
    let template = Template::compile(source).map_err(|error| unparsable(&error))?;
    Parser { connection }.parts(&template)
}

/// Parser of one template.
struct Parser<'a> {
    connection: &'a [String],
}

impl Parser<'_> {
    fn parts(&self, template: &Template) -> Result<Vec<Part>, String> {
        template.elements.iter().filter_map(|element| self.part(element).transpose()).collect()
    }

    fn part(&self, element: &TemplateElement) -> Result<Option<Part>, String> {
        if let TemplateElement::RawString(text) = element {
            return Ok(Some(Part::Text(text.clone())));
        }
        // Nothing is escaped for HTML, so three braces mean the same as two.
        if let TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) = element {
            return Ok(Some(Part::Value(self.call(call)?)));
        }
        if let TemplateElement::HelperBlock(block) = element {
            return self.block(block).map(Some);
        }
        if let TemplateElement::Comment(_) = element {
            return Ok(None);
        }
        Err("a template has no partials and no decorators: write values, words and `{{#if …}}` only"
            .to_owned())
    }

    fn block(&self, block: &HelperTemplate) -> Result<Part, String> {
        let name = block.name.as_name().unwrap_or_default();
        let is_plain = block.hash.is_empty() && block.block_param.is_none();
        let branch =
            |branch: &Option<Template>| branch.as_ref().map_or(Ok(Vec::new()), |one| self.parts(one));
        let [condition] = block.params.as_slice() else {
            return Err(format!("`{{{{#{name}}}}}` needs one value: write `{{{{#if outputs.NAME}}}}`"));
        };
        if !is_plain || !matches!(name, "if" | "unless") {
            return Err(format!(
                "a template has no block `{name}`: the only blocks are `{{{{#if …}}}}` and `{{{{#unless …}}}}`"
            ));
        }
        let condition = self.parameter(condition)?;
        let (first, second) = (branch(&block.template)?, branch(&block.inverse)?);
        let (then, otherwise) = if name == "if" { (first, second) } else { (second, first) };
        Ok(Part::Choice { condition, then, otherwise })
    }

    fn call(&self, call: &HelperTemplate) -> Result<Expression, String> {
        if call.params.is_empty() && call.hash.is_empty() {
            return self.parameter(&call.name);
        }
        let name = call.name.as_name().unwrap_or_default();
        let word = Word::named(name)
            .ok_or_else(|| format!("there is no word `{name}`: the words are {}", Word::names()))?;
        if !call.hash.is_empty() || call.params.len() != word.values() {
            return Err(format!("`{name}` takes {} and no options", counted(word.values())));
        }
        let values = call.params.iter().map(|value| self.parameter(value));
        Ok(Expression::Call(word, values.collect::<Result<_, _>>()?))
    }

    fn parameter(&self, parameter: &Parameter) -> Result<Expression, String> {
        if let Parameter::Literal(literal) = parameter {
            return self.literal(literal);
        }
        if let Parameter::Subexpression(inner) = parameter {
            let TemplateElement::Expression(call) = inner.as_element() else {
                return Err("the template has an expression that is not a value".to_owned());
            };
            return self.call(call);
        }
        self.name(parameter.as_name().unwrap_or_default())
    }

    fn literal(&self, literal: &Value) -> Result<Expression, String> {
        let text = match literal {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => literal.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err("a template has no null, lists or objects: write a text in quotes".to_owned());
            }
        };
        Ok(Expression::Literal(text))
    }

    fn name(&self, name: &str) -> Result<Expression, String> {
        if let Some(output) = name.strip_prefix("outputs.") {
            let output = output.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(output);
            return Ok(Expression::Output(output.to_owned()));
        }
        match name.strip_prefix("connection.") {
            Some(entry) if self.connection.iter().any(|known| known == entry) => {
                Ok(Expression::Connection(entry.to_owned()))
            }
            Some(_) if self.connection.is_empty() => Err(format!(
                "there is no `{name}`: this kind has no connection. Write `outputs.NAME` with a key of its Secret"
            )),
            Some(_) => Err(format!("there is no `{name}`: the connection has {}", listed(self.connection))),
            None => Err(format!(
                "there is no `{name}`: write `outputs.NAME` or `connection.NAME`, or one of the words {} before it",
                Word::names()
            )),
        }
    }
}

/// Returns names for a message.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn counted(values: usize) -> &'static str {
    if values == 1 { "one value" } else { "two values" }
}

/// Describes an error of the grammar by its position: its own words repeat the template.
fn unparsable(error: &handlebars::TemplateError) -> String {
    let place = error.pos().map(|(line, column)| format!(" at line {line}, column {column}"));
    format!(
        "the template is not valid handlebars{}: close each `{{{{` with `}}}}`, and each `{{{{#if …}}}}` with `{{{{/if}}}}`",
        place.unwrap_or_default()
    )
}
