//! `plan`: what it says before an apply is what the operator then does, and the command itself writes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asked;
mod context;
mod edits;
mod examples;
mod input;
mod rights;
