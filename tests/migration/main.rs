//! Moving over from clever-kubernetes-operator in place: what it leaves (`objects/`) goes on as it is, on
//! a real control plane. Nothing is made, changed or lost, each resource says how it stands, the way back
//! stays open, and what is deleted is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod moving;
mod page;
mod previous_operator;
mod retired_versions;
mod seen;
