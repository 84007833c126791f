//! Plan of an apply: what Kubernetes and the operator would do with manifests. Reads the cluster and the cloud, asks
//! the API server for dry runs, and writes nothing.

mod admission;
mod confidential;
mod kinds;
mod object_changes;
mod resource_plan;
mod target;
mod types;

pub use types::{
    ApplyPlan, CheckedBy, FieldChange, MonthlyPrice, ObjectChange, PlanOptions, PlannedAction,
    PlannedManifest, PlannedRequest, PlannedResource, PlannedStep, SkippedKind,
};

use std::collections::BTreeSet;
use std::sync::Arc;

use interpreter::catalog::{Addon, Catalog, Scope};
use interpreter::reconcile::MarkingPolicy;
use serde_json::Value;

use crate::cluster::{Cluster, connect, crd};
use crate::engine::annotations;
use crate::engine::apply_plan::kinds::KindCache;
use crate::engine::apply_plan::target::Target;
use crate::engine::context::Engine;
use crate::engine::identity::InstallationIdentity;
use crate::engine::kind::spec::kind_of;

/// Name of the process in simulated records.
const IDENTITY: &str = "plan";

/// Limit of a plan without the id of the cluster.
const MARKS: &str = r#"the marks that the operator sets at add-ons, because the id of the cluster is not known; grant {apiGroups: [""], resources: ["namespaces"], resourceNames: ["kube-system"], verbs: [get]}"#;

/// Plans the apply of manifests, one after the other.
///
/// # Errors
/// No cluster is configured, or the configuration cannot be used.
pub async fn apply_plan(options: PlanOptions) -> anyhow::Result<ApplyPlan> {
    let PlanOptions { catalog, config, cluster, namespace, manifests } = options;
    let client = connect(&cluster).await?;
    let namespace = namespace.unwrap_or_else(|| client.default_namespace().to_owned());
    let cluster = Cluster::new(client, annotations::FIELD_MANAGER).without_permission_warnings();
    let active = Arc::new(catalog);
    let own_namespace = installation(&cluster, &active, &manifests).await;
    let identity = match own_namespace {
        Some(own_namespace) => InstallationIdentity::observe_in(&cluster, &own_namespace).await,
        None => InstallationIdentity::observe(&cluster).await,
    };
    let mut plan = ApplyPlan::default();
    if identity.cluster.is_empty() && config.operator.marks != MarkingPolicy::None {
        plan.not_checked.push(MARKS.to_owned());
    }
    let engine = Arc::new(Engine::of_command(IDENTITY, (cluster, identity), (&active, &config))?);
    let mut targets = Vec::new();
    for PlannedManifest { source, manifest } in manifests {
        match addon_of(&active, &manifest) {
            Some(addon) => targets.push(target(addon, (source, manifest), &namespace)),
            None => plan.skip(&manifest),
        }
    }
    let namespaces: BTreeSet<_> = targets.iter().map(|target| target.namespace.clone()).collect();
    let mut kinds = KindCache::new(&engine, &config.operator, namespaces.into_iter().collect());
    for target in targets {
        plan.resources.push(resource_plan::plan(&engine, &mut kinds, target).await);
    }
    plan.not_checked.extend(kinds.not_checked());
    Ok(plan)
}

/// Returns the namespace of the operator that claims the kinds of the manifests, if the caller may read their CRDs.
async fn installation(cluster: &Cluster, catalog: &Catalog, manifests: &[PlannedManifest]) -> Option<String> {
    let addon = manifests.iter().find_map(|one| addon_of(catalog, &one.manifest))?;
    let crd = crd::read(cluster, &kind_of(&addon).to_string()).await.ok().flatten()?;
    let (namespace, _) = crd::holder(&crd, annotations::CLAIM)?.split_once('/')?;
    Some(namespace.to_owned())
}

/// Returns the add-on of a manifest, by group and kind.
fn addon_of(catalog: &Catalog, manifest: &Value) -> Option<Arc<Addon>> {
    let version = manifest["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let is_it =
        |addon: &&Arc<Addon>| addon.resource.group == group && manifest["kind"] == *addon.resource.kind;
    catalog.addons.values().find(is_it).cloned()
}

/// Completes a manifest as `kubectl` does: with the namespace, if it has none.
fn target(addon: Arc<Addon>, (source, mut manifest): (String, Value), default: &str) -> Target {
    let kind = kind_of(&addon);
    let namespace = match addon.resource.scope {
        Scope::Namespaced => manifest["metadata"]["namespace"].as_str().unwrap_or(default).to_owned(),
        Scope::Cluster => String::new(),
    };
    if let Some(metadata) = manifest["metadata"].as_object_mut().filter(|_| !namespace.is_empty()) {
        metadata.insert("namespace".to_owned(), namespace.as_str().into());
    }
    let name = manifest["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    Target { addon, kind, source, namespace, name, manifest }
}
