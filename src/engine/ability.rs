//! Whether the engine can work on a kind, and may do so here. One that needs more is not worked on at all, rather than half.

use interpreter::catalog::{Addon, Scope as KindScope};
use interpreter::resource::lacking;

use crate::cluster::watch::Scope;

/// Why the resources of this kind cannot be managed, in words; none: they can.
pub(super) fn obstacle(addon: &Addon, scope: &Scope) -> Option<String> {
    let lacking = lacking(addon);
    if !lacking.is_empty() {
        return Some(format!("this version cannot do {}", lacking.join(", ")));
    }
    let confined = *scope != Scope::Cluster && addon.resource.scope == KindScope::Cluster;
    confined.then(|| "they belong to no namespace, and only those in some namespaces are (`operator.watchNamespaces`)".to_owned())
}
