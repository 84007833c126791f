//! The inventory of the clouds: `orphans` lists what no resource holds, and `import` prints manifests for what
//! exists. Both only read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod import;
mod orphans;
