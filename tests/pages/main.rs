//! Public pages list exactly what the code has: commands, keys, permissions, kinds, events and metrics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod command_line;
mod configuration;
mod kinds;
mod links;
mod permissions;
mod reference;
