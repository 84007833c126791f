//! Fields of a custom resource's spec: the accepted values, and their use in requests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{Expression, Test};

/// Field of the spec.
#[derive(Debug)]
pub struct Field {
    /// Path below `spec`: `["instance", "plan"]`. Empty for a field that is not part of a spec (a fixed one,
    /// or an API's own).
    pub path: Vec<String>,
    /// Shared field that this one refers to: `plan`, `region`, `version` …; none: the entry's own.
    pub shared: Option<String>,
    /// Description, for the CRD and the docs.
    pub description: String,
    /// Type and bounds.
    pub kind: FieldType,
    /// True when the field may be omitted.
    pub optional: bool,
    /// Default value.
    pub default: Option<Expression>,
    /// Fixed value; the field is then not part of any spec.
    pub fixed: Option<Expression>,
    /// Mapping from the values that users write to the values that requests send, where they differ.
    pub(crate) values: BTreeMap<String, Value>,
    /// Allowed values.
    pub one_of: Option<OneOf>,
    /// Option that carries the value.
    pub send: Option<String>,
    /// Separator between the elements of a list that is sent as one text.
    pub(crate) join: Option<String>,
    /// Selects the observed value.
    pub(crate) observed: Option<Selector>,
    /// Value to assume when nothing is observed.
    pub(crate) absent: Option<Value>,
    /// Rule that compares the desired and the observed value.
    pub(crate) compare: Compare,
    /// Policy for a drift of the field, if the catalog sets one.
    pub drift: Option<FieldDrift>,
    /// Change that applies to the field after creation; none: immutable.
    pub changes: Option<Changes>,
    /// True when the field can be changed at any time because nothing at the cloud depends on it.
    pub free: bool,
    /// Condition under which the field is ignored (neither sent nor compared).
    pub(crate) unless: Option<Test>,
    /// Message for the user while the field is ignored: the setting that decides instead.
    pub(crate) ignored_message: Option<Template>,
    /// Column in `kubectl get`.
    pub(crate) column: Option<Column>,
}

impl Field {
    /// Returns true when a name refers to the field, to an object that contains it, or to something inside it.
    pub(crate) fn is_meant_by(&self, name: &[String]) -> bool {
        match name {
            [root, path @ ..] if root == "spec" => {
                path.starts_with(&self.path) || self.path.starts_with(path)
            }
            [name, ..] => Some(name) == self.shared.as_ref(),
            [] => false,
        }
    }
}

/// Column of `kubectl get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Heading.
    pub(crate) name: String,
}

/// Type of a field, with its bounds.
#[derive(Debug)]
pub enum FieldType {
    /// Text.
    Text(Bounds),
    /// Whole number.
    Integer(Bounds),
    /// Number.
    Number(Bounds),
    /// True or false.
    Boolean,
    /// Map from names to values of one type.
    Map {
        /// Type of each value.
        of: Box<FieldType>,
        /// Maximum number of entries.
        max_items: u64,
    },
    /// List of one type.
    List {
        /// Type of each element.
        of: Box<FieldType>,
        /// Maximum number of elements.
        max_items: u64,
        /// Fields that identify an element, where elements are objects.
        keys: Vec<String>,
    },
    /// Object with these fields (each with a one-element path).
    Object(Vec<Field>),
}

/// Bounds of a text or a number.
#[derive(Debug, Default, Clone)]
pub struct Bounds {
    /// Minimum, inclusive.
    pub minimum: Option<f64>,
    /// Maximum, inclusive.
    pub maximum: Option<f64>,
    /// Minimum number of characters.
    pub min_length: Option<u64>,
    /// Maximum number of characters.
    pub max_length: Option<u64>,
    /// Pattern that the text must match.
    pub pattern: Option<String>,
}

/// Allowed values of a field.
#[derive(Debug)]
pub enum OneOf {
    /// Fixed list: an enumeration in the CRD.
    Values(Vec<Value>),
    /// Regions on offer.
    Regions,
    /// Plans on offer.
    Plans,
    /// Versions on offer.
    Versions,
}

/// Rule that compares the desired and the observed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Compare {
    /// Equality (numbers and booleans also as text).
    #[default]
    Exact,
    /// Leading numbers that both have: "18.4" equals 18.
    Major,
    /// Case-insensitive.
    IgnoreCase,
    /// Lists, in any order.
    Unordered,
}

/// Policy for a field that another client changed at the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldDrift {
    /// The operator changes it back.
    Correct,
    /// The user decides.
    Report,
    /// The operator leaves it.
    Ignore,
}

/// Change that applies to a field after creation.
#[derive(Debug)]
pub struct Changes {
    /// Name of the change.
    pub by: String,
    /// The only direction that is allowed.
    pub only: Option<Direction>,
}

/// Direction in which a value may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Only to a higher value.
    Up,
    /// Only to a lower value.
    Down,
}
