//! Edits of a spec: refused by the API server, refused by the operator, or carried out by a migration.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edits;
mod migrations;
mod schedule;
