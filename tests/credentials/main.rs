//! Credentials of the operator and of namespaces: their sources, their rotation and their protection.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod generated;
mod namespace;
mod operator;
