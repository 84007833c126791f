//! Controllers beside those of the kinds: catalog, configuration, definitions, protection of credentials.

pub(super) mod catalog_sync;
pub(super) mod config_sync;
pub(super) mod crds;
pub(super) mod credentials_protection;
pub(super) mod reconciler;
pub(super) mod registry;
