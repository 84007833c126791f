//! What the operator is told: the environment, files and objects of the cluster, laid over each other and checked.
//!
//! Which credentials exist is not known here. The catalog's schemes name them, and the keys of the file and the names of the variables
//! follow from those names by one rule: `api.consumerKey` is `CLEVER_OPERATOR_API_CONSUMER_KEY`. A later source wins over an earlier one, but never where credentials
//! differ: then it is refused, because whose they are must not be a matter of order.

mod credentials;
mod document;
mod endpoint;
mod key;
mod namespace;
mod place;
mod problem;
mod reader;
mod tenants;
mod value;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use interpreter::catalog::Catalog;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};

pub use credentials::{Credentials, MissingCredentials, credentials, missing, unusable};
pub use document::{Document, Format};
pub use endpoint::{EndpointError, endpoint};
pub use key::{Vocabulary, variable};
pub use namespace::{NamespaceConfig, namespace};
pub use place::{Found, Looked, OBJECT_KEY, OBJECT_NAME, Places, documents, search};
pub use problem::{ConfigError, Problem};
use reader::Reader;
pub use tenants::Tenants;
pub use written::{Written, toml};

/// Everything the operator is told; checked, but for credentials that nobody wrote (see [`credentials`]).
#[derive(Debug, Clone)]
pub struct Config {
    /// What is told about each API of the catalog, by its name; an entry for every one.
    pub apis: BTreeMap<String, ApiSettings>,
    /// How the operator itself behaves.
    pub operator: OperatorSettings,
}

/// What is told about one API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Where it stands in the file: `api`, or `apis.<name>`.
    pub section: String,
    /// Another place than the catalog's, as it was written; [`endpoint`] makes a URL of it.
    pub endpoint: Option<String>,
    /// The organisation of resources that name none.
    pub organisation: Option<String>,
    /// What proves who asks, by the names that the catalog's schemes give.
    pub credentials: BTreeMap<String, SecretString>,
}

/// How the operator itself behaves. The durations uphold what is promised about creating and deleting; tests shorten them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSettings {
    /// Where health and metrics are served.
    pub listen: SocketAddr,
    /// A creation is sent only while less than this has passed since its intent was written. Shorter: creations give up under load.
    pub fence: Duration,
    /// Instead of what the catalog says: after so long an effect shows in the list. Shorter than the truth: doubles become possible.
    pub settle: Option<Duration>,
    /// Instead of what the catalog says: how long one request to a cloud may take.
    pub request_timeout: Option<Duration>,
    /// How often what is at rest is compared with the cloud.
    pub check: Duration,
    /// The namespaces whose resources are managed; none are named: all of them.
    pub watch_namespaces: BTreeSet<String>,
    /// How one of several replicas is elected.
    pub lease: LeaseSettings,
    /// Which organisations each namespace may name.
    pub tenants: Tenants,
    /// The switches that are on; the catalog says which kinds each of them turns on.
    pub switches: BTreeSet<String>,
}

/// How one of several replicas is elected: the times of the election, as every election on Kubernetes has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSettings {
    /// A lease that was not renewed for so long may be taken over. Whole seconds.
    pub duration: Duration,
    /// Its holder acts for so long after the last renewal that succeeded; less than `duration`.
    pub renew_deadline: Duration,
    /// The time between two tries, to which up to a fifth is added; it fits into `renew_deadline`.
    pub retry: Duration,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8000)),
            fence: Duration::from_secs(20),
            settle: None,
            request_timeout: None,
            check: Duration::from_secs(300),
            watch_namespaces: BTreeSet::new(),
            lease: LeaseSettings::default(),
            tenants: Tenants::default(),
            switches: BTreeSet::new(),
        }
    }
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self { duration: Duration::from_secs(15), renew_deadline: Duration::from_secs(10), retry: Duration::from_secs(2) }
    }
}

