//! A new resource becomes exactly one add-on and one Secret: the life of each kind, its cost in requests and
//! writes, and the same under other names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod burst;
mod cost;
mod lives;
mod renamed;
