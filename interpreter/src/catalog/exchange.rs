//! Requests as a catalog writes them, and the parts that it reads from their answers.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::catalog::expression::{Selector, Template};

/// Expression for a value: a literal, a selection, a text to render, or a composition of these.
#[derive(Debug, PartialEq, Eq)]
pub enum Expression {
    /// Literal value.
    Literal(Value),
    /// Selected value; an empty selection omits the field.
    Select(Selector),
    /// Rendered text.
    Render(Template),
    /// List of expressions.
    List(Vec<Expression>),
    /// Object, in the order of the file; entries without a value are omitted.
    Object(Vec<(String, Expression)>),
    /// List with one `shape` per value that `each` selects: a list's element as `item`, a map's entry as
    /// `key` and `value`.
    Each {
        /// Selects a list or a map.
        each: Selector,
        /// Expression for one of its elements.
        shape: Box<Expression>,
    },
}

/// URL of a request: `GET host:/path/{{x}}?query={{y}}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Url {
    /// Name of the endpoint; "" for a single one.
    pub host: String,
    /// Path; each expression in it renders to one segment.
    pub path: Template,
    /// Query parameters, name and value; each value is one expression or literal.
    pub query: Vec<(String, Template)>,
}

/// Request to a cloud.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// URL.
    pub url: Url,
    /// Body, built as a typed value.
    pub body: Option<Expression>,
}

/// Reading request, with the selectors of the values in its answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    /// Name: `list`, `get`, `outputs`, `detail` …
    pub name: String,
    /// Request to send.
    pub request: Request,
    /// Selects a single value in the answer; none: the whole answer.
    pub item: Option<Selector>,
    /// Selects several values in the answer.
    pub items: Option<Items>,
    /// Time for which an answer may be reused.
    pub fresh: Option<Duration>,
    /// True when absence is a valid answer.
    pub may_be_missing: bool,
    /// Rules that tell whether the object is ready.
    pub follow: Option<Follow>,
    /// Ids to keep from the answer, by name.
    pub keep: BTreeMap<String, Selector>,
}

/// Several values in one answer, or in several pages of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Items {
    /// Selects the values.
    pub each: Selector,
    /// Selects the key of each, where the values are read as a map.
    pub key: Option<Selector>,
    /// Selects the value of each, where the values are read as a map.
    pub value: Option<Selector>,
    /// Pagination.
    pub pages: Option<Pages>,
}

/// Pagination: the token of the next page in an answer, and the parameter that requests it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pages {
    /// Selects the next page's number or token; an empty selection or null marks the last page.
    pub next: Selector,
    /// Query parameter that takes the token.
    pub parameter: String,
}

/// Progress of an operation that continues after its request.
#[derive(Debug, PartialEq, Eq)]
pub struct Follow {
    /// Selects the state in the answer.
    pub(crate) state: Selector,
    /// States that mean success.
    pub(crate) done: Vec<String>,
    /// States that mean permanent failure.
    pub(crate) failed: Vec<String>,
    /// Interval between reads.
    pub(crate) every: Duration,
    /// Time after which the operation counts as too slow.
    pub(crate) deadline: Duration,
}

/// Change that is possible after creation.
#[derive(Debug)]
pub struct Change {
    /// Name.
    pub name: String,
    /// Fields that the change covers, all with one request.
    pub covers: Vec<String>,
    /// True when sending the request twice has the same effect as sending it once.
    pub repeatable: bool,
    /// Request to send.
    pub request: Request,
    /// Ids to keep from the answer, by name.
    pub keep: BTreeMap<String, Selector>,
    /// Finds the change in progress after a lost answer.
    pub find: Option<Read>,
    /// Read that follows the change.
    pub follow: Option<Read>,
}

/// Collection in the spec whose elements are added and removed one by one.
#[derive(Debug)]
pub struct Collection {
    /// Fields that the collection covers.
    pub(crate) covers: Vec<String>,
    /// Keys that identify an element: name in the desired element, selector in the observed one.
    pub same: Vec<(String, Selector)>,
}

/// Request that reads the regions, plans and versions available today.
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    /// Request; its `item` is the product in the answer.
    pub read: Read,
    /// Selects the names of all products, in the whole answer.
    pub providers: Option<Selector>,
    /// Selects the available regions.
    pub regions: Option<Selector>,
    /// Plans on offer.
    pub plans: Option<PlanOffer>,
    /// Selects an object whose keys are the available versions.
    pub version_keys: Option<Selector>,
    /// Selects the available versions.
    pub versions: Option<Selector>,
}

/// Shape of a plan in an offer.
#[derive(Debug, PartialEq, Eq)]
pub struct PlanOffer {
    /// Selects the plans in the item.
    pub(crate) each: Selector,
    /// Selects the id, which requests send.
    pub(crate) id: Selector,
    /// Selects the slug, which users write.
    pub(crate) slug: Selector,
    /// Selects every name that a user may write for the plan, case-insensitive.
    pub(crate) called: Vec<Selector>,
    /// Price of a plan, where the offer has it.
    pub(crate) price: Option<PriceOffer>,
    /// Further boolean properties of a plan, by name.
    pub(crate) tests: BTreeMap<String, Test>,
}

/// Shape of a plan's price in an offer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PriceOffer {
    /// Selects the price of a month in the plan.
    pub(crate) monthly: Selector,
    /// The currency.
    pub currency: String,
    /// The costs that the price leaves out.
    pub note: Option<String>,
}

/// Encoding of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OptionValues {
    /// As typed values.
    #[default]
    Typed,
    /// As text: `"true"`, not `true`; a list or an object as its JSON.
    Text,
}

/// Condition on a JSON value: every selection must have the value, or match the pattern, beside it.
#[derive(Debug, PartialEq, Eq)]
pub struct Test {
    /// Selections, each with its expected value.
    pub all: Vec<(Selector, Expected)>,
}

/// Expected value of a selection.
#[derive(Debug)]
pub enum Expected {
    /// Exactly this value.
    Value(Value),
    /// Text in which this pattern matches.
    Pattern(Regex),
}

impl Test {
    /// Returns true when all selections of `root` are as expected.
    pub(crate) fn holds(&self, root: &Value) -> bool {
        self.all
            .iter()
            .all(|(selector, expected)| selector.all(root).into_iter().any(|value| expected.fits(value)))
    }
}

/// Two patterns are equal when their texts are.
impl PartialEq for Expected {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => one == other,
            (Self::Pattern(one), Self::Pattern(other)) => one.as_str() == other.as_str(),
            (Self::Value(_) | Self::Pattern(_), _) => false,
        }
    }
}

impl Eq for Expected {}

impl Expected {
    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Value(wanted) => wanted == value,
            Self::Pattern(pattern) => value.as_str().is_some_and(|text| pattern.is_match(text)),
        }
    }
}
