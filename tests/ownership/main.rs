//! Ownership of add-ons: no user of a namespace takes what another resource or organisation holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod finalizer;
mod tenants;
mod theft;