impl OperatorSettings {
    /// What holds for each key below `operator.` that always has a value, as one would write it; none where the catalog's holds.
    pub fn values(&self) -> [(&'static str, Option<String>); 9] {
        let namespaces: Vec<_> = self.watch_namespaces.iter().map(String::as_str).collect();
        let namespaces = if namespaces.is_empty() { "all".to_owned() } else { namespaces.join(", ") };
        let text = |duration: Duration| SignedDuration::try_from(duration).map(|duration| format!("{duration:#}")).ok();
        [
            ("listen", Some(self.listen.to_string())),
            ("check", text(self.check)),
            ("watchNamespaces", Some(namespaces)),
            ("requestTimeout", self.request_timeout.and_then(text)),
            ("fence", text(self.fence)),
            ("settle", self.settle.and_then(text)),
            ("lease.duration", text(self.lease.duration)),
            ("lease.renewDeadline", text(self.lease.renew_deadline)),
            ("lease.retry", text(self.lease.retry)),
        ]
    }
}

impl ApiSettings {
    /// What a catalog may name as `config`: defaults for specs, and never a credential.
    pub fn defaults(&self) -> Value {
        match &self.organisation {
            Some(organisation) => json!({ "organisation": organisation }),
            None => json!({}),
        }
    }
}

/// Reads the one file that is named, or those in all places, and the environment, and checks them against what the catalog's APIs take.
pub fn load(file: Option<&Path>, environment: &dyn Fn(&str) -> Option<String>, catalog: &Catalog) -> Result<Config, ConfigError> {
    let documents = documents(search(file, &Places::of(environment)))?;
    resolve(&documents, environment, &Vocabulary::of(catalog))
}

/// Lays documents over each other, the most important last, and all of them over the environment. Reports every problem at once.
pub fn resolve(
    documents: &[Document],
    environment: &dyn Fn(&str) -> Option<String>,
    vocabulary: &Vocabulary,
) -> Result<Config, ConfigError> {
    let mut reader = Reader::gather(documents, environment, vocabulary);
    let sections = reader.sections(vocabulary);
    let config = Config {
        apis: sections.into_iter().map(|(api, section)| (api.clone(), api_settings(&mut reader, &api, section, vocabulary))).collect(),
        operator: operator_settings(&mut reader, vocabulary),
    };
    reader.finish(config)
}

/// What is written and holds, by key, with where it stands. Means something only where [`resolve`] finds nothing wrong.
pub fn written(documents: &[Document], environment: &dyn Fn(&str) -> Option<String>, vocabulary: &Vocabulary) -> Vec<Written> {
    Reader::gather(documents, environment, vocabulary).written(vocabulary)
}

fn api_settings(reader: &mut Reader, api: &str, section: String, vocabulary: &Vocabulary) -> ApiSettings {
    let names = vocabulary.credentials(api);
    ApiSettings {
        endpoint: reader.endpoint(&format!("{section}.endpoint")),
        organisation: reader.text(&format!("{section}.organisation")),
        credentials: names.filter_map(|name| Some((name.to_owned(), reader.secret(&format!("{section}.{name}"))?))).collect(),
        section,
    }
}

fn operator_settings(reader: &mut Reader, vocabulary: &Vocabulary) -> OperatorSettings {
    let usual = OperatorSettings::default();
    OperatorSettings {
        listen: reader.address("operator.listen").unwrap_or(usual.listen),
        fence: reader.duration("operator.fence").unwrap_or(usual.fence),
        settle: reader.duration("operator.settle"),
        request_timeout: reader.duration("operator.requestTimeout"),
        check: reader.duration("operator.check").unwrap_or(usual.check),
        watch_namespaces: reader.namespaces().unwrap_or_default(),
        lease: lease_settings(reader),
        tenants: reader.tenants().map(Tenants::limited).unwrap_or_default(),
        switches: vocabulary.switches().filter(|name| reader.flag(&format!("operator.{name}")) == Some(true)).map(str::to_owned).collect(),
    }
}

fn lease_settings(reader: &mut Reader) -> LeaseSettings {
    let usual = LeaseSettings::default();
    let lease = LeaseSettings {
        duration: reader.duration("operator.lease.duration").unwrap_or(usual.duration),
        renew_deadline: reader.duration("operator.lease.renewDeadline").unwrap_or(usual.renew_deadline),
        retry: reader.duration("operator.lease.retry").unwrap_or(usual.retry),
    };
    if lease.duration.subsec_nanos() != 0 {
        reader.refuse("operator.lease.duration", "is not in whole seconds", "Kubernetes keeps it in seconds: write such as `15s`".into());
    }
    if lease.renew_deadline >= lease.duration {
        let help = format!("write less than `operator.lease.duration`, which is {:?}", lease.duration);
        reader.refuse("operator.lease.renewDeadline", "is so long that two could lead at once", help);
    }
    if lease.retry.mul_f64(1.2) >= lease.renew_deadline {
        let help = format!("write less than `operator.lease.renewDeadline`, which is {:?}, by a fifth or more", lease.renew_deadline);
        reader.refuse("operator.lease.retry", "leaves no time for a second try", help);
    }
    lease
}
