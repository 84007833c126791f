//! Credentials of a command: those of the operator's configuration and, with a cluster, those of namespaces.

use std::sync::Arc;

use interpreter::catalog::{Api, Catalog};

use crate::cluster::watch::Scope;
use crate::cluster::{Cluster, Failure, Kind, object};
use crate::config::Config;
use crate::engine::annotations;
use crate::engine::credentials::connect::Connector;
use crate::engine::credentials::resolve::{self, ResolvedCredentials};
use crate::engine::credentials::service::CredentialsService;

/// Resolves credentials, which all share one request budget.
pub(super) enum CommandCredentials {
    /// Credentials of the operator and of namespaces.
    OfCluster(Cluster, Box<CredentialsService>),
    /// Credentials of the operator alone, because there is no cluster.
    OfOperator(Box<Connector>),
}

impl CommandCredentials {
    /// Creates the resolver.
    pub(super) fn new(
        catalog: &Arc<Catalog>,
        config: &Config,
        cluster: Option<&Cluster>,
    ) -> anyhow::Result<Self> {
        let connector = Connector::new(catalog, config.operator.request_timeout, Arc::default())?;
        Ok(match cluster {
            Some(cluster) => {
                // Nothing follows the watches: each Secret is read when it is needed.
                let (service, _) = CredentialsService::follow(cluster, &Scope::Cluster, catalog, connector);
                Self::OfCluster(cluster.clone(), Box::new(service))
            }
            None => Self::OfOperator(Box::new(connector)),
        })
    }

    /// Resolves the operator's own credentials.
    pub(super) fn of_operator(&self, config: &Config, api: &Api) -> ResolvedCredentials {
        match self {
            Self::OfCluster(_, service) => service.of_operator(config, api),
            Self::OfOperator(connector) => resolve::of_operator(connector, config, api),
        }
    }

    /// Resolves the credentials that apply in a namespace.
    ///
    /// # Errors
    /// The Secrets of the namespace cannot be read.
    pub(super) async fn of_namespace(
        &self,
        config: &Config,
        api: &Api,
        namespace: &str,
    ) -> Result<ResolvedCredentials, Failure> {
        match self {
            Self::OfCluster(_, service) if !namespace.is_empty() => {
                service.read_live(namespace).await?;
                Ok(service.resolve(config, api, namespace))
            }
            Self::OfCluster(..) | Self::OfOperator(_) => Ok(self.of_operator(config, api)),
        }
    }

    /// Returns the namespaces with a Secret that may hold credentials.
    ///
    /// # Errors
    /// The Secrets of all namespaces cannot be listed.
    pub(super) async fn namespaces(&self) -> Result<Vec<String>, Failure> {
        let Self::OfCluster(cluster, _) = self else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for name in annotations::OVERRIDES {
            all.extend(object::namespaces_with(cluster, &Kind::secrets(), &Scope::Cluster, name).await?);
        }
        Ok(all)
    }
}
