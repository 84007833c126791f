//! Features that a catalog can ask for and the engine lacks. A kind that needs one is not managed at all,
//! rather than half.

use crate::catalog::Addon;

/// Returns the features that this kind needs and the engine lacks, in words; empty for a kind that can be
/// managed.
pub fn lacking(addon: &Addon) -> Vec<&'static str> {
    let needs = [
        (addon.parent.is_some(), "a resource that belongs to another one (`parent`)"),
        (!addon.collections.is_empty(), "collections that are changed element by element"),
        (addon.api.credentials.is_some(), "credentials from a Secret that the resource names"),
        (!addon.api.identity.adopts, "names that users choose (`adopt: never`)"),
        (addon.ready.read.is_some(), "readiness that a read reports"),
    ];
    needs.into_iter().filter(|(needed, _)| *needed).map(|(_, what)| what).collect()
}
