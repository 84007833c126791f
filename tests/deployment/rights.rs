//! The rights that are granted are those that are used.

use serde_json::Value;

use crate::harness::{grants, rights};

/// Granted, and not used in the story that is played: each with the reason why it is needed.
const RARE: [&str; 0] = [];

/// Fails with each right that the deployed roles grant, and that their user has not used.
pub(super) fn all_granted_are_used(manifest: &[Value]) {
    let unused = grants::unused(manifest, &user()).into_iter().map(|right| right.to_string());
    let unused: Vec<_> = unused.filter(|right| !RARE.contains(&right.as_str())).collect();
    assert!(unused.is_empty(), "granted and never used; take them away, or explain them in RARE: {unused:#?}");
}

/// Who the deployed operator is, for the API server.
pub(super) fn user() -> String {
    format!("system:serviceaccount:{}:{}", rights::NAMESPACE, rights::ACCOUNT)
}
