//! Builds a kubeconfig with one cluster and one user who has a token.

use std::path::Path;

use serde_json::json;

/// Returns a kubeconfig as JSON, which is valid YAML and needs no quoting rules.
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
