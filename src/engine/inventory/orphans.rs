//! Orphans: add-ons with a name or a mark of the operator, whose resource this cluster does not have.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::catalog::{Addon, Catalog};
use interpreter::exchange::Listed;
use interpreter::plan::Location;
use interpreter::reconcile::{MarkedResource, MarkingPolicy, NamedResource, WholeMarks, named_resource};
use serde::Serialize;

use crate::cluster::{Cluster, ClusterOptions, connect, namespace};
use crate::config::Config;
use crate::engine::annotations::FIELD_MANAGER;
use crate::engine::identity::CLUSTER_NAMESPACE;
use crate::engine::inventory::accounts::Accounts;
use crate::engine::inventory::cloud_reader::CloudReader;
use crate::engine::inventory::credentials::CommandCredentials;
use crate::engine::inventory::is_managed;
use crate::engine::inventory::live_resources::{Holding, LiveResources};
use crate::engine::kind::spec::kind_of;
use crate::engine::labels::outcome_message;

/// Input of the report.
pub struct OrphanOptions {
    /// The catalog to interpret.
    pub catalog: Arc<Catalog>,
    /// The configuration.
    pub config: Config,
    /// The cluster to connect to.
    pub cluster: ClusterOptions,
    /// Further organisations to read.
    pub organisations: Vec<String>,
}

/// Content of the report.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrphanReport {
    /// The accounts that were read.
    pub checked: Vec<String>,
    /// Reads that failed, each with its error.
    pub not_checked: Vec<String>,
    /// The add-ons that no resource holds.
    pub addons: Vec<ListedOrphan>,
}

/// Verdict on an add-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrphanVerdict {
    /// The cluster has no resource with the uid in the name of the add-on.
    Orphan,
    /// The same, but a resource names the add-on, such as one that was restored from a backup.
    Claimed,
    /// Its mark names a resource of another cluster.
    Elsewhere,
    /// The resources of the kind are not known.
    Unknown,
}

/// Add-on that no resource holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedOrphan {
    /// The kind of its resource.
    pub kind: String,
    /// Its ids, by the catalog's name for each.
    pub ids: BTreeMap<String, String>,
    /// Its name at the cloud.
    pub name: String,
    /// The organisation that owns it.
    pub organisation: String,
    /// The time of its creation.
    pub created: Option<String>,
    /// The verdict.
    pub verdict: OrphanVerdict,
    /// The proof of the verdict.
    pub why: String,
}

/// Creates the report: reads the cluster and the clouds.
///
/// # Errors
/// The cluster cannot be reached.
pub async fn orphan_report(options: OrphanOptions) -> anyhow::Result<OrphanReport> {
    let OrphanOptions { catalog, config, cluster, organisations } = options;
    let cluster = Cluster::new(connect(&cluster).await?, FIELD_MANAGER).without_permission_warnings();
    let addons: Vec<_> = catalog.addons.values().filter(|addon| is_managed(addon)).cloned().collect();
    let live = LiveResources::list(&cluster, &addons, &config.operator.watch_namespaces).await?;
    let credentials = CommandCredentials::new(&catalog, &config, Some(&cluster))?;
    let accounts = Accounts::find(&credentials, &config, (&addons, &live), &organisations).await;
    let mut report = OrphanReport { not_checked: accounts.not_checked.clone(), ..OrphanReport::default() };
    report
        .not_checked
        .extend(live.unlisted.iter().map(|(kind, why)| format!("the resources of {kind}: {why}")));
    // An operator that works in selected namespaces has another id for its cluster.
    let is_confined = !config.operator.watch_namespaces.is_empty();
    let cluster_id = if is_confined { String::new() } else { cluster_id(&cluster).await };
    let seen = Seen { config: &config, addons: &addons, live: &live, cluster: &cluster_id };
    for readers in accounts.readers() {
        report.add_account(&seen, &readers).await;
    }
    Ok(report)
}

/// The kinds of the catalog, and their resources in the cluster.
struct Seen<'a> {
    config: &'a Config,
    addons: &'a [Arc<Addon>],
    live: &'a LiveResources,
    /// The id of the cluster; empty if it may not be read.
    cluster: &'a str,
}

impl OrphanReport {
    /// Adds the orphans of one account, as the first of these readers shows it that may.
    async fn add_account(&mut self, seen: &Seen<'_>, readers: &[CloudReader]) {
        let Some(first) = readers.first() else { return };
        let location = &first.location;
        let mut listed = BTreeMap::new();
        for addon in seen.addons.iter().filter(|addon| addon.api.name == location.api) {
            let mut outcome = first.list(addon).await;
            for reader in readers.iter().skip(1) {
                if outcome.is_err() {
                    outcome = reader.list(addon).await.or(outcome);
                }
            }
            match outcome {
                Ok(list) => {
                    let named = list.listed.iter().map(|one| (one.ids.clone(), one.clone()));
                    listed.extend(named.collect::<Vec<_>>());
                }
                Err(outcome) => {
                    let problem =
                        format!("the add-ons of {}: {}", shown(location), outcome_message(&outcome));
                    self.note(problem);
                    return;
                }
            }
        }
        let marks = self.marks(seen, readers).await;
        self.checked.push(location.account.clone());
        let mut listed: Vec<_> = listed.into_values().collect();
        listed.sort_by_key(|one| one.created);
        self.addons.extend(listed.iter().filter_map(|one| seen.judge(location, one, &marks)));
    }

