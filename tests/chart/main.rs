//! The Helm chart: what it renders with every value, that an API server takes it, and that what it installs
//! works, stays and goes as it should.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod extend;
mod life;
mod limited;
mod page;
mod predecessor;
mod render;
mod rights;
mod users;
mod values;
