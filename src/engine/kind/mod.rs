//! One kind of the catalog at run time: its controller and what it caches of each resource.

pub(super) mod cache_entry;
pub(super) mod capabilities;
pub(super) mod controller;
pub(super) mod spec;
pub(super) mod unlisted;
