//! Credentials of the operator and of namespaces: sources, resolution, and access to an API with them.

mod allowed_endpoints;
pub(super) mod connect;
pub(super) mod namespace_secrets;
pub(super) mod resolve;
pub(super) mod service;
