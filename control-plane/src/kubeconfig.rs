//! The text of a kubeconfig: one cluster, one user with a token. Does not write it anywhere.

use std::path::Path;

use serde_json::json;

/// A kubeconfig as JSON, which is YAML too and needs no quoting of ours.
pub(crate) fn text(server: &str, authority: &Path, user: &str, token: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "control-plane", "cluster": {"server": server, "certificate-authority": authority}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "control-plane", "context": {"cluster": "control-plane", "user": user}}],
        "current-context": "control-plane",
    })
    .to_string()
}
