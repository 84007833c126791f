//! Configuration controller: applies changes of files and of objects in the operator's namespace at run time.
//! An invalid configuration is rejected, and the previous one stays in use.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use interpreter::catalog::Api;
use tokio::time::sleep;

use crate::config::{Config, OperatorSettings, Tenants};
use crate::engine::config_objects::Objects;
use crate::engine::context::Engine;
use crate::engine::credentials::resolve;
use crate::telemetry::Credentials;

/// Interval at which files are read again. They are few and small, and file notifications are unreliable
/// where a kubelet swaps links.
const FILES: Duration = Duration::from_secs(5);

impl Engine {
    /// Applies configuration changes, without end.
    pub(crate) async fn follow_configuration(self: Arc<Self>, mut changes: BoxStream<'static, ()>) {
        self.tell_credentials();
        self.telemetry.health.configuration(None);
        self.telemetry.metrics.configuration(true);
        loop {
            tokio::select! {
                _ = changes.next() => (),
                () = sleep(FILES) => (),
            }
            self.read_again().await;
        }
    }

    /// Reads the configuration and applies it. Each problem is logged once.
    pub(crate) async fn read_again(&self) {
        let said = self.objects.as_ref().map(Objects::said).unwrap_or_default();
        let (reload, told, catalog) =
            (self.reload.clone(), said.told.clone(), self.in_force().catalog.clone());
        let read = tokio::task::spawn_blocking(move || reload(&catalog, &told)).await;
        let unusable = match read {
            Ok(Ok(config)) => self.put_in_force(config),
            Ok(Err(why)) => Some(format!("{why:#}")),
            Err(panic) => Some(panic.to_string()),
        };
        let gone = self.objects.as_ref().and_then(|objects| objects.complaint(&said));
        if let (Some(objects), None) = (&self.objects, &unusable) {
            objects.now_in_force(said.told);
        }
        let now = unusable.into_iter().chain(gone).reduce(|one, other| format!("{one}; {other}"));
        let before = std::mem::replace(
            &mut *self.complaint.lock().unwrap_or_else(PoisonError::into_inner),
            now.clone(),
        );
        if now != before {
            match &now {
                Some(why) => tracing::error!(
                    "the configuration has become unusable; what was in force before stays: {why}"
                ),
                None => tracing::info!("the configuration can be used again"),
            }
            self.telemetry.health.configuration(now.as_deref());
            self.telemetry.metrics.configuration(now.is_none());
        }
    }

    /// Applies a configuration, or returns the reason to reject it. One without credentials that were there
    /// before is rejected: an object in replacement is absent for a moment, and an accidental deletion must
    /// not stop all reconciliation.
    fn put_in_force(&self, config: Config) -> Option<String> {
        let before = self.config();
        let (old, new) = (self.outline(&before), self.outline(&config));
        if at_start(&config.operator) != at_start(&before.operator) {
            tracing::warn!(
                "what was changed below `operator` takes effect at the next start, but for `operator.tenants`"
            );
        }
        if old == new && config.operator == before.operator {
            return None;
        }
        if let Some(api) = self.apis().into_iter().find(|api| self.loses(api, &before, &config)) {
            return Some(format!(
                "it no longer has credentials for the API `{}`; to work without them, start anew",
                api.name
            ));
        }
        tracing::info!("the configuration has changed");
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        if old != new {
            self.tell_credentials();
        }
        self.queue_all();
        None
    }

    fn loses(&self, api: &Api, before: &Config, after: &Config) -> bool {
        let has = |config: &Config| resolve::of_operator(&self.reach, config, api).access.is_ok();
        has(before) && !has(after)
    }

    /// Returns the parts of a configuration that matter to requests; secrets only as their fingerprints.
    fn outline(&self, config: &Config) -> Vec<String> {
        let one = |api: &Arc<Api>| {
            let grant = resolve::of_operator(&self.reach, config, api);
            let access = grant.access.map(|access| (access.endpoint.clone(), access.fingerprint.clone()));
            format!("{access:?} {}", grant.defaults)
        };
        self.apis().iter().map(one).collect()
    }

    /// Activates the changed catalog, and reads configuration and namespace credentials again: the catalog
    /// decides which keys are known.
    pub(crate) async fn put_catalog_in_force(&self) {
        let before = self.apis();
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(self.catalog_state.in_force());
        let now = self.in_force();
        let gone = before.iter().filter(|api| now.apis.iter().all(|other| other.name != api.name));
        gone.for_each(|api| self.telemetry.health.forget_api(&api.name));
        self.read_again().await;
        for namespace in self.namespace_credentials.read_as(&now.catalog) {
            self.queue_namespace(&namespace);
        }
    }

    /// Reports for each API that its credentials are untried, unused or missing.
    fn tell_credentials(&self) {
        let (config, apis) = (self.config(), self.apis());
        let are_there = |api: &&Arc<Api>| resolve::of_operator(&self.reach, &config, api).access.is_ok();
        let any = apis.iter().any(|api| are_there(&api));
        for api in &apis {
            if let Ok(access) = resolve::of_operator(&self.reach, &config, api).access {
                self.telemetry.health.endpoint(&api.name, &access.host());
            }
            let told = match (are_there(&api), any) {
                (true, _) => Credentials::Untried,
                (false, true) => Credentials::Unused,
                (false, false) => Credentials::Missing,
            };
            self.telemetry.health.credentials(&api.name, told);
        }
    }
}

/// Returns the settings that apply at the start only.
fn at_start(settings: &OperatorSettings) -> OperatorSettings {
    OperatorSettings { tenants: Tenants::default(), ..settings.clone() }
}
