//! Labels and annotations of a Secret: those of the operator, and the checks of those that others choose.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::exchange::quotable;

/// The recommended label that names the manager of an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The operator's name as manager.
pub const MANAGER: &str = "clever-operator";
/// The recommended label that names the instance that an object belongs to.
const INSTANCE: &str = "app.kubernetes.io/instance";
/// The label on a managed Secret: the uid of the resource it belongs to.
pub const OWNER: &str = "operator.clever-cloud.com/owner";
/// The label on a managed Secret: the kind of the resource.
const KIND: &str = "operator.clever-cloud.com/kind";
/// The label on a managed Secret: the name of the resource, or a hash of it. For a hash, the annotation has the name.
const NAME: &str = "operator.clever-cloud.com/name";
/// The domain of the operator's own labels and annotations.
const OWN_DOMAIN: &str = "operator.clever-cloud.com";
/// Domains that Kubernetes reserves. Its components act on their labels and annotations.
const RESERVED_DOMAINS: [&str; 2] = ["kubernetes.io", "k8s.io"];
/// The domain of the recommended labels, which is free.
const RECOMMENDED_DOMAIN: &str = "app.kubernetes.io";
/// Maximum length of a label's value, and of the name in a key.
const MAX_LABEL_LEN: usize = 63;
/// Maximum length of a domain in a key.
const MAX_DOMAIN_LEN: usize = 253;
/// Maximum number of labels, and of annotations.
pub const MAX_METADATA: usize = 16;
/// Maximum length of an annotation's value.
pub const MAX_ANNOTATION_LEN: usize = 1024;
/// Number of hexadecimal digits of a hash.
const HASH_LEN: usize = 16;

/// Labels and annotations of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretMetadata {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
}

impl SecretMetadata {
    /// Returns true when these labels name a resource of this kind and name, as far as they name any: earlier versions
    /// wrote neither.
    pub fn may_be_of(&self, kind: &str, name: &str) -> bool {
        let own = Self::default().of_resource(kind, name, "");
        let is_same =
            |label: &&str| self.labels.get(*label).is_none_or(|held| own.labels.get(*label) == Some(held));
        [KIND, NAME].iter().all(is_same)
    }

    /// Returns the problem of the first label or annotation that the operator does not write, if there is one.
    pub fn problem(&self) -> Option<String> {
        for (what, all) in [("label", &self.labels), ("annotation", &self.annotations)] {
            if all.len() > MAX_METADATA {
                return Some(format!("there are {} {what}s, and may be at most {MAX_METADATA}", all.len()));
            }
        }
        let wrong_label = |(key, value): (&String, &String)| {
            key_problem(key).or_else(|| label_problem(value)).map(|why| about("label", key, why))
        };
        let wrong_annotation = |(key, value): (&String, &String)| {
            key_problem(key).or_else(|| annotation_problem(value)).map(|why| about("annotation", key, why))
        };
        self.labels
            .iter()
            .find_map(wrong_label)
            .or_else(|| self.annotations.iter().find_map(wrong_annotation))
    }

    /// Returns true when there is neither a label nor an annotation.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.annotations.is_empty()
    }

    /// Returns these labels and annotations, and those of `defaults` that they lack.
    pub(super) fn with_defaults(mut self, defaults: &Self) -> Self {
        add_missing(&mut self.labels, &defaults.labels);
        add_missing(&mut self.annotations, &defaults.annotations);
        self
    }

    /// Adds the labels of the operator. Users may choose the instance, because other tools read it.
    #[must_use]
    pub fn of_resource(mut self, kind: &str, name: &str, uid: &str) -> Self {
        let label = if is_label(name) { name.to_owned() } else { hash(name) };
        if label != name {
            self.annotations.insert(NAME.to_owned(), name.to_owned());
        }
        self.labels.entry(INSTANCE.to_owned()).or_insert_with(|| label.clone());
        self.labels.extend(
            [(MANAGED_BY, MANAGER), (OWNER, uid), (KIND, kind), (NAME, &label)]
                .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        self
    }

    /// Returns true when `held` has all of these labels and annotations.
    pub fn is_in(&self, held: &Self) -> bool {
        let all_in = |wanted: &BTreeMap<String, String>, held: &BTreeMap<String, String>| {
            wanted.iter().all(|(key, value)| held.get(key) == Some(value))
        };
        all_in(&self.labels, &held.labels) && all_in(&self.annotations, &held.annotations)
    }
}

fn add_missing(own: &mut BTreeMap<String, String>, defaults: &BTreeMap<String, String>) {
    for (key, value) in defaults {
        own.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn about(what: &str, key: &str, why: String) -> String {
    format!("the {what} `{}` {why}", quotable(key))
}

/// Returns the problem of a key: its form, or a domain that belongs to others.
fn key_problem(key: &str) -> Option<String> {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    if name.is_empty() || !is_label(name) || domain.is_some_and(|domain| !is_domain(domain)) {
        return Some("is not a valid key: write `name` or `domain/name`, with up to 63 letters, digits, `-`, `_` and `.` in the name".to_owned());
    }
    let domain = domain.unwrap_or_default();
    let is_below =
        |above: &str| domain == above || domain.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'));
    if is_below(OWN_DOMAIN) || key == MANAGED_BY {
        return Some("belongs to the operator: choose another key".to_owned());
    }
    if domain != RECOMMENDED_DOMAIN && RESERVED_DOMAINS.iter().any(|reserved| is_below(reserved)) {
        return Some(format!(
            "is reserved for Kubernetes, whose components act on it: choose a domain of yours, or `{RECOMMENDED_DOMAIN}`"
        ));
    }
    None
}

fn label_problem(value: &str) -> Option<String> {
    (!is_label(value)).then(|| {
        format!("has a value that is no label: write up to {MAX_LABEL_LEN} letters, digits, `-`, `_` and `.`, with a letter or digit at both ends")
    })
}

fn annotation_problem(value: &str) -> Option<String> {
    (value.len() > MAX_ANNOTATION_LEN)
        .then(|| format!("has a value of more than {MAX_ANNOTATION_LEN} bytes: shorten it"))
}

/// Returns true for a valid value of a label, which may be empty.
fn is_label(value: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    bytes.len() <= MAX_LABEL_LEN && bytes.iter().all(fits) && is_end(bytes.first()) && is_end(bytes.last())
}

/// Returns true for a valid RFC 1123 subdomain, the form of domains and of names of objects.
pub(super) fn is_domain(text: &str) -> bool {
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        bytes.iter().all(fits) && is_end(bytes.first()) && is_end(bytes.last())
    };
    text.len() <= MAX_DOMAIN_LEN && text.split('.').all(is_part)
}

/// Returns a hash that stands for a name that is no label.
fn hash(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(HASH_LEN).collect()
}
