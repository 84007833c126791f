//! What the operator is told, kept up to date while it runs: files that are swapped, and objects in its own namespace. What cannot be used
//! changes nothing: the last that could stays in force.

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

/// How often files are read again. They are small and few; and where a kubelet swaps links, a notification about a file never comes.
const FILES: Duration = Duration::from_secs(5);

impl Engine {
    /// Takes in what changes, without end.
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

    /// Takes in what is told now. Each complaint is made once.
    pub(crate) async fn read_again(&self) {
        let said = self.objects.as_ref().map(Objects::said).unwrap_or_default();
        let (reload, told, catalog) = (self.reload.clone(), said.told.clone(), self.in_force().catalog.clone());
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
        let before = std::mem::replace(&mut *self.complaint.lock().unwrap_or_else(PoisonError::into_inner), now.clone());
        if now != before {
            match &now {
                Some(why) => tracing::error!("the configuration has become unusable; what was in force before stays: {why}"),
                None => tracing::info!("the configuration can be used again"),
            }
            self.telemetry.health.configuration(now.as_deref());
            self.telemetry.metrics.configuration(now.is_none());
        }
    }

    /// Unless it takes credentials away: an object that is replaced is gone for a moment, and a slip of the hand must not stop everything.
    fn put_in_force(&self, config: Config) -> Option<String> {
        let before = self.config();
        let (old, new) = (self.outline(&before), self.outline(&config));
        if at_start(&config.operator) != at_start(&before.operator) {
            tracing::warn!("what was changed below `operator` takes effect at the next start, but for `operator.tenants`");
        }
        if old == new && config.operator == before.operator {
            return None;
        }
        if let Some(api) = self.apis().into_iter().find(|api| self.loses(api, &before, &config)) {
            return Some(format!("it no longer has credentials for the API `{}`; to work without them, start anew", api.name));
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

    /// What of a configuration matters to requests; secrets only as their fingerprints.
    fn outline(&self, config: &Config) -> Vec<String> {
        let one = |api: &Arc<Api>| {
            let grant = resolve::of_operator(&self.reach, config, api);
            let access = grant.access.map(|access| (access.endpoint.clone(), access.fingerprint.clone()));
            format!("{access:?} {}", grant.defaults)
        };
        self.apis().iter().map(one).collect()
    }

    /// Another catalog is interpreted: configuration and overrides may say more now, or less.
    pub(crate) async fn put_catalog_in_force(&self) {
        let before = self.apis();
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(self.library.in_force());
        let now = self.in_force();
        let gone = before.iter().filter(|api| now.apis.iter().all(|other| other.name != api.name));
        gone.for_each(|api| self.telemetry.health.forget_api(&api.name));
        self.read_again().await;
        for namespace in self.overrides.read_as(&now.catalog) {
            self.queue_namespace(&namespace);
        }
    }

    /// Credentials are untried, or there are none.
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

/// What is read only once.
fn at_start(settings: &OperatorSettings) -> OperatorSettings {
    OperatorSettings { tenants: Tenants::default(), ..settings.clone() }
}
