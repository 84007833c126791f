//! Import: the add-ons of an account as specs of resources that would take them over as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use futures::{StreamExt, stream};
use interpreter::catalog::{Addon, Catalog, Scope};
use interpreter::exchange::{Context as Known, Listed};
use interpreter::reconcile::{MarkingPolicy, WholeMarks, uids};
use interpreter::resource::{self, UnknownField};
use serde_json::{Value, json};

use crate::cluster::{Cluster, ClusterOptions, connect};
use crate::config::Config;
use crate::engine::annotations::FIELD_MANAGER;
use crate::engine::credentials::resolve::ResolvedCredentials;
use crate::engine::inventory::accounts::account_of;
use crate::engine::inventory::cloud_reader::CloudReader;
use crate::engine::inventory::credentials::CommandCredentials;
use crate::engine::inventory::is_managed;
use crate::engine::inventory::live_resources::{Holding, LiveResources};
use crate::engine::inventory::orphans::{shown, stamp};
use crate::engine::kind::spec::kind_of;
use crate::engine::labels::outcome_message;

/// Limit of add-ons that are read at once; the budget of the API limits their requests.
const READ_AT_ONCE: usize = 4;

/// Input of an import.
pub struct ImportOptions {
    /// The catalog to interpret.
    pub catalog: Arc<Catalog>,
    /// The configuration.
    pub config: Config,
    /// The cluster to connect to.
    pub cluster: ClusterOptions,
    /// False to read the cloud alone.
    pub with_cluster: bool,
    /// The organisation; `None`: the default one of the credentials.
    pub organisation: Option<String>,
    /// The namespace of the resources; `None`: the current one of the connection.
    pub namespace: Option<String>,
    /// The kinds to import; empty: all.
    pub kinds: Vec<Arc<Addon>>,
}

/// Result of an import.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// The accounts that were read.
    pub accounts: Vec<String>,
    /// The add-ons to import, the oldest first.
    pub addons: Vec<ImportedAddon>,
    /// The add-ons that live resources have already.
    pub held: Vec<HeldAddon>,
    /// The add-ons of products without a kind.
    pub unmanaged: Vec<UnmanagedAddon>,
    /// Reads that failed, each with its error.
    pub not_checked: Vec<String>,
    /// Names of resources that exist in the namespace.
    pub taken_names: BTreeSet<String>,
}

/// Add-on, as a resource that would take it over.
#[derive(Debug)]
pub struct ImportedAddon {
    /// Group and version of the kind.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// True when the resource lives in a namespace.
    pub namespaced: bool,
    /// The id that names the add-on.
    pub id: String,
    /// Its name at the cloud.
    pub cloud_name: String,
    /// The time of its creation.
    pub created: Option<String>,
    /// The spec that it fulfils.
    pub spec: Value,
    /// The fields that the cloud does not show.
    pub unknown: Vec<UnknownField>,
    /// Notes for the user.
    pub notes: Vec<String>,
    /// Notes about a risk.
    pub cautions: Vec<String>,
}

/// Add-on that a live resource has already.
#[derive(Debug)]
pub struct HeldAddon {
    /// The id that names the add-on.
    pub id: String,
    /// Its name at the cloud.
    pub name: String,
    /// The resource: its kind, namespace and name.
    pub holder: String,
}

/// Add-on of a product without a kind.
#[derive(Debug)]
pub struct UnmanagedAddon {
    /// The id that names the add-on.
    pub id: String,
    /// Its name at the cloud.
    pub name: String,
    /// The product.
    pub provider: String,
}

/// Reads the add-ons of an account, and the cluster where it can be reached.
///
/// # Errors
/// The account cannot be read, or none is named.
pub async fn import_report(options: ImportOptions) -> anyhow::Result<ImportReport> {
    let ImportOptions { catalog, config, cluster, with_cluster, organisation, namespace, kinds } = options;
    let all: Vec<_> = catalog.addons.values().filter(|addon| is_managed(addon)).cloned().collect();
    let kinds = if kinds.is_empty() { all.clone() } else { kinds };
    let mut report = ImportReport::default();
    let cluster = if with_cluster { report.connect(&cluster).await } else { None };
    if !with_cluster {
        report.not_checked.push(format!("{HELD}: the cluster is not read"));
    }
    let live = report.live(cluster.as_ref(), &all, &config).await;
    let cluster = cluster.filter(|_| live.is_some());
    let current = || cluster.as_ref().map(|cluster| cluster.client().default_namespace().to_owned());
    let namespace = namespace.or_else(current).unwrap_or_default();
    let live = live.unwrap_or_default();
    report.taken_names = live.names_in(&namespace);
    let credentials = CommandCredentials::new(&catalog, &config, cluster.as_ref())?;
    let apis: BTreeMap<&str, &Arc<Addon>> =
        kinds.iter().map(|addon| (addon.api.name.as_str(), addon)).collect();
    let mut problem = None;
    for addon in apis.values() {
        let resolved = report.resolve(&credentials, &config, addon, &namespace).await;
        match reader(addon, &resolved, organisation.as_deref()) {
            Ok(reader) => {
                let is_on = config.operator.marks != MarkingPolicy::None;
                let marks = if is_on { report.marks(&reader, addon).await } else { Arc::default() };
                let import = Import { reader, marks, all: &all, kinds: &kinds, live: &live };
                import.add_to(&mut report).await?;
            }
            Err(error) => problem = Some(error),
        }
    }
    match problem.filter(|_| report.accounts.is_empty()) {
        Some(problem) => Err(problem),
        None => Ok(report),
    }
}

