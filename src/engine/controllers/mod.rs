//! Controllers of the configuration and of the protection of credentials, and the reconciler of the kinds'
//! controllers.

pub(super) mod config_sync;
pub(super) mod credentials_protection;
pub(super) mod reconciler;
