//! Generates the docs of a catalog (Markdown): a page for each kind, their index, and the reference of the
//! format.
//!
//! Pages contain only information from the checked catalog, the definitions and the schema.

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

/// First line of every page, which names the command that generates it.
pub const HEADER: &str = "<!-- Written by `catalog docs`; do not edit, change the catalog. -->\n";
