//! Kinds that no build knew: added by a ConfigMap to an operator that runs, changed, broken, and taken away
//! again. On a real control plane, with the rights that are shipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unused_imports, reason = "shared with other tests, of which each uses a part")]
mod harness;

mod extending {
    mod kinds;
    mod refusals;
    mod reload;
    mod shelf;
}
