//! Traces of another operator: its Deployments, and what it recorded lately. Reads only; what is looked for is the caller's to say.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::api::{DynamicObject, ListParams};
use serde_json::Value;

use super::{Cluster, Failure, Key, Kind};

/// A Deployment that wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Where it stands.
    pub key: Key,
    /// The image by which it was known.
    pub image: String,
}

/// The Deployments of any namespace that want at least one replica of an image with one of these names, whatever its registry and tag.
///
/// # Errors
/// They cannot be listed.
pub async fn deployments(cluster: &Cluster, images: &[&str]) -> Result<Vec<Running>, Failure> {
    let api = Kind::deployments().api(cluster.client(), None);
    let list = cluster.ask(api.list(&ListParams::default())).await?;
    let running = |deployment: &DynamicObject| {
        let replicas = deployment.data.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
        let image = images_of(deployment).into_iter().find(|image| images.contains(&name_of(image)))?;
        (replicas > 0).then(|| Running { key: Key::of(&deployment.metadata), image })
    };
    Ok(list.items.iter().filter_map(running).collect())
}

/// How many events this reporter has recorded within the last `within`; many come from one that runs.
///
/// # Errors
/// They cannot be listed.
pub async fn events(cluster: &Cluster, reporter: &str, within: Duration) -> Result<usize, Failure> {
    let api = Kind::events().api(cluster.client(), None);
    let params = ListParams::default().fields(&format!("reportingComponent={reporter}"));
    let list = cluster.ask(api.list(&params)).await?;
    let now = Timestamp::now();
    let recent = |event: &DynamicObject| {
        let times = ["/lastTimestamp", "/eventTime"].into_iter().filter_map(|field| event.data.pointer(field)?.as_str()?.parse().ok());
        times.max().is_some_and(|at: Timestamp| now.duration_since(at) < within.try_into().unwrap_or_default())
    };
    Ok(list.items.iter().filter(|event| recent(event)).count())
}

fn images_of(deployment: &DynamicObject) -> Vec<String> {
    let containers = deployment.data.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().filter_map(|container| container["image"].as_str().map(str::to_owned)).collect()
}

/// `operator` of `registry.example:5000/team/operator:v1@sha256:…`.
fn name_of(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_name_alone() {
        for image in ["operator", "operator:v1", "team/operator@sha256:00", "registry.example:5000/team/operator:v1@sha256:00"] {
            assert_eq!(name_of(image), "operator", "{image}");
        }
    }
}
