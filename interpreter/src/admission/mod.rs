//! Stub until the branch `admission` is merged.
use crate::catalog::{self, Addon, Catalog, Problem, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
/// The two files that a kind is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// add-on
    pub addon: Source,
    /// api
    pub api: Source,
}
/// How a kind stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// in force
    InForce,
    /// last
    LastAccepted,
    /// delete only
    DeleteOnly,
}
/// One.
#[derive(Debug, Clone)]
pub struct Entry {
    /// name
    pub name: String,
    /// plural.group
    pub definition: String,
    /// file
    pub file: String,
    /// built in
    pub built_in: bool,
    /// standing
    pub standing: Standing,
    /// addon
    pub addon: Arc<Addon>,
    /// digest
    pub digest: String,
}
/// All.
#[derive(Debug, Default)]
pub struct Admission {
    /// in force
    pub catalog: Catalog,
    /// by definition
    pub entries: BTreeMap<String, Entry>,
    /// to keep
    pub accepted: BTreeMap<String, Form>,
    /// wrong
    pub problems: Vec<Problem>,
}
/// Admits.
pub fn admit(built_in: &[Source], added: &[Source], accepted: &BTreeMap<String, Form>, _lives: &dyn Fn(&str) -> bool) -> Admission {
    let all = [built_in, added].concat();
    let loaded = catalog::load(&all);
    let entries = loaded
        .catalog
        .addons
        .values()
        .map(|addon| {
            let definition = format!("{}.{}", addon.resource.plural, addon.resource.group);
            let file = all.iter().find(|s| s.text.contains(&format!("addon: {}\n", addon.name))).cloned().unwrap();
            (
                definition.clone(),
                Entry {
                    name: addon.name.clone(),
                    definition,
                    file: file.path.clone(),
                    built_in: built_in.contains(&file),
                    standing: Standing::InForce,
                    addon: addon.clone(),
                    digest: {
                        use std::hash::{Hash, Hasher};
                        let mut h = std::hash::DefaultHasher::new();
                        format!("{addon:?}").hash(&mut h);
                        h.finish().to_string()
                    },
                },
            )
        })
        .collect();
    Admission { catalog: loaded.catalog, entries, accepted: accepted.clone(), problems: loaded.problems }
}
