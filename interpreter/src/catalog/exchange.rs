//! Requests as a catalog writes them, and what it reads in their answers.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::catalog::expression::{Selector, Template};

/// A value, written as a literal, a selection, a text to render, or something composed of these.
#[derive(Debug)]
pub enum Expression {
    /// Itself.
    Literal(Value),
    /// What is selected; nothing selected leaves the field out.
    Select(Selector),
    /// Rendered text.
    Render(Template),
    /// A list.
    List(Vec<Expression>),
    /// An object, in the order of the file; what has no value is left out.
    Object(Vec<(String, Expression)>),
    /// One `shape` for each of what `each` selects: an element as `item`, an entry of a map as `key` and `value`.
    Each {
        /// Selects a list or a map.
        each: Selector,
        /// What becomes of one of them.
        shape: Box<Expression>,
    },
}

/// Where a request goes: `GET host:/path/{{x}}?query={{y}}`.
#[derive(Debug)]
pub struct Url {
    /// The endpoint's name; "" is the only one.
    pub host: String,
    /// The path, each expression in it one segment.
    pub path: Template,
    /// The query, name and value, each value one expression or literal.
    pub query: Vec<(String, Template)>,
}

/// One request.
#[derive(Debug)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Where it goes.
    pub url: Url,
    /// The body, built as a typed value.
    pub body: Option<Expression>,
}

/// A request that reads, and where its answer holds what is looked for.
#[derive(Debug)]
pub struct Read {
    /// What it is called: `list`, `get`, `outputs`, `detail` …
    pub name: String,
    /// What is sent.
    pub request: Request,
    /// The one thing in the answer; none: the whole answer.
    pub item: Option<Selector>,
    /// The many things in the answer.
    pub items: Option<Items>,
    /// How long an answer may be used again.
    pub fresh: Option<Duration>,
    /// That there is nothing is an answer as well.
    pub may_be_missing: bool,
    /// How it says whether what it shows is ready.
    pub follow: Option<Follow>,
    /// Ids to keep from what it shows, by name.
    pub keep: BTreeMap<String, Selector>,
}

/// Many things in one answer, or in several pages of it.
#[derive(Debug)]
pub struct Items {
    /// Selects them.
    pub each: Selector,
    /// The key of each, where they are read as a map.
    pub key: Option<Selector>,
    /// The value of each, where they are read as a map.
    pub value: Option<Selector>,
    /// How to ask for the next page.
    pub pages: Option<Pages>,
}

/// How a list goes on: what an answer says of the next page, and the parameter that asks for it.
#[derive(Debug)]
pub struct Pages {
    /// Selects the next page's number or token; selecting nothing or null: this was the last.
    pub next: Selector,
    /// The query parameter that takes it.
    pub parameter: String,
}

/// Something that goes on for a while after it was asked for.
#[derive(Debug)]
pub struct Follow {
    /// Where the answer says how far it is.
    pub state: Selector,
    /// It is done.
    pub done: Vec<String>,
    /// It has failed for good.
    pub failed: Vec<String>,
    /// How often to look.
    pub every: Duration,
    /// When it has taken too long.
    pub deadline: Duration,
}

/// Something that can be changed after creation.
#[derive(Debug)]
pub struct Change {
    /// What it is called.
    pub name: String,
    /// The fields it changes, all with one request.
    pub covers: Vec<String>,
    /// Sending it twice is as good as once.
    pub repeatable: bool,
    /// What is sent.
    pub request: Request,
    /// Ids to keep from its answer, by name.
    pub keep: BTreeMap<String, Selector>,
    /// After a lost answer: finds what is under way.
    pub find: Option<Read>,
    /// How to follow it.
    pub follow: Option<Read>,
    /// A read to be made again afterwards.
    pub then: Option<String>,
}

/// A collection in the spec whose elements are added and removed one by one.
#[derive(Debug)]
pub struct Collection {
    /// What it is called, among the changes.
    pub name: String,
    /// The fields it changes.
    pub covers: Vec<String>,
    /// The wanted elements, in the spec.
    pub each: Selector,
    /// The elements that are there, by the name of a read.
    pub items: String,
    /// What makes two of them the same, by name in the wanted one and selector in the observed one.
    pub same: Vec<(String, Selector)>,
    /// Adds one (`item`).
    pub add: Request,
    /// Removes one (`item`).
    pub remove: Request,
}

/// What can be had today.
#[derive(Debug)]
pub struct Offer {
    /// The request, its `item` the product in the answer.
    pub read: Read,
    /// What the API calls each of its products, in the whole answer.
    pub providers: Option<Selector>,
    /// The regions on offer.
    pub regions: Option<Selector>,
    /// The plans on offer.
    pub plans: Option<PlanOffer>,
    /// The versions on offer: the keys of this object.
    pub version_keys: Option<Selector>,
    /// The versions on offer: these values.
    pub versions: Option<Selector>,
}

/// How a plan looks in an offer.
#[derive(Debug)]
pub struct PlanOffer {
    /// Selects the plans in the item.
    pub each: Selector,
    /// What is sent.
    pub id: Selector,
    /// What people write.
    pub slug: Selector,
    /// Everything a user may call it, in upper or lower case.
    pub called: Vec<Selector>,
    /// Further things to know of a plan, by name, true or false.
    pub tests: BTreeMap<String, Test>,
}

/// How options are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OptionValues {
    /// As they are typed.
    #[default]
    Typed,
    /// As text: `"true"`, not `true`; a list or an object as its JSON.
    Text,
}

/// All of these selections have the value, or match the pattern, that stands beside them.
#[derive(Debug)]
pub struct Test {
    /// Each with what it must select.
    pub all: Vec<(Selector, Expected)>,
}

/// What a selection must be.
#[derive(Debug)]
pub enum Expected {
    /// Exactly this.
    Value(Value),
    /// A text that this pattern finds.
    Pattern(Regex),
}

impl Test {
    /// Whether all of it holds for `root`.
    pub fn holds(&self, root: &Value) -> bool {
        self.all.iter().all(|(selector, expected)| selector.all(root).into_iter().any(|value| expected.fits(value)))
    }
}

impl Expected {
    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Value(wanted) => wanted == value,
            Self::Pattern(pattern) => value.as_str().is_some_and(|text| pattern.is_match(text)),
        }
    }
}
