//! A simulated world for the planner: a cloud, an API server, clocks and several operators as plain data, in
//! virtual time, driven by a script.
//!
//! Shares nothing with the planner but its public contract.

pub(crate) mod cloud;
pub(crate) mod cluster;
pub(crate) mod dice;
pub(crate) mod faults;
pub(crate) mod founding;
pub(crate) mod generate;
pub(crate) mod judge;
pub(crate) mod process;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod shrink;
pub(crate) mod stories;
pub(crate) mod tally;
