//! Moving over from clever-kubernetes-operator in place: what it leaves (`tests/museum`) goes on as it is, on
//! a real control plane. Nothing is made, changed or lost, each resource says how it stands, the way back
//! stays open, and what is deleted is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unused_imports, reason = "shared with other tests, of which each uses a part")]
mod harness;

mod museum {
    mod moving;
    mod page;
    mod seen;
}
