//! Loads a catalog from YAML: reads, checks and compiles it, and locates every problem.
//!
//! Values of the types below have been checked: every selector and template is parsed, every name in them
//! exists, and every add-on carries everything that it inherits from its API.

mod addon;
mod api;
mod check;
mod codes;
mod compile;
mod confidential;
mod document;
mod entries;
mod exchange;
pub mod expression;
mod field;
mod layer;
mod load;
mod merge;
mod names;
mod node;
mod problem;
mod problems;
mod read;
mod recorded;
mod schema;
mod secret_key;
mod source;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use addon::{Addon, Example, Resource, Scope};
pub(crate) use addon::{Binding, Parent, Readiness, SecretShape, StatusField};
pub use api::{Accounts, Api, AuthScheme, ErrorRow, ErrorTable, Meaning, Recorded, Scheme, SignatureMethod};
pub(crate) use api::{Budget, Credentials, Endpoints, Identity, IdentityChoice, Mark, Timeouts};
pub use check::{misfits, stored};
pub use codes::{Code, Severity};
pub use exchange::{Change, Expected, Expression, Items, Offer, Pages, Read, Request, Test, Url};
pub(crate) use exchange::{Collection, Follow, OptionValues, PlanOffer, PriceOffer};
pub use field::{Bounds, Direction, Field, FieldDrift, FieldType, OneOf};
pub(crate) use field::{Changes, Column, Compare};
pub use load::{Loaded, load, load_over};
pub(crate) use merge::{AddedFile, CompiledAddon, Merged, compile_addon, merge, problem_at};
pub use problem::{Problem, show, show_coloured};
pub(crate) use recorded::{Expectation, Location, RecordedAnswer};
pub use schema::SCHEMA;
pub(crate) use schema::{FileKind, takes};
pub(crate) use secret_key::is_secret_key;
pub use source::Source;

/// All APIs and kinds that can be managed, checked.
#[derive(Debug, Default, Clone)]
pub struct Catalog {
    /// APIs, by name.
    pub apis: BTreeMap<String, Arc<Api>>,
    /// Kinds that can be created, by name; each carries its API.
    pub addons: BTreeMap<String, Arc<Addon>>,
    /// Names of the built-in APIs, where others were added; empty when all are treated alike.
    pub built_in: BTreeSet<String>,
}
