//! The rights that are granted to the operator are those that it uses, and those of users are those that
//! their roles are for.

use serde_json::Value;

use harness::kinds::{documents, printed};
use harness::users::kinds_of;
use harness::{Users, rights, used};

/// The users of a namespace with Kubernetes' own roles, as soon as these are what the manifests make of them.
pub(super) async fn users(namespace: &str) -> Users {
    let users = Users::of(namespace).await;
    users.until_they_may_use(&kinds_of(&documents(&printed(None, &["crd", "view", "--all"])))).await;
    users
}

/// Fails with each right that the deployed roles grant, and that their user has not used.
pub(super) fn all_granted_are_used(manifest: &[Value]) {
    let unused = used::unused(&user(), manifest);
    assert!(unused.is_empty(), "granted and never used; take them away: {unused:#?}");
}

/// Who the deployed operator is, for the API server.
pub(super) fn user() -> String {
    format!("system:serviceaccount:{}:{}", rights::NAMESPACE, rights::ACCOUNT)
}
