//! Simulation: from a manifest and recorded answers to the requests, Secret and status of the operator.
//!
//! Nothing is decided here: the planner plans, and requests, answers and reads go through the same functions
//! as in the operator. Only cluster and clock are simulated, and the cloud gives the recorded answers.

mod expectations;
mod reconcile;
mod recorded_cloud;
mod script;
mod types;

pub use expectations::{Trial, attempt};
pub use recorded_cloud::{RecordedCloud, RecordedReply};
pub use script::{SimulatedResource, replay};
pub use types::{ENDPOINT, Exchange, NOT_RECORDED, Script, Simulation};
