//! Changes behind the operator's back: add-ons vanish or double, Secrets and statuses are edited.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod addons;
mod restart;
mod secrets;
mod status;
