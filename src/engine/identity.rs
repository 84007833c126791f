//! Identity of the installation: the id of its cluster, and the keys that sign its records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use interpreter::reconcile::{KEY_LEN, RecordKeys};
use k8s_openapi::api::core::v1::Secret;
use parking_lot::Mutex;
use tokio::time::sleep;

use crate::cluster::secret::{self, Desired};
use crate::cluster::{Cluster, Failure, Key, namespace};
use crate::engine::annotations;
use crate::telemetry::{Health, KeyCheck};

/// Interval between reads while the API server does not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// Interval between reads of the Secret while a key is missing.
const POLL_INTERVAL: Duration = Duration::from_secs(30);
/// Limit of the unknown keys that are remembered: users can write any id.
const MAX_UNKNOWN_KEYS: usize = 16;
/// Time after which an unknown key is forgotten that no record has named since.
const UNKNOWN_TTL: Duration = Duration::from_secs(3600);
/// The namespace whose uid identifies a cluster.
pub(crate) const CLUSTER_NAMESPACE: &str = "kube-system";

/// Identity of the installation.
pub(crate) struct InstallationIdentity {
    /// The id of the cluster: the uid of `kube-system`, or where that may not be read, of the operator's own
    /// namespace. Empty if neither may be read.
    pub(crate) cluster: String,
    keys: ArcSwapOption<RecordKeys>,
    secret: Key,
    /// Ids of keys that records name and the operator does not have, and when a record last named each.
    unknown: Mutex<BTreeMap<String, Instant>>,
    /// Ids of keys that the log has named, and the last problem that it has.
    logged: Mutex<(BTreeSet<String>, String)>,
}

impl InstallationIdentity {
    /// Reads the identity, and creates the key of a first start. Waits for the API server without end.
    /// An operator that is `confined` to some namespaces may not read the one that identifies the cluster.
    pub(crate) async fn read(cluster: &Cluster, own_namespace: &str, confined: bool) -> Self {
        let identity = Self {
            cluster: cluster_id(cluster, own_namespace, confined).await,
            keys: ArcSwapOption::empty(),
            secret: Key::new(own_namespace, annotations::RECORD_KEYS),
            unknown: Mutex::default(),
            logged: Mutex::default(),
        };
        while let Err(failure) = identity.load(cluster).await {
            tracing::warn!(%failure, secret = %identity.secret, "cannot read the keys for records");
            sleep(RETRY_INTERVAL).await;
        }
        identity
    }

    /// Reads what exists of the identity in the namespace of the connection, and writes nothing. What cannot be
    /// read is unknown.
    pub(crate) async fn observe(cluster: &Cluster) -> Self {
        Self::observe_in(cluster, cluster.client().default_namespace()).await
    }

    /// Reads what exists of the identity of the installation in a namespace, as [`Self::observe`] does.
    pub(crate) async fn observe_in(cluster: &Cluster, own_namespace: &str) -> Self {
        let secret = Key::new(own_namespace, annotations::RECORD_KEYS);
        let id = namespace::uid(cluster, CLUSTER_NAMESPACE).await.ok().flatten();
        let keys = secret::read(cluster, &secret).await.ok().flatten();
        let keys = keys.and_then(|found| RecordKeys::parse(&text(&found)).ok());
        Self {
            cluster: id.unwrap_or_default(),
            keys: ArcSwapOption::from(keys.map(Arc::new)),
            secret,
            unknown: Mutex::default(),
            logged: Mutex::default(),
        }
    }

    /// The keys; `None` if there are none, because a permission is missing or the Secret is not usable.
    pub(crate) fn keys(&self) -> Option<Arc<RecordKeys>> {
        self.keys.load_full()
    }

    /// Takes the id of a key that a record names and the operator does not have.
    pub(crate) fn note_unknown(&self, key: &str) {
        let mut unknown = self.unknown.lock();
        if unknown.len() < MAX_UNKNOWN_KEYS || unknown.contains_key(key) {
            unknown.insert(key.to_owned(), Instant::now());
        }
        let logged = &mut self.logged.lock().0;
        if logged.len() < MAX_UNKNOWN_KEYS && logged.insert(key.to_owned()) {
            tracing::warn!(
                key,
                secret = %self.secret,
                "records are signed with a key that the operator does not have; restore the key as a further line of the Secret"
            );
        }
    }

