//! Formats generated definitions as YAML, for reviews and for `kubectl`.

use serde_json::{Value, json};
use serde_yaml::SerializerOptions;

use crate::catalog::Addon;
use crate::crd::file_name;

/// Formats a value as YAML, with its keys in their order.
pub fn yaml(value: &Value) -> Result<String, serde_yaml::ser::Error> {
    let mut text = String::new();
    let mut options = SerializerOptions::default();
    options.prefer_block_scalars = false;
    serde_yaml::to_fmt_writer_with_options(&mut text, value, options)?;
    Ok(text)
}

/// Returns the file for `kubectl apply -k`: a list of every definition's file, sorted.
pub fn kustomization<'a>(
    addons: impl IntoIterator<Item = &'a Addon>,
) -> Result<String, serde_yaml::ser::Error> {
    let mut files: Vec<_> = addons.into_iter().map(file_name).collect();
    files.sort();
    yaml(
        &json!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": files }),
    )
}
