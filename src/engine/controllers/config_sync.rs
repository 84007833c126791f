//! Configuration controller: applies changes of files and of objects in the operator's namespace at run time.
//! An invalid configuration is rejected, and the previous one stays in use.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use interpreter::catalog::Api;
use serde_json::Value;
use tokio::time::sleep;

use crate::config::{Config, OperatorSettings, Tenants};
use crate::engine::config_objects::Objects;
use crate::engine::context::Engine;
use crate::telemetry::Credentials;

/// Interval at which files are read again. They are few and small, and file notifications are unreliable
/// where a kubelet swaps links.
const FILE_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Parts of the configuration of one API that matter to requests.
#[derive(PartialEq)]
struct ApiOutline {
    /// Endpoint and fingerprint of the credentials, or the reason why there is no access.
    access: Result<(String, String), String>,
    defaults: Value,
}

impl Engine {
    /// Applies configuration changes, without end.
    pub(crate) async fn follow_configuration(self: Arc<Self>, mut changes: BoxStream<'static, ()>) {
        self.report_credentials();
        self.telemetry.health.configuration(None);
        self.telemetry.metrics.configuration(true);
        loop {
            tokio::select! {
                _ = changes.next() => (),
                () = sleep(FILE_POLL_INTERVAL) => (),
            }
            self.read_again().await;
        }
    }

    /// Reads the configuration and applies it. Each problem is logged once.
    pub(crate) async fn read_again(&self) {
        let current = self.objects.as_ref().map(Objects::current).unwrap_or_default();
        let (reload, texts, catalog) =
            (self.reload.clone(), current.texts.clone(), self.active_catalog().catalog.clone());
        let read = tokio::task::spawn_blocking(move || reload(&catalog, &texts)).await;
        let rejected = match read {
            Ok(Ok(config)) => self.apply_config(config),
            Ok(Err(why)) => Some(format!("{why:#}")),
            Err(panic) => Some(panic.to_string()),
        };
        let missing = self.objects.as_ref().and_then(|objects| objects.problem(&current));
        if let (Some(objects), None) = (&self.objects, &rejected) {
            objects.set_applied(current.texts);
        }
        let now = rejected.into_iter().chain(missing).reduce(|one, other| format!("{one}; {other}"));
        let before = std::mem::replace(&mut *self.config_problem.lock(), now.clone());
        if now != before {
            match &now {
                Some(why) => tracing::error!("configuration rejected, the previous one stays active: {why}"),
                None => tracing::info!("configuration is valid again"),
            }
            self.telemetry.health.configuration(now.as_deref());
            self.telemetry.metrics.configuration(now.is_none());
        }
    }

    /// Applies a configuration, or returns the reason to reject it. One without credentials that were there
    /// before is rejected: an object in replacement is absent for a moment, and an accidental deletion must
    /// not stop all reconciliation.
    fn apply_config(&self, config: Config) -> Option<String> {
        let before = self.config();
        let (old, new) = (self.outline(&before), self.outline(&config));
        if at_start(&config.operator) != at_start(&before.operator) {
            tracing::warn!(
                "changes below `operator` take effect at the next start, except for `operator.tenants`"
            );
        }
        if old == new && config.operator == before.operator {
            return None;
        }
        if let Some(api) = self.apis().into_iter().find(|api| self.loses(api, &before, &config)) {
            return Some(format!(
                "it no longer has credentials for the API `{}`: restore them, or restart the operator to run without them",
                api.name
            ));
        }
        tracing::info!("configuration changed");
        self.config.store(Arc::new(config));
        if old != new {
            self.report_credentials();
        }
        self.queue_all();
        None
    }

    fn loses(&self, api: &Api, before: &Config, after: &Config) -> bool {
        let has = |config: &Config| self.credentials.of_operator(config, api).access.is_ok();
        has(before) && !has(after)
    }

    /// Returns the parts of a configuration that matter to requests; secrets only as their fingerprints.
    fn outline(&self, config: &Config) -> Vec<ApiOutline> {
        let one = |api: &Arc<Api>| {
            let resolved = self.credentials.of_operator(config, api);
            let access = resolved.access.map(|access| (access.endpoint.clone(), access.fingerprint.clone()));
            ApiOutline { access, defaults: resolved.defaults }
        };
        self.apis().iter().map(one).collect()
    }

    /// Activates the changed catalog, and reads configuration and namespace credentials again: the catalog
    /// decides which keys are known.
    pub(crate) async fn apply_catalog(&self) {
        let before = self.apis();
        self.catalog.store(Arc::new(self.catalog_state.active()));
        let now = self.active_catalog();
        let gone = before.iter().filter(|api| now.apis.iter().all(|other| other.name != api.name));
        gone.for_each(|api| self.telemetry.health.forget_api(&api.name));
        self.read_again().await;
        self.credentials.secrets.apply_catalog(&now.catalog);
    }

    /// Reports for each API that its credentials are untried, unused or missing.
    fn report_credentials(&self) {
        let (config, apis) = (self.config(), self.apis());
        let are_there = |api: &&Arc<Api>| self.credentials.of_operator(&config, api).access.is_ok();
        let any = apis.iter().any(|api| are_there(&api));
        for api in &apis {
            if let Ok(access) = self.credentials.of_operator(&config, api).access {
                self.telemetry.health.endpoint(&api.name, &access.host());
            }
            let state = match (are_there(&api), any) {
                (true, _) => Credentials::Untried,
                (false, true) => Credentials::Unused,
                (false, false) => Credentials::Missing,
            };
            self.telemetry.health.credentials(&api.name, state);
        }
    }
}

/// Returns the settings that apply at the start only.
fn at_start(settings: &OperatorSettings) -> OperatorSettings {
    OperatorSettings { tenants: Tenants::default(), ..settings.clone() }
}