    /// Reads the Secret again while a key is missing, and calls `changed` when it contains other keys.
    pub(crate) async fn follow(&self, cluster: &Cluster, health: &Health, changed: impl Fn()) {
        loop {
            self.report(health);
            sleep(POLL_INTERVAL).await;
            if self.keys.load().is_some() && self.unknown.lock().is_empty() {
                continue;
            }
            match self.load(cluster).await {
                Ok(true) => {
                    tracing::info!(secret = %self.secret, "the keys for records changed");
                    self.unknown.lock().clear();
                    changed();
                }
                Ok(false) => self.unknown.lock().retain(|_, noted| noted.elapsed() < UNKNOWN_TTL),
                Err(failure) => {
                    tracing::warn!(%failure, secret = %self.secret, "cannot read the keys for records");
                }
            }
        }
    }

    fn report(&self, health: &Health) {
        let unknown: Vec<String> = self.unknown.lock().keys().cloned().collect();
        health.record_keys(match (self.keys.load().is_some(), unknown.is_empty()) {
            (false, _) => KeyCheck::Missing(format!(
                "the Secret {} cannot be used, so records are not signed; the log has the reason",
                self.secret
            )),
            (true, true) => KeyCheck::Complete,
            (true, false) => KeyCheck::Unknown(format!(
                "records are signed with keys that the Secret {} does not contain: {}",
                self.secret,
                unknown.join(", ")
            )),
        });
    }

    /// Reads the keys, and creates the Secret if it does not exist. Returns whether the keys changed.
    ///
    /// # Errors
    /// The API server gave no answer, or another replica created the Secret at the same time.
    async fn load(&self, cluster: &Cluster) -> Result<bool, Failure> {
        let text = match read_or_create(cluster, &self.secret).await {
            Ok(text) => text,
            Err(failure) if failure.is_passing() => return Err(failure),
            // A permission is missing, or a policy or a quota refuses the Secret. Names at the cloud are proof
            // enough to go on.
            Err(failure) => {
                self.complain(&failure.to_string());
                return Ok(false);
            }
        };
        match RecordKeys::parse(&text) {
            Ok(keys) => {
                let is_new = self.keys.load().as_deref() != Some(&keys);
                self.keys.store(Some(Arc::new(keys)));
                Ok(is_new)
            }
            Err(problem) => {
                self.complain(&problem);
                Ok(false)
            }
        }
    }

    /// Logs a lasting problem when it appears.
    fn complain(&self, problem: &str) {
        let logged = &mut self.logged.lock().1;
        if logged != problem {
            tracing::warn!(problem, secret = %self.secret, "records are not signed: their keys cannot be used");
            problem.clone_into(logged);
        }
    }
}

async fn cluster_id(cluster: &Cluster, own_namespace: &str, confined: bool) -> String {
    let names = [Some(CLUSTER_NAMESPACE).filter(|_| !confined), Some(own_namespace)];
    for name in names.into_iter().flatten() {
        loop {
            match namespace::uid(cluster, name).await {
                Ok(Some(uid)) => return uid,
                Ok(None) => break,
                Err(failure) if failure.missing_permission().is_some() => {
                    tracing::info!(namespace = name, %failure, "the namespace cannot identify the cluster");
                    break;
                }
                Err(failure) => {
                    tracing::warn!(%failure, namespace = name, "cannot read the namespace that identifies the cluster");
                    sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }
    String::new()
}

/// Returns the text of the Secret. Another replica may create it at the same time.
async fn read_or_create(cluster: &Cluster, key: &Key) -> Result<String, Failure> {
    if let Some(found) = secret::read(cluster, key).await? {
        return Ok(text(&found));
    }
    let new: [u8; KEY_LEN] = rand::random();
    let desired = Desired {
        labels: [(annotations::MANAGED_BY.to_owned(), annotations::FIELD_MANAGER.to_owned())].into(),
        data: [(annotations::RECORD_KEYS_FIELD.to_owned(), RecordKeys::line(&new))].into(),
        ..Desired::default()
    };
    match secret::apply(cluster, key, &desired, None).await {
        Ok(created) => {
            tracing::info!(secret = %key, "created a key that signs records; keep it with your backups");
            Ok(text(&created))
        }
        Err(Failure::Conflict) => {
            Ok(secret::read(cluster, key).await?.map(|found| text(&found)).unwrap_or_default())
        }
        Err(failure) => Err(failure),
    }
}

fn text(secret: &Secret) -> String {
    let data = secret.data.as_ref().and_then(|data| data.get(annotations::RECORD_KEYS_FIELD));
    data.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned()).unwrap_or_default()
}
