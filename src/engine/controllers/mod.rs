//! Controllers of the catalog, the configuration and the CRDs, protection of credentials, and the registry of
//! the kinds' controllers.

pub(super) mod catalog_sync;
pub(super) mod config_sync;
pub(super) mod crds;
pub(super) mod credentials_protection;
pub(super) mod reconciler;
pub(super) mod registry;
