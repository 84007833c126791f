//! Builds the requests that a catalog defines, and interprets their answers.
//!
//! Nothing is sent from here: a request leaves as a value, and an answer arrives as one. Module `plan`
//! decides how to react to an answer.

mod accounts;
mod answer;
mod build;
mod context;
mod entries;
mod evaluate;
mod meaning;
mod message;
mod offers;
mod read;
mod redact;

pub use accounts::{SeenAccount, accounts};
pub use answer::{Answer, Body};
pub use build::{HttpRequest, build, next_page};
pub use context::{Context, Manifest};
pub use entries::{Entries, Listed, MarkedItem, created, entries, marked};
pub(crate) use evaluate::{ValueError, walk};
pub use evaluate::{evaluate, render, text};
pub use meaning::{Refusal, Verdict, meaning};
pub use message::CloudMessage;
pub(crate) use message::quotable;
pub use offers::{OfferedPlan, Offers, offered};
pub(crate) use read::Unreadable;
pub use read::{Found, read};
pub use redact::{REDACTED, Redactor};
