//! Configuration controller: applies changes of files and of objects in the operator's namespace at run time.
//! An invalid configuration is rejected, and the previous one stays in use.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use interpreter::plan::DeletionPolicy;
use interpreter::reconcile::{AdoptionRules, MarkingPolicy, Tenants};
use serde_json::Value;
use tokio::time::sleep;

use crate::config::{Config, OperatorSettings, SecretDefaults};
use crate::engine::active_catalog::ActiveCatalog;
use crate::engine::config_objects::Objects;
use crate::engine::context::Engine;
use crate::telemetry::Credentials;

/// Interval at which files are read again. They are few and small, and file notifications are unreliable
/// where a kubelet swaps links.
const FILE_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Parts of a configuration that matter at run time; secrets only as their fingerprints.
#[derive(Clone, Debug, PartialEq)]
struct Outline {
    operator: OperatorSettings,
    /// The APIs of the active catalog, in its order.
    apis: Vec<ApiOutline>,
}

#[derive(Clone, Debug, PartialEq)]
struct ApiOutline {
    name: String,
    /// Access by the operator's own credentials, or the reason why there is none.
    access: Result<AccessOutline, String>,
    defaults: Value,
}

#[derive(Clone, Debug, PartialEq)]
struct AccessOutline {
    endpoint: String,
    fingerprint: String,
    host: String,
}

/// Decision on a configuration that was read.
#[derive(Debug, PartialEq)]
enum Decision {
    Unchanged,
    /// The credentials of this API are gone.
    Reject(String),
    Apply {
        /// True when the access to an API, or its defaults, have changed.
        credentials: bool,
    },
}

/// Decides on a configuration. One without credentials that were there before is rejected: an object in
/// replacement is absent for a moment, and an accidental deletion must not stop all reconciliation.
fn decide(before: &Outline, after: &Outline) -> Decision {
    if before == after {
        return Decision::Unchanged;
    }
    let lost =
        before.apis.iter().zip(&after.apis).find(|(old, new)| old.access.is_ok() && new.access.is_err());
    match lost {
        Some((api, _)) => Decision::Reject(api.name.clone()),
        None => Decision::Apply { credentials: before.apis != after.apis },
    }
}

/// Applies configuration changes, without end.
pub(crate) async fn follow_configuration(engine: Arc<Engine>, mut changes: BoxStream<'static, ()>) {
    let outline = outline(&engine, &engine.catalog.load_full(), &engine.config.load());
    log_unusable(&outline);
    report_credentials(&engine, &outline);
    report_problem(&engine, None);
    loop {
        tokio::select! {
            _ = changes.next() => (),
            () = sleep(FILE_POLL_INTERVAL) => (),
        }
        read_again(&engine).await;
    }
}

/// Reads the configuration and applies it. Each problem is logged once.
pub(crate) async fn read_again(engine: &Engine) {
    let config = &engine.config;
    let current = config.objects.as_ref().map(Objects::current).unwrap_or_default();
    let (reload, texts, catalog) =
        (config.reload.clone(), current.texts.clone(), engine.catalog.load_full().catalog.clone());
    let rejected = match tokio::task::spawn_blocking(move || reload(&catalog, &texts)).await {
        Ok(Ok(config)) => apply(engine, config),
        Ok(Err(why)) => Some(format!("{why:#}")),
        Err(panic) => Some(panic.to_string()),
    };
    let missing = config.objects.as_ref().and_then(|objects| objects.problem(&current));
    if let (Some(objects), None) = (&config.objects, &rejected) {
        objects.set_applied(current.texts);
    }
    let now = rejected.into_iter().chain(missing).reduce(|one, other| format!("{one}; {other}"));
    let before = std::mem::replace(&mut *config.problem.lock(), now.clone());
    if now != before {
        match &now {
            Some(why) => tracing::error!("configuration rejected, the previous one stays active: {why}"),
            None => tracing::info!("configuration is valid again"),
        }
        report_problem(engine, now.as_deref());
    }
}

