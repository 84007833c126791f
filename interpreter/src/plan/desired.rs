//! Desired state: the spec judged against offers and add-on, and the differences that are left.

use std::time::Duration;

use crate::plan::reason::Reason;

/// What the spec asks for. Not looked at while the resource is being deleted: a broken spec can be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The offers must be read before anything can be said.
    Unknown,
    /// It cannot be had.
    Refused {
        /// In one word.
        reason: Reason,
        /// What is wrong and what would be right.
        message: String,
    },
    /// It can be had.
    Clear {
        /// The add-on holds data: it is never silently made anew.
        stateful: bool,
        /// How well the add-on is known.
        observation: Observation,
        /// Where the add-on differs from the spec, as far as it is known.
        changes: Vec<Difference>,
        /// Where the spec asks for something that is decided elsewhere, and otherwise: a sentence for each.
        overruled: Vec<String>,
    },
}

/// How well the add-on is known: the reads that comparing it with the spec needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Nothing needs to be read.
    Needless,
    /// Not read in this process.
    Missing {
        /// The creation itself sends everything that is compared: what this process just created needs no look.
        sent_at_creation: bool,
    },
    /// Sent at this time.
    Made(Duration),
    /// Only a list that is sent at this time or later shows what a change has done, and the cloud cannot be asked otherwise.
    Listed {
        /// When what was done is in the list.
        from: Duration,
    },
}

/// One difference between spec and add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field, as the spec writes it.
    pub field: String,
    /// What the add-on has and what the spec wants, for people: `small, wanted: large`.
    pub what: String,
    /// What can be done about it.
    pub remedy: Remedy,
}

/// What can be done about a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: not to this, or not in this direction. The message says what may be written instead.
    None(String),
    /// Nothing, ever. It may differ since before the add-on was taken over, by an edit while it was being made, or because the field did not
    /// count until another was edited. Where the definition holds the field, it cannot be written back either.
    Immutable(String),
    /// A change that is safe to repeat, by the catalog's name for it.
    Repeatable(String),
    /// A change that must be made once, by the catalog's name for it.
    Once(String),
}