    /// Returns the marks of the account, as the first of these readers shows them that may.
    async fn marks(&mut self, seen: &Seen<'_>, readers: &[CloudReader]) -> Arc<WholeMarks> {
        let mut problem = None;
        let is_on = seen.config.operator.marks != MarkingPolicy::None;
        for reader in readers.iter().filter(|_| is_on) {
            let addon = seen.addons.iter().find(|addon| addon.api.name == reader.location.api);
            let Some(addon) = addon else { continue };
            match reader.marks(addon).await {
                Ok(marks) => return marks,
                Err(outcome) => {
                    let what = format!("the marks of {}", shown(&reader.location));
                    problem.get_or_insert_with(|| format!("{what}: {}", outcome_message(&outcome)));
                }
            }
        }
        problem.into_iter().for_each(|problem| self.note(problem));
        Arc::default()
    }

    fn note(&mut self, problem: String) {
        if !self.not_checked.contains(&problem) {
            self.not_checked.push(problem);
        }
    }
}

impl Seen<'_> {
    /// Returns the verdict on an add-on, unless a resource holds it or the operator gave it neither name nor mark.
    fn judge(&self, location: &Location, listed: &Listed, marks: &WholeMarks) -> Option<ListedOrphan> {
        let api = &self.addons.iter().find(|addon| addon.api.name == location.api)?.api;
        let named = named_resource(api, &listed.name);
        let marked: Vec<_> = marks.resources(&listed.ids).collect();
        let elsewhere = marked.iter().find(|one| !self.cluster.is_empty() && one.cluster != self.cluster);
        let trace = trace(named.as_ref(), &marked, self.cluster)?;
        let (verdict, why) = match (self.live.holding(location, listed), elsewhere) {
            (Some(Holding::Holds(_)), _) => return None,
            (Some(Holding::Names(resource)), _) => (
                OrphanVerdict::Claimed,
                format!("it has {trace}, and no resource has both, but {resource} names the add-on"),
            ),
            (None, Some(_)) => (OrphanVerdict::Elsewhere, format!("it has {trace}")),
            (None, None) => self.unheld(location, listed, named.as_ref(), &trace),
        };
        let kind = named.and_then(|named| named.kind).or_else(|| listed.provider.clone());
        Some(ListedOrphan {
            kind: kind.unwrap_or_default(),
            ids: listed.ids.clone(),
            name: listed.name.clone(),
            organisation: location.account.clone(),
            created: listed.created.and_then(stamp),
            verdict,
            why,
        })
    }

    /// Judges an add-on that no known resource holds: a kind whose resources are not known may have one.
    fn unheld(
        &self,
        location: &Location,
        listed: &Listed,
        named: Option<&NamedResource>,
        trace: &str,
    ) -> (OrphanVerdict, String) {
        let named_kind = named.and_then(|named| named.kind.as_ref());
        let kinds = self.addons.iter().filter(|addon| {
            addon.api.name == location.api
                && listed.provider.as_ref().is_none_or(|provider| *provider == addon.provider)
                && named_kind.is_none_or(|kind| *kind == addon.resource.kind)
        });
        let kinds: Vec<_> = kinds.collect();
        let unknown = |why: String| (OrphanVerdict::Unknown, format!("it has {trace}, but {why}"));
        if kinds.is_empty() {
            return unknown("this catalog has no such kind".to_owned());
        }
        match kinds.iter().find_map(|addon| self.doubt(addon)) {
            Some(doubt) => unknown(doubt),
            None => (
                OrphanVerdict::Orphan,
                format!("it has {trace}, and no resource of this cluster has the add-on"),
            ),
        }
    }

    /// Returns the reason why the cluster may have resources of a kind that are not known.
    fn doubt(&self, addon: &Addon) -> Option<String> {
        let name = kind_of(addon).to_string();
        match self.live.unlisted.get(&name) {
            Some(_) => Some(format!("the resources of {name} are not known")),
            None => (!addon.optional && self.live.absent.contains(&name))
                .then(|| format!("the CRD {name} is not installed, so its resources are not known")),
        }
    }
}

/// Returns what an add-on has of the operator: the uid in its name, and its marks.
fn trace(named: Option<&NamedResource>, marked: &[MarkedResource<'_>], cluster: &str) -> Option<String> {
    let uid = named.map(|named| format!("a name with the uid {}", named.uid));
    let marks = marked.iter().map(|one| format!("the mark of {}", one.described(cluster)));
    uid.into_iter().chain(marks).reduce(|one, other| format!("{one}, {other}"))
}

/// Returns the id of the cluster; empty if it may not be read.
async fn cluster_id(cluster: &Cluster) -> String {
    namespace::uid(cluster, CLUSTER_NAMESPACE).await.ok().flatten().unwrap_or_default()
}

/// Returns the account for messages; an API may have one account without a name.
pub(super) fn shown(location: &Location) -> String {
    match location.account.as_str() {
        "" => format!("`{}`", location.api),
        account => account.to_owned(),
    }
}

/// Returns a time in the format of Kubernetes.
pub(super) fn stamp(milliseconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