/// Applies a configuration, or returns the reason to reject it.
fn apply(engine: &Engine, config: Config) -> Option<String> {
    let active = engine.catalog.load_full();
    let (before, after) =
        (outline(engine, &active, &engine.config.load()), outline(engine, &active, &config));
    if at_start(&after.operator) != at_start(&before.operator) {
        tracing::warn!(
            "changes below `operator` take effect at the next start, except for `operator.tenants`, `operator.adoption`, `operator.endpoints`, `operator.deletionPolicy`, `operator.marks`, `operator.drift` and `operator.connectionSecret`"
        );
    }
    match decide(&before, &after) {
        Decision::Unchanged => None,
        Decision::Reject(api) => Some(format!(
            "it no longer has credentials for the API `{api}`: restore them, or restart the operator to run without them"
        )),
        Decision::Apply { credentials } => {
            tracing::info!("configuration changed");
            engine.config.store(config);
            if credentials {
                report_credentials(engine, &after);
            }
            engine.controllers.queue_all();
            None
        }
    }
}

fn outline(engine: &Engine, active: &ActiveCatalog, config: &Config) -> Outline {
    let apis = active.apis.iter().map(|api| {
        let resolved = engine.credentials.of_operator(config, api);
        let access = resolved.access.map(|access| AccessOutline {
            endpoint: access.endpoint.clone(),
            fingerprint: access.fingerprint.clone(),
            host: access.host(),
        });
        ApiOutline { name: api.name.clone(), access, defaults: resolved.defaults }
    });
    Outline { operator: config.operator.clone(), apis: apis.collect() }
}

/// Logs each API that the operator's own settings give no access to: only namespaces with credentials of their
/// own can use it.
fn log_unusable(outline: &Outline) {
    for api in &outline.apis {
        if let Err(reason) = &api.access {
            tracing::warn!(api = api.name, reason, "no access to the API with the operator's configuration");
        }
    }
}

fn report_problem(engine: &Engine, problem: Option<&str>) {
    engine.telemetry.health.configuration(problem);
    engine.telemetry.metrics.configuration(problem.is_none());
}

/// Reports for each API that its credentials are untried, unused or missing.
fn report_credentials(engine: &Engine, outline: &Outline) {
    let any = outline.apis.iter().any(|api| api.access.is_ok());
    for api in &outline.apis {
        let state = match &api.access {
            Ok(access) => {
                engine.telemetry.health.endpoint(&api.name, &access.host);
                Credentials::Untried
            }
            Err(_) if any => Credentials::Unused,
            Err(_) => Credentials::Missing,
        };
        engine.telemetry.health.credentials(&api.name, state);
    }
}

/// Returns the settings that apply at the start only.
fn at_start(settings: &OperatorSettings) -> OperatorSettings {
    OperatorSettings {
        tenants: Tenants::default(),
        adoption: AdoptionRules::default(),
        endpoints: None,
        deletion_policy: DeletionPolicy::default(),
        drift: None,
        connection_secret: SecretDefaults::default(),
        marks: MarkingPolicy::default(),
        ..settings.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(fingerprint: &str) -> Result<AccessOutline, String> {
        let endpoint = "https://cloud.example.test".to_owned();
        Ok(AccessOutline { endpoint, fingerprint: fingerprint.into(), host: "cloud.example.test".into() })
    }

    fn outline(accesses: [Result<AccessOutline, String>; 2]) -> Outline {
        let api = |(name, access): (&str, _)| ApiOutline { name: name.into(), access, defaults: Value::Null };
        let apis = ["one", "two"].into_iter().zip(accesses).map(api).collect();
        Outline { operator: OperatorSettings::default(), apis }
    }

    #[test]
    fn a_configuration_applies_unless_it_loses_credentials() {
        let none = || Err("no credentials".to_owned());
        let with_defaults = |defaults: &str| {
            let mut outline = outline([access("a"), none()]);
            outline.apis[0].defaults = defaults.into();
            outline
        };
        let limited = Outline {
            operator: OperatorSettings { creation_window: Duration::from_secs(7), ..Default::default() },
            ..outline([access("a"), none()])
        };
        let before = outline([access("a"), none()]);
        let cases = [
            ("the same", before.clone(), Decision::Unchanged),
            ("other credentials", outline([access("b"), none()]), Decision::Apply { credentials: true }),
            ("more credentials", outline([access("a"), access("c")]), Decision::Apply { credentials: true }),
            ("other defaults", with_defaults("x"), Decision::Apply { credentials: true }),
            ("other settings", limited, Decision::Apply { credentials: false }),
            ("lost credentials", outline([none(), none()]), Decision::Reject("one".into())),
            ("credentials of another API", outline([none(), access("c")]), Decision::Reject("one".into())),
        ];
        for (name, after, expected) in cases {
            assert_eq!(decide(&before, &after), expected, "{name}");
        }
    }
}
