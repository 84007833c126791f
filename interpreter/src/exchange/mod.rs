//! Requests to send, as the catalog writes them, and what their answers mean.
//!
//! Nothing is sent from here: a request goes out as a value and an answer comes in as one. What is to be done about an answer is
//! decided in `plan`.

mod answer;
mod build;
mod context;
mod entries;
mod evaluate;
mod meaning;
mod message;
mod offers;
mod read;

pub use answer::{Answer, Body};
pub use build::{BuildError, Outgoing, build, next_page};
pub use context::Context;
pub use entries::{Entries, Listed, created, entries};
pub use evaluate::{ValueError, evaluate, render, text};
pub use meaning::{Refusal, Verdict, meaning};
pub use message::quotable;
pub use offers::{OfferedPlan, Offers, offered};
pub use read::{Found, Unreadable, read};
