//! A kind at run time: its controller, and the cache entries of its resources.

pub(super) mod cache_entry;
pub(super) mod capabilities;
pub(super) mod controller;
pub(super) mod spec;
