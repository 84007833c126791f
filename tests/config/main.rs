//! The configuration: how files and variables are read, where they are found, and what the commands about it print.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod commands;
mod reading;
mod sources;
mod startup;
