//! Whether a namespace is being deleted. Asked on demand and remembered briefly, because a watch on all namespaces would
//! need a right that an installation confined to some of them does not have.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use tokio::time::Instant;

use super::{Cluster, Failure, object::found};

/// A namespace may be found alive for this long after its deletion began; a write into it is refused then, and harmless.
const REMEMBERED: Duration = Duration::from_secs(5);

/// What is remembered of the namespaces.
pub struct Namespaces {
    cluster: Cluster,
    seen: Mutex<HashMap<String, (Instant, bool)>>,
}

impl Namespaces {
    /// Remembers nothing yet.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster, seen: Mutex::default() }
    }

    /// Whether `name` is being deleted, or is gone already.
    ///
    /// # Errors
    /// [`Failure::Refused`] where reading this namespace is not allowed, [`Failure::Lost`] where nobody answered.
    pub async fn is_ending(&self, name: &str) -> Result<bool, Failure> {
        if let Some(known) = self.remembered(name) {
            return Ok(known);
        }
        let api: Api<Namespace> = Api::all(self.cluster.client());
        let namespace = found(self.cluster.ask(api.get(name)).await)?;
        let ending = namespace.is_none_or(|found| found.metadata.deletion_timestamp.is_some());
        self.remember(name, ending);
        Ok(ending)
    }

    fn remembered(&self, name: &str) -> Option<bool> {
        let seen = self.seen.lock().ok()?;
        let (at, ending) = seen.get(name)?;
        (at.elapsed() < REMEMBERED).then_some(*ending)
    }

    fn remember(&self, name: &str, ending: bool) {
        if let Ok(mut seen) = self.seen.lock() {
            seen.retain(|_, (at, _)| at.elapsed() < REMEMBERED);
            seen.insert(name.to_string(), (Instant::now(), ending));
        }
    }
}
