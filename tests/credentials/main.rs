//! Credentials of the operator and of namespaces: their sources, their rotation and their protection.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod endpoints;
mod found_account;
mod generated;
mod namespace;
mod operator;
