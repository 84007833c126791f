//! Merges documents and environment into the validated settings.

use std::collections::BTreeSet;
use std::time::Duration;

use interpreter::plan::DriftPolicy;
use interpreter::reconcile::Tenants;
use jiff::SignedDuration;

use crate::config::connection_secret::connection_secret;
use crate::config::document::Document;
use crate::config::effective::EffectiveValue;
use crate::config::endpoint::endpoint;
use crate::config::known_keys::{ENDPOINTS, KnownKeys};
use crate::config::ownership;
use crate::config::problem::ConfigError;
use crate::config::reader::{ENDPOINTS_HELP, Reader};
use crate::config::settings::{ApiSettings, Config, LeaseSettings, OperatorSettings};

/// Merges documents over each other, the most important last, and all of them over the environment. Reports
/// all problems at once.
pub fn resolve(
    documents: &[Document],
    environment: &dyn Fn(&str) -> Option<String>,
    known_keys: &KnownKeys,
) -> Result<Config, ConfigError> {
    let mut reader = Reader::merge(documents, environment, known_keys);
    let sections = reader.sections(known_keys);
    let config = Config {
        apis: sections
            .into_iter()
            .map(|(api, section)| (api.clone(), api_settings(&mut reader, &api, section, known_keys)))
            .collect(),
        operator: operator_settings(&mut reader),
    };
    reader.finish(config)
}

/// Returns the value that applies for each key, with its source. Meaningful only if [`resolve`] succeeds.
pub(crate) fn effective_values(
    documents: &[Document],
    environment: &dyn Fn(&str) -> Option<String>,
    known_keys: &KnownKeys,
) -> Vec<EffectiveValue> {
    Reader::merge(documents, environment, known_keys).effective_values(known_keys)
}

/// Reads the section of one API.
pub(super) fn api_settings(
    reader: &mut Reader,
    api: &str,
    section: String,
    known_keys: &KnownKeys,
) -> ApiSettings {
    let names = known_keys.credentials(api);
    ApiSettings {
        endpoint: reader.endpoint(&format!("{section}.endpoint")),
        organisation: reader.text(&format!("{section}.organisation")),
        credentials: names
            .filter_map(|name| Some((name.to_owned(), reader.secret(&format!("{section}.{name}"))?)))
            .collect(),
        section,
    }
}

fn operator_settings(reader: &mut Reader) -> OperatorSettings {
    let default = OperatorSettings::default();
    OperatorSettings {
        listen: reader.address("operator.listen").unwrap_or(default.listen),
        creation_window: reader.duration("operator.creationWindow").unwrap_or(default.creation_window),
        list_lag: reader.duration("operator.listLag"),
        request_timeout: reader.duration("operator.requestTimeout"),
        absence_time: reader.duration("operator.absenceTime").unwrap_or(default.absence_time),
        poll_interval: reader.duration("operator.pollInterval").unwrap_or(default.poll_interval),
        watch_namespaces: reader.namespaces().unwrap_or_default(),
        endpoints: endpoints(reader),
        lease: lease_settings(reader),
        tenants: reader.tenants().map(Tenants::limited).unwrap_or_default(),
        adoption: ownership::adoption(reader),
        deletion_policy: ownership::deletion_policy(reader).unwrap_or_default(),
        marks: ownership::marks(reader).unwrap_or_default(),
        drift: drift(reader),
        connection_secret: connection_secret(reader),
    }
}

/// Returns the endpoints that namespaces may name, normalized; `None` for the default. A problem shows no value, which
/// may contain a password.
fn endpoints(reader: &mut Reader) -> Option<BTreeSet<String>> {
    let mut endpoints = BTreeSet::new();
    for text in reader.texts(ENDPOINTS)? {
        match endpoint(&text, &[]) {
            Ok(url) => drop(endpoints.insert(url.as_str().trim_end_matches('/').to_owned())),
            Err(error) => {
                let message = format!("has an endpoint that {error}");
                reader.refuse(ENDPOINTS, &message, ENDPOINTS_HELP.into());
            }
        }
    }
    Some(endpoints)
}

/// Returns the drift policy of resources whose annotation names none; `None` for that of the catalog.
fn drift(reader: &mut Reader) -> Option<DriftPolicy> {
    const KEY: &str = "operator.drift";
    let written = reader.text(KEY).filter(|text| text != "catalog")?;
    let policy = DriftPolicy::named(&written);
    if policy.is_none() {
        reader.refuse(
            KEY,
            "is not a drift policy",
            "write `catalog`, `correct`, `report` or `ignore`".into(),
        );
    }
    policy
}

fn lease_settings(reader: &mut Reader) -> LeaseSettings {
    let default = LeaseSettings::default();
    let lease = LeaseSettings {
        duration: reader.duration("operator.lease.duration").unwrap_or(default.duration),
        renew_deadline: reader.duration("operator.lease.renewDeadline").unwrap_or(default.renew_deadline),
        retry: reader.duration("operator.lease.retry").unwrap_or(default.retry),
    };
    if lease.duration.subsec_nanos() != 0 {
        let help = "write whole seconds, such as `15s`: Kubernetes stores no fractions".into();
        reader.refuse("operator.lease.duration", "is not a whole number of seconds", help);
    }
    if lease.renew_deadline >= lease.duration {
        let help = format!(
            "write a shorter duration than `operator.lease.duration`, which is {}",
            shown(lease.duration)
        );
        reader.refuse("operator.lease.renewDeadline", "is too long: two replicas could lead at once", help);
    }
    if lease.retry.mul_f64(1.2) >= lease.renew_deadline {
        let help = format!(
            "write a duration that, with a fifth added, is shorter than `operator.lease.renewDeadline`, which is {}",
            shown(lease.renew_deadline)
        );
        reader.refuse("operator.lease.retry", "leaves no time for a second try", help);
    }
    lease
}

/// Returns a duration as a configuration may write it, such as `1m 30s`.
fn shown(duration: Duration) -> String {
    SignedDuration::try_from(duration)
        .map_or_else(|_| duration.as_secs().to_string(), |duration| format!("{duration:#}"))
}
