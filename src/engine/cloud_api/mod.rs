//! Requests to the clouds: priorities, permits and the lists that resources share.

pub(super) mod account_cache;
pub(super) mod client;
