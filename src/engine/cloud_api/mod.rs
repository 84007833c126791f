//! Requests to the clouds: client, and the cache of lists that resources share.

pub(super) mod account_cache;
pub(super) mod client;
pub(super) mod failure;
