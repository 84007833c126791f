//! The operator: everything that waits. What a catalog means and what to do next is the interpreter's to say.

pub mod cli;
pub mod cloud;
pub mod cluster;
pub mod config;
pub mod engine;
pub mod telemetry;
