//! A manifest and recorded answers in; what the operator would send, write and tell out.
//!
//! Nothing is decided here: the planner plans, and what is asked, sent and read goes through the same functions as in the operator. Only
//! cluster and clock are imagined, and the cloud says what was recorded.

mod execute;
mod expectations;
mod reconcile;
mod recorded_cloud;
mod script;
mod types;

pub use expectations::{Trial, attempt};
pub use script::replay;
pub use types::{ENDPOINT, Exchange, NOT_RECORDED, Replay, Script};
