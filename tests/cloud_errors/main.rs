//! Errors of the cloud: refusals, outages, and answers that must not be repeated.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod echoes;
mod outages;
mod refusals;
