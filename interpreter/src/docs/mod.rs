//! A catalog in, pages for people out (Markdown): a page for each kind, their index, and the reference of the format.
//!
//! Nothing here says what a kind can do: it tells what the checked catalog, the definitions and the schema say already.

mod choice;
mod field;
mod format;
mod fragment;
mod given;
mod index;
mod kind;
mod later;
mod markdown;
mod schema_part;

pub use format::format;
pub use index::index;
pub use kind::{file_name, kind};

/// The first line of every page: how it is made anew.
pub const HEADER: &str = "<!-- Written by `catalog docs`; do not edit, change the catalog. -->\n";
