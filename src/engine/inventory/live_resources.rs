//! The resources of the cluster, by the add-ons that they hold or name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::join_all;
use interpreter::catalog::Addon;
use interpreter::exchange::Listed;
use interpreter::plan::{EXTERNAL_ID, Location, RECORD, Record};
use interpreter::reconcile::uids;
use kube::api::DynamicObject;
use serde_json::Value;

use crate::cluster::watch::Scope;
use crate::cluster::{Cluster, Failure, Key, object};
use crate::engine::kind::spec::kind_of;
use crate::engine::reconcile::other_claims::{claims, cloud_name};

/// Live resources of all kinds.
#[derive(Default)]
pub(super) struct LiveResources {
    pub(super) all: Vec<LiveResource>,
    /// The kinds whose resources are not all known, by name of the CRD, and the reason.
    pub(super) unlisted: BTreeMap<String, String>,
    /// The CRDs that the cluster does not have.
    pub(super) absent: BTreeSet<String>,
    /// Positions of the resources that name an id, in their record, their status or an annotation.
    naming: HashMap<String, Vec<usize>>,
}

/// Live resource of the cluster.
pub(super) struct LiveResource {
    pub(super) addon: Arc<Addon>,
    pub(super) object: DynamicObject,
    /// The name that the operator gives to its add-on.
    cloud_name: Option<String>,
    pub(super) record: Option<Record>,
}

/// Relation of a live resource to an add-on; the text names the resource.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Holding {
    /// The add-on has the name of the resource, or its own record, its status or an annotation names it.
    Holds(String),
    /// The resource names the add-on, in a record that is not its own or that ended.
    Names(String),
}

impl LiveResources {
    /// Lists the resources of these kinds. Without permission for the whole cluster, lists those of
    /// `namespaces`.
    ///
    /// # Errors
    /// The API server does not answer.
    pub(super) async fn list(
        cluster: &Cluster,
        addons: &[Arc<Addon>],
        namespaces: &BTreeSet<String>,
    ) -> Result<Self, Failure> {
        let mut live = Self::default();
        let listed = join_all(addons.iter().map(|addon| list(cluster, addon, namespaces))).await;
        for (addon, listed) in addons.iter().zip(listed) {
            let name = kind_of(addon).to_string();
            let (objects, problem) = listed?;
            live.unlisted.extend(problem.map(|problem| (name.clone(), problem)));
            match objects {
                Some(objects) => objects.into_iter().for_each(|object| live.add(addon, object)),
                None => drop(live.absent.insert(name)),
            }
        }
        Ok(live)
    }

    fn add(&mut self, addon: &Arc<Addon>, object: DynamicObject) {
        let annotation = |name: &str| object.metadata.annotations.as_ref()?.get(name).cloned();
        let record = annotation(RECORD).and_then(|text| Record::read(&text).ok());
        let recorded = record.iter().filter_map(|record| record.ids.as_ref()).flat_map(|ids| ids.values());
        let status = object.data.pointer("/status/addon").and_then(Value::as_str).map(str::to_owned);
        for id in recorded.cloned().chain(status).chain(annotation(EXTERNAL_ID)).collect::<BTreeSet<_>>() {
            self.naming.entry(id).or_default().push(self.all.len());
        }
        let cloud_name = cloud_name(addon, &object);
        self.all.push(LiveResource { addon: addon.clone(), object, cloud_name, record });
    }

    /// Returns the resource that holds or names an add-on.
    pub(super) fn holding(&self, location: &Location, listed: &Listed) -> Option<Holding> {
        let of_api = |one: &&LiveResource| one.addon.api.name == location.api;
        let named = self.all.iter().filter(of_api).find(|one| one.cloud_name.as_ref() == Some(&listed.name));
        let naming = listed.ids.values().filter_map(|id| self.naming.get(id)).flatten();
        let naming: Vec<_> = naming.filter_map(|at| self.all.get(*at)).filter(of_api).collect();
        // What only an annotation of a user asks for is not held yet, and may never be.
        let holds = |one: &&&LiveResource| claims(&one.object, location, &listed.ids);
        let holder = named.or_else(|| naming.iter().find(holds).copied());
        holder
            .map(|one| Holding::Holds(one.title()))
            .or_else(|| naming.first().map(|one| Holding::Names(one.title())))
    }

    /// Returns the resource whose uid a name at the cloud contains, such as the name of a part of its add-on.
    pub(super) fn contained_in(&self, name: &str) -> Option<String> {
        let has_uid = |one: &&LiveResource| {
            one.object.metadata.uid.as_deref().is_some_and(|own| uids(name).any(|uid| uid == own))
        };
        self.all.iter().find(has_uid).map(LiveResource::title)
    }

    /// Returns the names of all resources in a namespace, and of those in none.
    pub(super) fn names_in(&self, namespace: &str) -> BTreeSet<String> {
        let metadata = self.all.iter().map(|one| &one.object.metadata);
        let there = metadata.filter(|own| own.namespace.as_deref().is_none_or(|own| own == namespace));
        there.filter_map(|own| own.name.clone()).collect()
    }
}

impl LiveResource {
    /// Returns its namespace; empty for a cluster-scoped resource.
    pub(super) fn namespace(&self) -> &str {
        self.object.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// Returns kind and name, for messages.
    fn title(&self) -> String {
        format!("{} {}", self.addon.resource.kind, Key::of(&self.object.metadata))
    }
}

/// The listed resources of a kind, `None` if it is not served; and the reason why there may be more.
type Resources = (Option<Vec<DynamicObject>>, Option<String>);

async fn list(cluster: &Cluster, addon: &Addon, namespaces: &BTreeSet<String>) -> Result<Resources, Failure> {
    let kind = kind_of(addon);
    let failure = match object::list_all(cluster, &kind, &Scope::Cluster).await {
        Ok(objects) => return Ok((objects, None)),
        Err(failure @ Failure::Lost(_)) => return Err(failure),
        Err(failure) => failure,
    };
    let mut all = Vec::new();
    for namespace in namespaces {
        // The failure in the whole cluster is reported; one in a namespace adds nothing.
        let scope = Scope::Namespaces(vec![namespace.clone()]);
        all.extend(object::list_all(cluster, &kind, &scope).await.ok().flatten().unwrap_or_default());
    }
    Ok((Some(all), Some(failure.to_string())))
}
