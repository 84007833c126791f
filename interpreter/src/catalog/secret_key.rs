//! Keys of a Secret.

/// Returns true when Kubernetes accepts this as a key of a Secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=253).contains(&key.len()) && key != "." && !key.starts_with("..") && key.bytes().all(fits)
}
