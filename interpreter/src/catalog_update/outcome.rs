//! Result of the decisions: the catalog in force, the controllers, the accepted forms to store, and the
//! problems.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::catalog::{Api, Catalog};
use crate::catalog_update::decide::{Settled, Settlement};
use crate::catalog_update::input::Ground;
use crate::catalog_update::rejections;
use crate::catalog_update::types::{CatalogUpdate, Entry, Form, Standing};

/// Builds the catalog update from the decisions.
pub(super) fn update(ground: &Ground, settlement: Settlement) -> CatalogUpdate {
    let Settlement { kinds, problems } = settlement;
    let mut update = CatalogUpdate { problems, ..CatalogUpdate::default() };
    update.problems.extend(ground.merged.problems.iter().cloned());
    for (kind, (form, why)) in &ground.accepted.unreadable {
        let is_there = ground.added.iter().any(|source| source.path == form.addon.path);
        if !kinds.contains_key(kind) && (is_there || (ground.lives)(kind)) {
            update.problems.push(rejections::unreadable(kind, form, why));
            update.accepted.insert(kind.clone(), (*form).clone());
        }
    }
    for (kind, settled) in kinds {
        if !settled.built_in {
            update.accepted.insert(kind.clone(), settled.form.clone());
        }
        update.entries.insert(kind.clone(), entry(kind, &settled));
    }
    update.catalog = catalog(ground, &update.entries);
    update.problems.sort();
    update.problems.dedup();
    update
}

fn entry(definition: String, settled: &Settled) -> Entry {
    Entry {
        name: settled.made.addon.name.clone(),
        definition,
        file: settled.form.addon.path.clone(),
        built_in: settled.built_in,
        standing: settled.standing,
        addon: Arc::clone(&settled.made.addon),
        digest: digest(&settled.form, settled.standing),
    }
}

fn catalog(ground: &Ground, entries: &BTreeMap<String, Entry>) -> Catalog {
    let managed = entries.values().filter(|entry| entry.standing != Standing::DeleteOnly);
    let addons = managed.map(|entry| (entry.name.clone(), Arc::clone(&entry.addon))).collect();
    let mut apis: BTreeMap<String, Arc<Api>> =
        ground.merged.apis.iter().map(|(name, (api, _))| (name.clone(), Arc::clone(api))).collect();
    // An API form that no kind was accepted with does not replace the form that kinds run with.
    let is_newest =
        |entry: &Entry| apis.get(&entry.addon.api.name).is_some_and(|api| Arc::ptr_eq(api, &entry.addon.api));
    let mut order: Vec<&Entry> = entries.values().collect();
    order.sort_by_key(|entry| (entry.standing, !is_newest(entry)));
    for entry in order.into_iter().rev() {
        apis.insert(entry.addon.api.name.clone(), Arc::clone(&entry.addon.api));
    }
    let built_in = ground.merged.below.values().map(|made| made.addon.api.name.clone()).collect();
    Catalog { apis, addons, built_in }
}

/// Returns the digest of a form. A delete-only kind has another digest than the same files in force.
fn digest(form: &Form, standing: Standing) -> String {
    let mut hash = Sha256::new();
    hash.update([u8::from(standing == Standing::DeleteOnly)]);
    for text in [&form.addon.text, &form.api.text] {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
