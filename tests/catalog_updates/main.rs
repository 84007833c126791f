//! Kinds that no build knew: added by a ConfigMap to an operator that runs, changed, broken, and taken away
//! again. On a real control plane, with the rights that are shipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kinds;
mod refusals;
mod reload;
mod shelf;
