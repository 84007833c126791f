//! The HTTP client for clouds: sends one signed request and returns its response. Knows no add-on, no
//! catalog, and not what a status means.
//!
//! The contract: get a `Permit` from the account's [`Budget`], then [`Client::send`] the [`Request`]. The
//! [`SendOutcome`] tells whether it was answered, certainly never left, or may have had an effect. This
//! module never sends a request twice: the sender cannot know whether repeating it is safe.

pub(crate) mod budget;
pub mod client;
pub(crate) mod credentials;
mod failure;
pub mod oauth1;
mod types;

pub use crate::cloud::budget::{Budget, Limits};
pub(crate) use crate::cloud::budget::{Budgets, CreationPermit, Permit};
pub use crate::cloud::client::{Client, Settings};
pub use crate::cloud::credentials::Credentials;
pub(crate) use crate::cloud::credentials::Fingerprint;
pub use crate::cloud::types::{Request, Response, SendOutcome, SendReport};
pub use reqwest::{Method, Url};
