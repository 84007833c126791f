//! What a custom resource asks for, and what it is told: desired fields, differences, Secret, status.
//!
//! Not here: when any of it is acted upon (`plan`), and how a request is made of it (`exchange`).

mod account;
mod choice;
mod desire;
mod difference;
mod overruled;
mod refusal;
mod secret;
mod status;

pub use account::{account, account_fields, known};
pub use desire::{Desire, Desired, Overruled, Stage, Wanted, desire};
pub use difference::{Difference, Remedy, differences, reads_needed};
pub use overruled::overrulings;
pub use refusal::{Objection, Refused};
pub use secret::{Secret, has_secret, secret};
pub use status::{connection, id_fields, status};