/// The check that needs the cluster.
const HELD: &str = "whether a resource has an add-on already, and which names are taken";

impl ImportReport {
    async fn connect(&mut self, options: &ClusterOptions) -> Option<Cluster> {
        match connect(options).await {
            Ok(client) => Some(Cluster::new(client, FIELD_MANAGER).without_permission_warnings()),
            Err(error) => {
                self.not_checked.push(format!("{HELD}: {error:#}"));
                None
            }
        }
    }

    /// Lists the live resources; `None` if the cluster does not answer.
    async fn live(
        &mut self,
        cluster: Option<&Cluster>,
        all: &[Arc<Addon>],
        config: &Config,
    ) -> Option<LiveResources> {
        match LiveResources::list(cluster?, all, &config.operator.watch_namespaces).await {
            Ok(live) => {
                let unlisted = live.unlisted.iter();
                self.not_checked
                    .extend(unlisted.map(|(kind, why)| format!("the resources of {kind}: {why}")));
                Some(live)
            }
            Err(failure) => {
                self.not_checked.push(format!("{HELD}: {failure}"));
                None
            }
        }
    }

    /// Resolves the credentials that the resources would be managed with.
    async fn resolve(
        &mut self,
        credentials: &CommandCredentials,
        config: &Config,
        addon: &Addon,
        namespace: &str,
    ) -> ResolvedCredentials {
        match credentials.of_namespace(config, &addon.api, namespace).await {
            Ok(resolved) => resolved,
            Err(failure) => {
                self.note(format!(
                    "whether the namespace {namespace} has credentials of its own ({failure}), so those of the operator are used"
                ));
                credentials.of_operator(config, &addon.api)
            }
        }
    }

    async fn marks(&mut self, reader: &CloudReader, addon: &Arc<Addon>) -> Arc<WholeMarks> {
        reader.marks(addon).await.unwrap_or_else(|outcome| {
            self.note(format!("whose marks the add-ons have: {}", outcome_message(&outcome)));
            Arc::default()
        })
    }

    fn note(&mut self, problem: String) {
        if !self.not_checked.contains(&problem) {
            self.not_checked.push(problem);
        }
    }
}

/// Import from one account.
struct Import<'a> {
    reader: CloudReader,
    marks: Arc<WholeMarks>,
    /// All kinds, and those to import.
    all: &'a [Arc<Addon>],
    kinds: &'a [Arc<Addon>],
    live: &'a LiveResources,
}

