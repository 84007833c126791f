//! Parts of a parsed template: a closed list, so that rendering has no surprises.

use crate::resource::secret_template::words::Word;

/// Part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::resource) enum Part {
    /// Text to copy.
    Text(String),
    /// A value.
    Value(Expression),
    /// A choice between two texts, by a value.
    Choice {
        /// The value that decides.
        condition: Expression,
        /// Parts for a value that is there and not empty.
        then: Vec<Part>,
        /// Parts for any other value.
        otherwise: Vec<Part>,
    },
}

/// Expression of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::resource) enum Expression {
    /// A text, number or boolean, as written.
    Literal(String),
    /// The output of this name.
    Output(String),
    /// The entry of the connection of this name.
    Connection(String),
    /// A word with its values.
    Call(Word, Vec<Expression>),
}
