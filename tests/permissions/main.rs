//! RBAC: the operator with all permissions, in selected namespaces, and with a permission missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod missing;
mod namespaces;
