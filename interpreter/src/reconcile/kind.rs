//! Kind under management: its catalog entry, its timing, and what a reconciliation derives from the entry
//! once.

use std::sync::Arc;

use crate::catalog::Addon;
use crate::plan::Timing;
use crate::resource;

/// Kind under management.
#[derive(Clone, Debug)]
pub struct ManagedKind {
    /// The catalog entry.
    pub addon: Arc<Addon>,
    /// Timeouts and intervals.
    pub timing: Timing,
    /// The catalog has no entry for the kind any more, so its resources can only be deleted.
    pub removed: bool,
    /// The reads that are needed to compare every field.
    pub(super) compared: Vec<String>,
    /// A changeable field is compared with the list.
    pub(super) compares_listed: bool,
    /// The field of the spec that names the account, if there is one.
    pub(super) account_field: Option<String>,
}

impl ManagedKind {
    /// Returns the kind of a catalog entry.
    pub fn new(addon: Arc<Addon>, timing: Timing, removed: bool) -> Self {
        let compared: Vec<_> = resource::reads_needed(&addon).into_iter().collect();
        let fresh = compared.iter().filter_map(|name| addon.reads.get(name)?.fresh).min();
        let timing = Timing { observed: fresh.unwrap_or(timing.observed), ..timing };
        Self {
            compared,
            compares_listed: resource::compares_listed(&addon),
            account_field: account_field(&addon),
            addon,
            timing,
            removed,
        }
    }
}

fn account_field(addon: &Addon) -> Option<String> {
    let template = addon.api.account.as_ref()?;
    let shared = template.names().first()?.first()?;
    let field =
        addon.fields.iter().find(|field| field.shared.as_ref() == Some(shared) && !field.path.is_empty())?;
    Some(format!("spec.{}", field.path.join(".")))
}
