//! The operator: everything that waits. The interpreter decides what a catalog means and what to do next.

pub mod cli;
pub mod cloud;
pub mod cluster;
pub mod config;
pub mod engine;
pub mod priority;
pub mod telemetry;
