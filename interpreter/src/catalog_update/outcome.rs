//! Result of the decisions: the catalog in force, the controllers, the accepted versions to store, and the
//! problems.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::catalog::{Api, Catalog};
use crate::catalog_update::decide::{Decision, Decisions};
use crate::catalog_update::input::Input;
use crate::catalog_update::rejections;
use crate::catalog_update::types::{CatalogUpdate, Entry, EntryFiles, EntryState};

/// Builds the catalog update from the decisions.
pub(super) fn result(input: &Input, decisions: Decisions) -> CatalogUpdate {
    let Decisions { kinds, problems } = decisions;
    let mut update = CatalogUpdate { problems, ..CatalogUpdate::default() };
    update.problems.extend(input.merged.problems.iter().cloned());
    for (kind, (files, why)) in &input.accepted.unreadable {
        let is_there = input.added.iter().any(|source| source.path == files.addon.path);
        if !kinds.contains_key(kind) && (is_there || (input.has_resources)(kind)) {
            update.problems.push(rejections::unreadable(kind, files, why));
            update.accepted.insert(kind.clone(), (*files).clone());
        }
    }
    for (kind, decision) in kinds {
        if !decision.built_in {
            update.accepted.insert(kind.clone(), decision.files.clone());
        }
        update.entries.insert(kind.clone(), entry(kind, &decision));
    }
    update.catalog = catalog(input, &update.entries);
    update.problems.sort();
    update.problems.dedup();
    update
}

fn entry(definition: String, decision: &Decision) -> Entry {
    Entry {
        name: decision.compiled.addon.name.clone(),
        definition,
        file: decision.files.addon.path.clone(),
        built_in: decision.built_in,
        state: decision.state,
        addon: Arc::clone(&decision.compiled.addon),
        digest: digest(&decision.files, decision.state),
    }
}

fn catalog(input: &Input, entries: &BTreeMap<String, Entry>) -> Catalog {
    let managed = entries.values().filter(|entry| entry.state != EntryState::DeleteOnly);
    let addons = managed.map(|entry| (entry.name.clone(), Arc::clone(&entry.addon))).collect();
    let mut apis: BTreeMap<String, Arc<Api>> =
        input.merged.apis.iter().map(|(name, (api, _))| (name.clone(), Arc::clone(api))).collect();
    // An API version that no kind was accepted with does not replace the version that kinds run with.
    let is_newest =
        |entry: &Entry| apis.get(&entry.addon.api.name).is_some_and(|api| Arc::ptr_eq(api, &entry.addon.api));
    let mut order: Vec<&Entry> = entries.values().collect();
    order.sort_by_key(|entry| (entry.state, !is_newest(entry)));
    for entry in order.into_iter().rev() {
        apis.insert(entry.addon.api.name.clone(), Arc::clone(&entry.addon.api));
    }
    let built_in = input.merged.below.values().map(|compiled| compiled.addon.api.name.clone()).collect();
    Catalog { apis, addons, built_in }
}

/// Returns the digest of a version. A delete-only kind has another digest than the same files in force.
fn digest(files: &EntryFiles, state: EntryState) -> String {
    let mut hash = Sha256::new();
    hash.update([u8::from(state == EntryState::DeleteOnly)]);
    for text in [&files.addon.text, &files.api.text] {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
