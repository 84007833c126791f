//! The credentials of one namespace: the text of a Secret there. The caller decides which Secret, and watches
//! it.
//!
//! Credentials apply as a complete set or not at all. Completed from the operator's own, they would mix two
//! accounts; and with an endpoint of the namespace's own, the operator's credentials would be shown to a
//! stranger.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use interpreter::catalog::Catalog;

use crate::config::credentials::missing_credentials;
use crate::config::document::{Document, Entry, Format, Leaf};
use crate::config::known_keys::{KnownKeys, canonical};
use crate::config::load::api_settings;
use crate::config::problem::ConfigError;
use crate::config::reader::Reader;
use crate::config::settings::ApiSettings;

/// Settings from the Secret of a namespace.
#[derive(Debug, Clone, Default)]
pub struct NamespaceConfig {
    /// Settings of each API that the Secret mentions, by name.
    pub apis: BTreeMap<String, ApiSettings>,
    /// Added APIs with keys that their catalog does not know (any more), and the message about it: they do
    /// not block the built-in APIs. Keys about an API that is in no catalog are refused: it could be another
    /// API, misspelt.
    pub unknown: BTreeMap<String, String>,
}

/// Parses the text of such a Secret: TOML, or base64 of it. `name` is its name in problems. Reports all
/// problems at once.
pub fn namespace(name: &str, text: &str, catalog: &Catalog) -> Result<NamespaceConfig, ConfigError> {
    let known_keys = KnownKeys::of(catalog).for_namespace();
    let mut document = Document::parse(name, &decoded(text), Format::Toml)?;
    let (operator, apis): (Vec<_>, Vec<_>) = document
        .entries
        .drain(..)
        .partition(|entry| entry.path.first().is_some_and(|first| first == "operator"));
    document.entries = apis;
    let unknown = remove_unknown(&mut document, &known_keys);
    let mut reader = Reader::of_documents(std::slice::from_ref(&document), &known_keys);
    for entry in &operator {
        let message = format!("`{}` cannot be set for one namespace", entry.path.join("."));
        let help = "remove `[operator]`: it applies to all namespaces and belongs in the configuration of the operator";
        reader.refuse_line(name, Some(entry.line), message, help.into());
    }
    if document.entries.iter().all(|entry| matches!(entry.leaf, Leaf::Other("an empty table"))) {
        let help = "write the credentials of this namespace in `[api]`, or delete it".into();
        reader.refuse_line(name, None, "the configuration is empty".into(), help);
    }
    let sections = reader.sections(&known_keys);
    let present = sections.into_iter().filter(|(_, section)| reader.has_section(section)).collect::<Vec<_>>();
    let apis = present
        .into_iter()
        .map(|(api, section)| (api.clone(), api_settings(&mut reader, &api, section, &known_keys)))
        .collect();
    refuse_incomplete(&mut reader, &apis, catalog);
    reader.finish(NamespaceConfig { apis, unknown })
}

/// Removes the keys of added APIs that no catalog knows, and returns a message for each API.
fn remove_unknown(document: &mut Document, known_keys: &KnownKeys) -> BTreeMap<String, String> {
    let known = known_keys.keys();
    let is_unknown =
        |entry: &Entry| known_keys.is_of_added_api(&entry.path) && !known.contains(&canonical(&entry.path));
    let (unknown, rest): (Vec<_>, Vec<_>) = document.entries.drain(..).partition(is_unknown);
    document.entries = rest;
    let message_of = |entry: &Entry| {
        Some((
            entry.path.get(1)?.clone(),
            format!("{}:{}: `{}` is not known", document.name, entry.line, canonical(&entry.path)),
        ))
    };
    unknown.iter().filter_map(message_of).collect()
}

/// Refuses incomplete credentials, and an endpoint without credentials.
fn refuse_incomplete(reader: &mut Reader, apis: &BTreeMap<String, ApiSettings>, catalog: &Catalog) {
    for (name, settings) in apis {
        let Some(missing) = catalog.apis.get(name).and_then(|api| missing_credentials(settings, api)) else {
            continue;
        };
        let (key, message) = match (&settings.endpoint, settings.credentials.keys().next()) {
            (Some(_), _) => {
                ("endpoint", "is an endpoint of its own, which needs a complete set of credentials")
            }
            (None, Some(credential)) => (
                credential.as_str(),
                "is one of several credentials, which apply as a complete set or not at all",
            ),
            (None, None) => continue,
        };
        reader.refuse(&format!("{}.{key}", settings.section), message, missing.help(false));
    }
}

/// Decodes text that was written in base64 before the cluster encodes it once more. No meaningful TOML
/// consists of base64 letters alone.
fn decoded(text: &str) -> String {
    let letters: String = text.split_whitespace().collect();
    let decoded = BASE64_STANDARD.decode(&letters).ok().filter(|bytes| !bytes.is_empty());
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}
