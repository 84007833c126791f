//! Never two, never zero, whatever breaks in between: the binary as it is, killed, frozen, unheard and
//! stopped, on a real control plane.
//!
//! What is believed are the sandbox's state and log, the API server's objects and its audit log; never the
//! operator's own word. Where a test cannot put a process between two instructions, the simulated world of
//! the planner does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod holds;
mod kills;
mod leaders;
mod lives;
mod stage;
mod stops;
mod verdict;
mod wire;
