//! What stands between the words of `resource` and `exchange` and those of `plan`: whoever makes a pass needs it, be it the operator or a
//! replay. Not here: the loop itself, and anything that waits.

mod facts;
mod listing;
mod progress;
mod wish;

pub use facts::{Facts, Judged};
pub use listing::{Sought, listing};
pub use progress::{followed, found, kept};
pub use wish::{difference, refusal};
