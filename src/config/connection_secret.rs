//! Labels and annotations that every Secret of a resource gets, and those of the Secrets of one namespace.

use std::collections::BTreeMap;

use interpreter::resource::SecretMetadata;

use crate::config::known_keys::CONNECTION_SECRET;
use crate::config::reader::Reader;

/// Labels and annotations of Secrets, unless the spec of the resource has a value of its own for a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretDefaults {
    all: SecretMetadata,
    namespaces: BTreeMap<String, SecretMetadata>,
}

impl SecretDefaults {
    /// Returns those of a namespace: its own ones, and the general ones that it does not replace.
    pub fn of(&self, namespace: &str) -> SecretMetadata {
        let mut metadata = self.all.clone();
        if let Some(own) = self.namespaces.get(namespace) {
            metadata.labels.extend(own.labels.clone());
            metadata.annotations.extend(own.annotations.clone());
        }
        metadata
    }
}

/// Returns the labels and annotations of the configuration.
pub(super) fn connection_secret(reader: &mut Reader) -> SecretDefaults {
    let mut defaults = SecretDefaults::default();
    for (key, value) in reader.table(CONNECTION_SECRET) {
        let (namespace, table, name) = match key.strip_prefix("namespaces.") {
            Some(rest) => match rest.splitn(3, '.').collect::<Vec<_>>().as_slice() {
                [namespace, table, name] => {
                    (Some((*namespace).to_owned()), (*table).to_owned(), (*name).to_owned())
                }
                _ => continue,
            },
            None => match key.split_once('.') {
                Some((table, name)) => (None, table.to_owned(), name.to_owned()),
                None => continue,
            },
        };
        let metadata = match namespace {
            Some(namespace) => defaults.namespaces.entry(namespace).or_default(),
            None => &mut defaults.all,
        };
        let target = if table == "labels" { &mut metadata.labels } else { &mut metadata.annotations };
        target.insert(name.clone(), value.clone());
        let mut one = SecretMetadata::default();
        let own = if table == "labels" { &mut one.labels } else { &mut one.annotations };
        own.insert(name, value);
        if let Some(problem) = one.problem() {
            let help =
                "write a label or an annotation that the operator may write to every Secret".to_owned();
            reader.refuse(&format!("{CONNECTION_SECRET}.{key}"), &format!("cannot be used: {problem}"), help);
        }
    }
    defaults
}
