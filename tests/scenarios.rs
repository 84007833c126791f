//! What the product promises its users, played on a real control plane by the binary as it is.
//! The stage is in `harness`; crashes are played elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unused_imports, reason = "shared with other tests, of which each uses a part")]
mod harness;

mod scenarios {
    mod bodies;
    mod budgets;
    mod changes;
    mod configuration;
    mod doubts;
    mod elders;
    mod endings;
    mod lives;
    mod overrides;
    mod ownership;
    mod renamed;
    mod rights;
    mod scope;
    mod surprises;
    mod tenants;
    mod troubles;
}
