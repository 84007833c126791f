//! The HTTP client for clouds: sends one signed request and returns its response. Knows no add-on, no
//! catalog, and not what a status means.
//!
//! The contract: get a [`Permit`] from the account's [`Budget`], then [`Client::send`] the [`Request`]. The
//! [`SendOutcome`] tells whether it was answered, certainly never left, or may have had an effect. This
//! module never sends a request twice: the sender cannot know whether repeating it is safe.

pub mod budget;
pub mod client;
pub mod credentials;
mod failure;
pub mod oauth1;
mod types;

pub use crate::cloud::budget::{Budget, Budgets, CreationPermit, Limits, Permit};
pub use crate::cloud::client::{Client, Settings};
pub use crate::cloud::credentials::{Credentials, Fingerprint};
pub use crate::cloud::types::{Body, Request, Response, SendOutcome, SendReport};
pub use reqwest::{Method, StatusCode, Url};
