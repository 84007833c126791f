//! Deletion of resources, namespaces and CRDs: the add-ons that go, and the add-ons that stay.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cascade;
mod crds;
mod held;
mod namespaces;
mod outages;
mod policy;
mod protection;
mod young;
