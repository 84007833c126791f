//! What stands between the words of `resource` and `exchange` and those of `plan`: whoever makes a pass needs it, be it the operator or a
//! replay. Not here: the loop itself, and anything that waits.

mod cloud_state;
mod desired;
mod listing;
mod progress;

pub use cloud_state::{Facts, Judged};
pub use desired::{difference, refusal};
pub use listing::{Sought, listing};
pub use progress::{followed, found, kept};
