//! The manifests that users apply: they are what the catalog becomes, a real API server takes them, and what
//! they describe works.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod commands;
mod image;
mod installation;
mod manifests;
mod rights;
