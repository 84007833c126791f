//! One field of a custom resource's spec: what may be written there, and what becomes of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{Expression, Test};

/// One field of the spec.
#[derive(Debug)]
pub struct Field {
    /// Where it stands below `spec`: `["instance", "plan"]`. Empty for a field that no spec shows (a fixed one, an API's own).
    pub path: Vec<String>,
    /// The shared field it is: `plan`, `region`, `version` …; none: the entry's own.
    pub shared: Option<String>,
    /// For people, in the CRD and in the docs.
    pub description: String,
    /// What may be written.
    pub kind: FieldType,
    /// May be left out.
    pub optional: bool,
    /// What it is when it is left out.
    pub default: Option<Expression>,
    /// It is always this, and stands in no spec.
    pub fixed: Option<Expression>,
    /// What is written: what is sent, where they differ.
    pub values: BTreeMap<String, Value>,
    /// What it must be one of.
    pub one_of: Option<OneOf>,
    /// The option it is sent as.
    pub send: Option<String>,
    /// What stands between the elements of a list that is sent as one text.
    pub join: Option<String>,
    /// Where its value can be seen at the cloud.
    pub observed: Option<Selector>,
    /// What it is when nothing is observed.
    pub absent: Option<Value>,
    /// How what is wanted and what is observed are compared.
    pub compare: Compare,
    /// How it can be changed after creation; none: not at all.
    pub changes: Option<Changes>,
    /// It can be changed at any time: nothing at the cloud follows from it.
    pub free: bool,
    /// It does not apply (is not sent, not compared) where this holds.
    pub unless: Option<Test>,
    /// Who decides in its stead where it does not apply, as people are told.
    pub overruled: Option<Template>,
    /// Its column in `kubectl get`.
    pub column: Option<Column>,
}

/// A column of `kubectl get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: String,
}

/// What may be written in a field.
#[derive(Debug)]
pub enum FieldType {
    /// Text.
    Text(Bounds),
    /// A whole number.
    Integer(Bounds),
    /// A number.
    Number(Bounds),
    /// True or false.
    Boolean,
    /// Names with values of one type.
    Map {
        /// Of each value.
        of: Box<FieldType>,
        /// At most so many.
        max_items: u64,
    },
    /// A list of one type.
    List {
        /// Of each element.
        of: Box<FieldType>,
        /// At most so many.
        max_items: u64,
        /// The fields that tell elements apart, where they are objects.
        keys: Vec<String>,
    },
    /// An object with these fields (each with a one-element path).
    Object(Vec<Field>),
}

/// What a text or a number must keep to.
#[derive(Debug, Default, Clone)]
pub struct Bounds {
    /// Not less than this.
    pub minimum: Option<f64>,
    /// Not more than this.
    pub maximum: Option<f64>,
    /// At least so many characters.
    pub min_length: Option<u64>,
    /// At most so many characters.
    pub max_length: Option<u64>,
    /// A pattern it must match.
    pub pattern: Option<String>,
}

/// What a field's value must be one of.
#[derive(Debug)]
pub enum OneOf {
    /// These, always: an enumeration in the CRD.
    Values(Vec<Value>),
    /// The regions on offer.
    Regions,
    /// The plans on offer.
    Plans,
    /// The versions on offer.
    Versions,
}

/// How what is wanted and what is observed are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// As they are (numbers and booleans also as text).
    #[default]
    Exact,
    /// By the numbers before the first dot that is not in both: "18.4" is 18.
    Major,
    /// Without regard to case.
    IgnoreCase,
    /// Lists, without regard to their order.
    Unordered,
}

/// How a field can be changed after creation.
#[derive(Debug)]
pub struct Changes {
    /// The change that does it.
    pub by: String,
    /// In this direction only.
    pub only: Option<Direction>,
}

/// The direction in which a value may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Only to a higher one.
    Up,
    /// Only to a lower one.
    Down,
}