impl Import<'_> {
    async fn add_to(&self, report: &mut ImportReport) -> anyhow::Result<()> {
        let location = &self.reader.location;
        let mut listed = BTreeMap::new();
        for addon in self.kinds.iter().filter(|addon| addon.api.name == location.api) {
            let list = self.reader.list(addon).await;
            let list = list.map_err(|outcome| anyhow!("{}", outcome_message(&outcome)));
            let list = list.with_context(|| format!("cannot list the add-ons of {}", shown(location)))?;
            listed.extend(list.listed.iter().map(|one| (one.ids.clone(), one.clone())));
            list.unreadable
                .iter()
                .for_each(|name| report.note(format!("the add-on {name}, whose ids cannot be read")));
        }
        report.accounts.push(location.account.clone());
        let mut listed: Vec<_> = listed.into_values().collect();
        listed.sort_by_key(|one| one.created);
        let mut chosen = Vec::new();
        for one in listed {
            match (self.kinds_of(self.kinds, &one).split_first(), self.holder(&one)) {
                (Some(_), Some(holder)) => {
                    report.held.push(HeldAddon { id: id(&one), name: one.name.clone(), holder });
                }
                (Some((kind, others)), None) => chosen.push((kind.clone(), others.to_vec(), one)),
                (None, _) if self.kinds_of(self.all, &one).is_empty() => {
                    let provider = one.provider.clone().unwrap_or_default();
                    report.unmanaged.push(UnmanagedAddon { id: id(&one), name: one.name.clone(), provider });
                }
                (None, _) => {}
            }
        }
        let read = chosen.iter().map(|(kind, others, one)| self.imported(kind, others, one));
        report.addons.extend(stream::iter(read).buffered(READ_AT_ONCE).collect::<Vec<_>>().await);
        Ok(())
    }

    /// Returns the kinds of an add-on, the optional ones last.
    fn kinds_of(&self, among: &[Arc<Addon>], listed: &Listed) -> Vec<Arc<Addon>> {
        let fits = |addon: &&Arc<Addon>| {
            addon.api.name == self.reader.location.api
                && listed.provider.as_ref().is_none_or(|provider| *provider == addon.provider)
        };
        let mut kinds: Vec<_> = among.iter().filter(fits).cloned().collect();
        kinds.sort_by_key(|addon| addon.optional);
        kinds
    }

    /// Returns the resource that has an add-on already, or whose add-on it is a part of.
    fn holder(&self, listed: &Listed) -> Option<String> {
        match self.live.holding(&self.reader.location, listed) {
            Some(Holding::Holds(holder)) => Some(holder),
            Some(Holding::Names(holder)) => Some(format!("{holder}, which names it")),
            None => self.live.contained_in(&listed.name).map(|holder| format!("{holder}, as its name says")),
        }
    }

    async fn imported(&self, addon: &Arc<Addon>, others: &[Arc<Addon>], listed: &Listed) -> ImportedAddon {
        let (state, mut cautions) = self.reader.cloud_state(addon, listed).await;
        let offers = match self.reader.offers(addon).await {
            Ok(offers) => Some(offers),
            Err(outcome) => {
                cautions.push(format!("the offers cannot be read: {}", outcome_message(&outcome)));
                None
            }
        };
        let root = state.with(Known::default());
        let account = &self.reader.location.account;
        let seen = resource::observed_spec(addon, account, root.value(), offers.as_ref());
        cautions.extend(self.cautions(addon, listed));
        cautions
            .extend(seen.confidential.iter().map(|field| format!("`spec.{field}` may contain passwords")));
        cautions.extend(seen.refused);
        cautions.extend(seen.differences.into_iter().map(|one| format!("{}: {}", one.field, one.what)));
        let mut notes = Vec::new();
        if !others.is_empty() {
            let others: Vec<_> = others.iter().map(|other| kind_of(other).to_string()).collect();
            notes.push(format!("choose another kind with `--kind`: {}", others.join(", ")));
        }
        ImportedAddon {
            api_version: kind_of(addon).api_version(),
            kind: addon.resource.kind.clone(),
            namespaced: addon.resource.scope == Scope::Namespaced,
            id: id(listed),
            cloud_name: listed.name.clone(),
            created: listed.created.and_then(stamp),
            spec: seen.spec,
            unknown: seen.unknown,
            notes,
            cautions,
        }
    }

    fn cautions(&self, addon: &Addon, listed: &Listed) -> Vec<String> {
        let crd = kind_of(addon).to_string();
        let absent = self.live.absent.contains(&crd).then(|| format!("the CRD {crd} is not installed"));
        let other = uids(&listed.name).next().map(|uid| {
            format!("its name has the uid {uid}, so it may belong to a resource of another cluster, which then still changes and deletes it")
        });
        let marked = self.marks.resources(&listed.ids).map(|resource| {
            let resource = resource.described("");
            format!("it has the mark of {resource}, so an administrator has to assign it to another resource")
        });
        absent.into_iter().chain(other).chain(marked).collect()
    }
}

/// Returns the reader of the account that the organisation, or the default one, names.
fn reader(
    addon: &Addon,
    resolved: &ResolvedCredentials,
    organisation: Option<&str>,
) -> anyhow::Result<CloudReader> {
    let access = resolved.access.as_ref().map_err(|why| anyhow!("{why}"))?;
    let named = organisation.map(|organisation| json!({ "organisation": organisation }));
    let Some(account) = account_of(addon, None, named.as_ref().unwrap_or(&resolved.defaults)) else {
        bail!("choose an organisation with `--organisation ORG`, or configure a default one");
    };
    let location = resolved.target(&addon.api.name, account).location;
    Ok(CloudReader::new(location, access.clone()))
}

/// Returns the id that names an add-on.
fn id(listed: &Listed) -> String {
    listed.ids.values().next().cloned().unwrap_or_default()
}
