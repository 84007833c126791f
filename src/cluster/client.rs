//! The connection to the API server, and the one way to ask it something. Knows no kind.

use std::{
    collections::HashMap,
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use http::{HeaderValue, header::USER_AGENT};
use kube::{
    Client, Config,
    api::PatchParams,
    config::{KubeConfigOptions, Kubeconfig},
};

use super::{Right, failure::Failure};

/// How long one call may take before it counts as lost. Watches are no calls.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest silence on any connection. Longer than a watch lives (`watch_feed::WATCH_SECONDS`), so that only a dead
/// peer is ever cut off; it is what ends a list that a frozen API server never answers.
const READ_TIMEOUT: Duration = Duration::from_secs(75);

/// A right that is still missing after so long a silence is told again.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// A cluster, and the name under which we write to it.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    field_manager: String,
    call_timeout: Duration,
    /// The rights that were missing, and when last; none: nobody cares.
    missing: Option<Arc<Mutex<HashMap<Right, Instant>>>>,
}

impl Cluster {
    /// Writes go out under `field_manager`.
    pub fn new(client: Client, field_manager: impl Into<String>) -> Self {
        Self { client, field_manager: field_manager.into(), call_timeout: CALL_TIMEOUT, missing: Some(Arc::default()) }
    }

    /// The same cluster, whose calls count as lost after `call_timeout`.
    #[must_use]
    pub fn with_call_timeout(self, call_timeout: Duration) -> Self {
        Self { call_timeout, ..self }
    }

    /// The same cluster, for what may be asked without the right to: the log does not say that it is missing.
    #[must_use]
    pub fn without_complaints(&self) -> Self {
        Self { missing: None, ..self.clone() }
    }

    /// The client below, for what has no place here.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The name under which fields of ours are recorded.
    pub fn field_manager(&self) -> &str {
        &self.field_manager
    }

    pub(super) fn patch_params(&self) -> PatchParams {
        PatchParams::apply(&self.field_manager)
    }

    /// Waits for the answer to one call, and no longer than the call's timeout.
    pub(super) async fn ask<T>(&self, call: impl Future<Output = kube::Result<T>>) -> Result<T, Failure> {
        match tokio::time::timeout(self.call_timeout, call).await {
            Ok(answer) => answer.map_err(Failure::from).inspect_err(|failure| self.note(failure)),
            Err(_) => Err(Failure::Lost(format!("no answer within {} s", self.call_timeout.as_secs_f32()))),
        }
    }

    /// One line for each right that is missing, however often it is missed and by whom.
    fn note(&self, failure: &Failure) {
        let Some((missing, right)) = self.missing.as_ref().zip(failure.missing_right()) else { return };
        let before = missing.lock().unwrap_or_else(PoisonError::into_inner).insert(right, Instant::now());
        if before.is_none_or(|before| before.elapsed() > FORGOTTEN) {
            tracing::warn!("a right is missing: {failure}");
        }
    }
}

/// Connects as `kubeconfig` says; without one, as `KUBECONFIG`, `~/.kube/config` or the pod's service account say.
///
/// The process must have installed its TLS provider before.
///
/// # Errors
/// The configuration cannot be read, or makes no client. Nothing is sent yet: an API server that is away is no error.
pub async fn connect(kubeconfig: Option<&Path>) -> anyhow::Result<Client> {
    let mut config = match kubeconfig {
        Some(path) => read_kubeconfig(path).await?,
        None => Config::infer().await.context("no cluster configured")?,
    };
    // kube retries 429, 503 and 504 fifteen times inside every call, for minutes: fatal to a lease and to an orderly stop.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_static(agent)));
    Client::try_from(config).context("the cluster's configuration makes no client")
}

async fn read_kubeconfig(path: &Path) -> anyhow::Result<Config> {
    let kubeconfig = Kubeconfig::read_from(path).with_context(|| format!("kubeconfig {}", path.display()))?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .with_context(|| format!("kubeconfig {}", path.display()))
}
