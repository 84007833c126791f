//! What the cluster module promises, on a real control plane: a namespace per test, and a control plane of
//! their own for the tests that take the API server away. Nothing of any add-on is tested here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod definitions;
mod ending;
mod leases;
mod objects;
mod outages;
mod secrets;
mod watches;
mod world;
