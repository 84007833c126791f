//! Types of Secrets that users can choose, and the keys that the API server requires of each.

use std::collections::BTreeMap;

use serde_json::Value;

/// The type of a Secret without another.
pub const OPAQUE: &str = "Opaque";
const BASIC_AUTH: &str = "kubernetes.io/basic-auth";
const TLS: &str = "kubernetes.io/tls";
const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";
/// Types of the Service Binding specification.
const SERVICE_BINDING: &str = "servicebinding.io/";
/// Maximum length of the name after `servicebinding.io/`.
const MAX_NAME_LEN: usize = 63;

/// The accepted types, as the schema of a CRD writes them.
pub const TYPE_PATTERN: &str = r"^(Opaque|kubernetes\.io/(basic-auth|tls|dockerconfigjson)|servicebinding\.io/[A-Za-z0-9][-A-Za-z0-9_.]{0,62})$";

/// Returns true for a type that users can choose. Kubernetes acts on others: a token of a service account, for
/// example, has a type.
pub(super) fn is_type(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = |name: &str| {
        (1..=MAX_NAME_LEN).contains(&name.len())
            && name.bytes().all(fits)
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
    };
    [OPAQUE, BASIC_AUTH, TLS, DOCKER_CONFIG].contains(&name)
        || name.strip_prefix(SERVICE_BINDING).is_some_and(is_name)
}

/// Checks that a Secret of this type has the keys that the API server requires.
pub(super) fn check_keys(type_name: &str, keys: &BTreeMap<String, String>) -> Result<(), String> {
    let has = |key: &str| keys.contains_key(key);
    let (fits, needed) = match type_name {
        BASIC_AUTH => (has("username") || has("password"), "the key `username` or `password`"),
        TLS => (has("tls.crt") && has("tls.key"), "the keys `tls.crt` and `tls.key`"),
        DOCKER_CONFIG => (
            keys.get(".dockerconfigjson").is_some_and(|text| serde_json::from_str::<Value>(text).is_ok()),
            "the key `.dockerconfigjson` with valid JSON",
        ),
        _ => (true, ""),
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "a Secret of the type `{type_name}` needs {needed}: add it with `spec.connectionSecret.keys` or `spec.connectionSecret.template`."
    ))
}
