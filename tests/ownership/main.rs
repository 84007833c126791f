//! Ownership: no user of a namespace takes the add-on of another resource or organisation, and one installation manages a kind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adoption;
mod claims;
mod finalizer;
mod marks;
mod proof;
mod record_policy;
mod second_cluster;
mod tenants;
mod theft;
