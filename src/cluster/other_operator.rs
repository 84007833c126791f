//! Detects another operator by its Deployments and its recent Events. Reads only; the caller decides what to
//! look for.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::api::{DynamicObject, ListParams};
use serde_json::Value;

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::{Key, Kind};

/// A Deployment with at least one desired replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    /// Its namespace and name.
    pub(crate) key: Key,
    /// The image by which it was recognised.
    pub(crate) image: String,
}

/// Lists the Deployments of all namespaces that want at least one replica of an image with one of these
/// names, whatever its registry and tag.
///
/// # Errors
/// They cannot be listed.
pub(crate) async fn deployments(cluster: &Cluster, images: &[&str]) -> Result<Vec<Running>, Failure> {
    let api = Kind::deployments().api(cluster.client(), None);
    let list = cluster.ask(api.list(&ListParams::default())).await?;
    let running = |deployment: &DynamicObject| {
        let replicas = deployment.data.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
        let image = images_of(deployment).into_iter().find(|image| images.contains(&name_of(image)))?;
        (replicas > 0).then(|| Running { key: Key::of(&deployment.metadata), image })
    };
    Ok(list.items.iter().filter_map(running).collect())
}

/// Counts the Events that this reporter recorded within the last `within`; a running operator records many.
///
/// # Errors
/// They cannot be listed.
pub(crate) async fn events(cluster: &Cluster, reporter: &str, within: Duration) -> Result<usize, Failure> {
    let api = Kind::events().api(cluster.client(), None);
    let params = ListParams::default().fields(&format!("reportingComponent={reporter}"));
    let list = cluster.ask(api.list(&params)).await?;
    let now = Timestamp::now();
    let recent = |event: &DynamicObject| {
        let times = ["/lastTimestamp", "/eventTime"]
            .into_iter()
            .filter_map(|field| event.data.pointer(field)?.as_str()?.parse().ok());
        times
            .max()
            .is_some_and(|at: Timestamp| now.duration_since(at) < within.try_into().unwrap_or_default())
    };
    Ok(list.items.iter().filter(|event| recent(event)).count())
}

fn images_of(deployment: &DynamicObject) -> Vec<String> {
    let containers = deployment.data.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["image"].as_str().map(str::to_owned))
        .collect()
}

/// Returns the last part of an image: `operator` for `registry.example:5000/team/operator:v1@sha256:…`.
fn name_of(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_recognised_by_its_name_alone() {
        for image in [
            "operator",
            "operator:v1",
            "team/operator@sha256:00",
            "registry.example:5000/team/operator:v1@sha256:00",
        ] {
            assert_eq!(name_of(image), "operator", "{image}");
        }
    }
}
