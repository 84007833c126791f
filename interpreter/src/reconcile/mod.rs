//! Conversions from the types of `resource` and `exchange` to those of `plan`, for every reconciliation: the
//! operator's and that of a simulation. Not here: the loop itself, and any wait.

mod cloud_state;
mod desired;
mod listing;
mod progress;

pub use cloud_state::{CloudState, Judged};
pub use desired::{difference, refusal};
pub use listing::{Sought, listing};
pub use progress::{followed, found, kept};
