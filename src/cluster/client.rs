//! The connection to the API server, and the one way to send it a call. Knows no kind.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::api::PatchParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use parking_lot::Mutex;

use crate::cluster::failure::Failure;
use crate::cluster::namespace_cache::NamespaceCache;
use crate::cluster::permission::Permission;

/// Time limit of one call. Watches are not calls.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest silence on any connection. Longer than a watch lives (`reflector::WATCH_SECONDS`), so it cuts off
/// dead peers only; it also ends a list that a frozen API server never answers.
const READ_TIMEOUT: Duration = Duration::from_secs(75);

/// A permission that is still missing after this time is logged again.
const LOG_AGAIN_AFTER: Duration = Duration::from_secs(3600);

/// A cluster, with the field manager under which this operator writes to it.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    field_manager: String,
    call_timeout: Duration,
    /// Missing permissions, each with the time of the last refusal; `None` disables the log.
    missing: Option<Arc<Mutex<HashMap<Permission, Instant>>>>,
    pub(super) namespaces: NamespaceCache,
}

impl Cluster {
    /// Creates a client that writes as `field_manager`.
    pub fn new(client: Client, field_manager: impl Into<String>) -> Self {
        Self {
            client,
            field_manager: field_manager.into(),
            call_timeout: CALL_TIMEOUT,
            missing: Some(Arc::default()),
            namespaces: NamespaceCache::default(),
        }
    }

    /// Returns the same cluster with another time limit for calls.
    #[must_use]
    pub fn with_call_timeout(self, call_timeout: Duration) -> Self {
        Self { call_timeout, ..self }
    }

    /// Returns the same cluster without warnings about missing permissions, for calls that may be forbidden.
    #[must_use]
    pub(crate) fn without_permission_warnings(&self) -> Self {
        Self { missing: None, ..self.clone() }
    }

    /// Returns the underlying client.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Returns the field manager of this operator.
    pub(crate) fn field_manager(&self) -> &str {
        &self.field_manager
    }

    pub(super) fn patch_params(&self) -> PatchParams {
        PatchParams::apply(&self.field_manager)
    }

    /// Runs one call and waits for its answer, no longer than the time limit of calls.
    pub(super) async fn ask<T>(&self, call: impl Future<Output = kube::Result<T>>) -> Result<T, Failure> {
        match tokio::time::timeout(self.call_timeout, call).await {
            Ok(answer) => {
                answer.map_err(Failure::from).inspect_err(|failure| self.log_missing_permission(failure))
            }
            Err(_) => Err(Failure::Lost(format!(
                "no answer from the API server within {} s",
                self.call_timeout.as_secs_f32()
            ))),
        }
    }

    /// Logs each missing permission once, however many calls need it.
    fn log_missing_permission(&self, failure: &Failure) {
        let Some((missing, permission)) = self.missing.as_ref().zip(failure.missing_permission()) else {
            return;
        };
        let before = missing.lock().insert(permission, Instant::now());
        if before.is_none_or(|before| before.elapsed() > LOG_AGAIN_AFTER) {
            tracing::warn!(%failure, "missing RBAC permission");
        }
    }
}

/// The cluster to connect to.
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    /// Path of the kubeconfig; `None`: as `kubectl` finds it, or else the pod's service account.
    pub kubeconfig: Option<PathBuf>,
    /// Name of a context in the kubeconfig; `None`: the current one.
    pub context: Option<String>,
}

/// Connects to a cluster.
///
/// Call it after the process has installed its TLS provider.
///
/// # Errors
/// The configuration cannot be read or is invalid. Sends nothing yet: an API server that is down is no error.
pub async fn connect(options: &ClusterOptions) -> anyhow::Result<Client> {
    let mut config = if options.kubeconfig.is_some() || options.context.is_some() {
        read_kubeconfig(options).await?
    } else {
        Config::infer()
            .await
            .context("no cluster is configured; pass `--kubeconfig FILE`, or set KUBECONFIG")?
    };
    // kube retries 429, 503 and 504 fifteen times inside every call, for minutes: too long for a lease and
    // for a clean shutdown.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_static(agent)));
    Client::try_from(config).context("the cluster configuration is invalid")
}

async fn read_kubeconfig(options: &ClusterOptions) -> anyhow::Result<Config> {
    let source = options
        .kubeconfig
        .as_ref()
        .map_or_else(|| "the kubeconfig".to_owned(), |path| format!("the kubeconfig {}", path.display()));
    let kubeconfig = match &options.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = kubeconfig.with_context(|| format!("cannot read {source}"))?;
    if let Some(context) = &options.context {
        let names: Vec<_> = kubeconfig.contexts.iter().map(|known| known.name.as_str()).collect();
        ensure!(
            names.contains(&context.as_str()),
            "{source} has no context `{context}`; it has {}",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
    }
    let options = KubeConfigOptions { context: options.context.clone(), ..KubeConfigOptions::default() };
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .with_context(|| format!("cannot read {source}"))
}
