//! The Secret: its name, its content, its shape, and what happens when the API server refuses it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod current;
mod left_behind;
mod names;
mod refused;
