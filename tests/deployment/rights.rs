//! The rights that are granted are those that are used.

use serde_json::Value;

use crate::harness::{rights, used};

/// Fails with each right that the deployed roles grant, and that their user has not used.
pub(super) fn all_granted_are_used(manifest: &[Value]) {
    let unused = used::unused(&user(), manifest);
    assert!(unused.is_empty(), "granted and never used; take them away: {unused:#?}");
}

/// Who the deployed operator is, for the API server.
pub(super) fn user() -> String {
    format!("system:serviceaccount:{}:{}", rights::NAMESPACE, rights::ACCOUNT)
}
