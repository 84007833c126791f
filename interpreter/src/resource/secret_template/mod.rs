//! Templates for the keys of a Secret: handlebars without what can run long, grow large or reach other values.
//!
//! A template names outputs and connection data, applies words to them, and chooses with `if`. It has no loops,
//! partials or decorators, so its cost is bounded by its length.

mod parse;
mod part;
mod render;
mod words;

pub use parse::MAX_TEMPLATE_LEN;
pub(super) use parse::parse;
pub(super) use part::Part;
pub use render::MAX_VALUE_LEN;
pub(super) use render::{Values, render};
