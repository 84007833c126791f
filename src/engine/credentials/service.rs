//! Credentials service: resolves the credentials of the operator and of namespaces, and protects the Secrets
//! that hold them. Knows no resource and sends no request to a cloud.
//!
//! The Secrets are watched by name, and read from the API server when a resource is new or was edited: two
//! watches have no common order, and a resource applied right after its Secret must not be reconciled with
//! the operator's credentials.

use std::collections::BTreeMap;
use std::future;
use std::sync::Arc;

use futures::future::{join_all, try_join_all};
use futures::stream::{self, BoxStream, select, select_all};
use futures::{FutureExt, StreamExt};
use interpreter::catalog::{Api, Catalog};
use kube::api::DynamicObject;

use crate::cluster::object::{self, MetadataChange};
use crate::cluster::watch::{Health, Scope, Watch, watch_named};
use crate::cluster::{Cluster, Failure, Key, Kind};
use crate::config::Config;
use crate::engine::annotations;
use crate::engine::credentials::connect::Connector;
use crate::engine::credentials::namespace_secrets::{NamespaceSecret, NamespaceSecrets, ProtectionGuard};
use crate::engine::credentials::resolve::{ResolvedCredentials, of_operator, resolve};

/// Maximum number of reads or writes while another client keeps writing the Secrets.
const MAX_ATTEMPTS: usize = 5;

/// The credentials service.
pub(crate) struct CredentialsService {
    cluster: Cluster,
    connector: Connector,
    /// The Secrets, as last observed.
    pub(crate) secrets: Arc<NamespaceSecrets>,
    watches: Vec<Watch<DynamicObject>>,
}

/// Secrets whose credentials have changed, without end.
pub(crate) type ChangedSecrets = BoxStream<'static, Key>;

impl CredentialsService {
    /// Watches the Secrets; the main group of the catalog names the finalizer. Nothing is known until the
    /// returned changes are consumed.
    pub(crate) fn follow(
        cluster: &Cluster,
        scope: &Scope,
        catalog: &Arc<Catalog>,
        connector: Connector,
    ) -> (Self, ChangedSecrets) {
        let watch = |name: &&str| watch_named(cluster, &Kind::secrets(), scope, name);
        let (watches, changes): (Vec<_>, Vec<_>) = annotations::OVERRIDES.iter().map(watch).unzip();
        let finalizer = annotations::credentials_finalizer(&main_group(catalog));
        let (secrets, mut changed) = NamespaceSecrets::new(catalog.clone(), finalizer);
        let known = secrets.clone();
        let observed = select_all(changes).filter_map(move |change| {
            known.observe(&change);
            future::ready(None)
        });
        let changed = stream::poll_fn(move |context| changed.poll_recv(context));
        let service = Self { cluster: cluster.clone(), connector, secrets, watches };
        (service, select(observed, changed).boxed())
    }

    /// Returns when all Secrets were listed once: before, it is unknown where the operator's own credentials
    /// apply.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> {
        join_all(self.watches.iter().map(Watch::ready)).map(drop)
    }

    /// Returns the first health other than `Established`, if any watch has one.
    pub(crate) fn health(&self) -> Health {
        let mut all = self.watches.iter().map(Watch::health);
        all.find(|health| *health != Health::Established).unwrap_or(Health::Established)
    }

    /// Resolves the credentials of an API for a namespace; an empty one stands for cluster-scoped resources.
    pub(crate) fn resolve(&self, config: &Config, api: &Api, namespace: &str) -> ResolvedCredentials {
        resolve(&self.connector, config, api, self.secrets.in_use(namespace).as_ref())
    }

    /// Resolves the operator's own credentials, by any configuration.
    pub(crate) fn of_operator(&self, config: &Config, api: &Api) -> ResolvedCredentials {
        of_operator(&self.connector, config, api)
    }

    /// Reads the Secrets of a namespace from the API server.
    pub(crate) async fn read_live(&self, namespace: &str) -> Result<(), Failure> {
        let kind = Kind::secrets();
        for _ in 0..MAX_ATTEMPTS {
            let look = self.secrets.look(namespace);
            let read = |key| object::read(&self.cluster, &kind, key);
            let found = try_join_all(look.keys.iter().map(read)).await?;
            if self.secrets.found(&look, found) {
                return Ok(());
            }
        }
        Err(Failure::Conflict)
    }

    /// Adds the finalizer to the Secret in use before anything is created with its credentials. Fails with a
    /// conflict when another Secret is in use, or when it is being deleted.
    pub(crate) async fn protect(&self, guard: &ProtectionGuard, secret: &str) -> Result<(), Failure> {
        for _ in 0..MAX_ATTEMPTS {
            let own = self.secrets.in_use(&guard.namespace);
            let own = own.filter(|own| own.secret == secret && !own.is_leaving()).ok_or(Failure::Conflict)?;
            if self.secrets.is_protected(&own) || self.add_finalizer(&own).await? {
                return Ok(());
            }
            self.read_live(&guard.namespace).await?;
        }
        Err(Failure::Conflict)
    }

    /// Adds the finalizer. Returns false when the Secret has changed or is gone, so that it has to be read
    /// again.
    pub(crate) async fn add_finalizer(&self, own: &NamespaceSecret) -> Result<bool, Failure> {
        let add_finalizer = Some(self.secrets.finalizer.clone());
        let change = MetadataChange { add_finalizer, ..MetadataChange::default() };
        match object::swap_metadata(&self.cluster, &Kind::secrets(), &own.object, &change).await {
            Err(Failure::Conflict | Failure::Gone) => Ok(false),
            written => written.map(|object| self.secrets.wrote(object)).map(|()| true),
        }
    }

    /// Removes the finalizer, unless a guard exists.
    pub(crate) async fn remove_finalizer(&self, own: &NamespaceSecret) -> Result<(), Failure> {
        let Some(before) = self.secrets.release(own) else { return Ok(()) };
        let remove_finalizer = Some(self.secrets.finalizer.clone());
        let change = MetadataChange { remove_finalizer, ..MetadataChange::default() };
        match object::swap_metadata(&self.cluster, &Kind::secrets(), &before, &change).await {
            Err(Failure::Gone) => Ok(()),
            written => {
                written.map(|object| self.secrets.wrote(object)).inspect_err(|_| self.secrets.keep(before))
            }
        }
    }
}

/// Returns the API group of most kinds. It depends on the whole catalog, so that no single kind
/// changes it: a finalizer of another name would never be removed.
fn main_group(catalog: &Catalog) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for addon in catalog.addons.values() {
        *kinds.entry(&addon.resource.group).or_default() += 1;
    }
    kinds.into_iter().max_by_key(|(_, kinds)| *kinds).map(|(group, _)| group.to_owned()).unwrap_or_default()
}
