//! Credentials of the operator and of namespaces: where they come from, which are used, and the clients made of them.

pub(super) mod connect;
pub(super) mod namespace_secrets;
pub(super) mod resolve;
