//! Inventory: the add-ons of the accounts at the clouds, compared with the resources of the cluster. Reads
//! only.

mod accounts;
mod cloud_reader;
mod credentials;
mod import;
mod live_resources;
mod orphans;

use std::sync::Arc;

use interpreter::catalog::Addon;
use interpreter::catalog_update::missing_features;

pub use import::{HeldAddon, ImportOptions, ImportReport, ImportedAddon, UnmanagedAddon, import_report};
pub use orphans::{ListedOrphan, OrphanOptions, OrphanReport, OrphanVerdict, orphan_report};

/// Returns true for a kind that this version manages.
fn is_managed(addon: &Arc<Addon>) -> bool {
    missing_features(addon).is_empty()
}
