//! What one namespace brings of its own: the text of a Secret there. Which Secret, and when it changes, is the cluster's part.
//!
//! Credentials are taken together or not at all. Filled up from the operator's own, they would be sent as somebody who nobody is; and with an
//! endpoint of the namespace's, the operator's would be shown to a stranger.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use interpreter::catalog::Catalog;

use super::document::{Document, Entry, Format, Leaf};
use super::key::{Vocabulary, canonical};
use super::problem::ConfigError;
use super::reader::Reader;
use super::{ApiSettings, api_settings, missing};

/// What a namespace brings of its own.
#[derive(Debug, Clone, Default)]
pub struct NamespaceConfig {
    /// What it says about each API, by name; only about those that it speaks of.
    pub apis: BTreeMap<String, ApiSettings>,
    /// The added APIs about which it says something that their catalog does not understand (any more), and what that is: it bars nobody from what is
    /// built in. Of an API that is in no catalog nothing may be said at all: it could be one of the others, misspelt.
    pub unknown: BTreeMap<String, String>,
}

/// Reads the text of such a Secret: TOML, or base64 of it. `name` is what problems call it. Reports every problem at once.
pub fn namespace(name: &str, text: &str, catalog: &Catalog) -> Result<NamespaceConfig, ConfigError> {
    let vocabulary = Vocabulary::of(catalog).for_one_namespace();
    let mut document = Document::parse(name, &plain(text), Format::Toml)?;
    let (operator, apis): (Vec<_>, Vec<_>) =
        document.entries.drain(..).partition(|entry| entry.path.first().is_some_and(|first| first == "operator"));
    document.entries = apis;
    let unknown = take_unknown(&mut document, &vocabulary);
    let mut reader = Reader::of_documents(std::slice::from_ref(&document), &vocabulary);
    for entry in &operator {
        let message = format!("`{}` is not for one namespace to say", entry.path.join("."));
        let help = "remove `[operator]`: it is how the operator behaves for all namespaces, and stands in its own configuration";
        reader.refuse_line(name, Some(entry.line), message, help.into());
    }
    if document.entries.iter().all(|entry| matches!(entry.leaf, Leaf::Other("an empty table"))) {
        reader.refuse_line(
            name,
            None,
            "nothing is written".into(),
            "write `[api]` and below it what is different here, or delete it".into(),
        );
    }
    let sections = reader.sections(&vocabulary);
    let spoken = sections.into_iter().filter(|(_, section)| reader.speaks_of(section)).collect::<Vec<_>>();
    let apis = spoken.into_iter().map(|(api, section)| (api.clone(), api_settings(&mut reader, &api, section, &vocabulary))).collect();
    refuse_parts(&mut reader, &apis, catalog);
    reader.finish(NamespaceConfig { apis, unknown })
}

/// Takes out what is written below the sections of added APIs and no catalog understands, by API.
fn take_unknown(document: &mut Document, vocabulary: &Vocabulary) -> BTreeMap<String, String> {
    let known = vocabulary.keys();
    let is_strange = |entry: &Entry| vocabulary.is_of_added(&entry.path) && !known.contains(&canonical(&entry.path));
    let (strange, rest): (Vec<_>, Vec<_>) = document.entries.drain(..).partition(is_strange);
    document.entries = rest;
    let told = |entry: &Entry| {
        Some((entry.path.get(1)?.clone(), format!("{}:{}: `{}` is not known", document.name, entry.line, canonical(&entry.path))))
    };
    strange.iter().filter_map(told).collect()
}

/// Refuses credentials that are not complete by themselves, and an endpoint without them.
fn refuse_parts(reader: &mut Reader, apis: &BTreeMap<String, ApiSettings>, catalog: &Catalog) {
    for (name, settings) in apis {
        let Some(missing) = catalog.apis.get(name).and_then(|api| missing(settings, api)) else { continue };
        let (key, message) = match (&settings.endpoint, settings.credentials.keys().next()) {
            (Some(_), _) => ("endpoint", "is an endpoint of its own, which needs all its own credentials"),
            (None, Some(credential)) => (credential.as_str(), "is one of several credentials, which are taken together or not at all"),
            (None, None) => continue,
        };
        reader.refuse(&format!("{}.{key}", settings.section), message, missing.remedy(false));
    }
}

/// Some write the text in base64 before the cluster does it once more. No TOML that says anything is made of base64's letters alone.
fn plain(text: &str) -> String {
    let letters: String = text.split_whitespace().collect();
    let decoded = BASE64_STANDARD.decode(&letters).ok().filter(|bytes| !bytes.is_empty());
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}
