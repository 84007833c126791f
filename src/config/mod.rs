//! The configuration: environment variables, files and objects of the cluster, merged and validated.
//!
//! The catalog's authentication schemes name the credentials, and the keys of the file and the variables
//! follow from those names by one rule: `api.consumerKey` is `CLEVER_OPERATOR_API_CONSUMER_KEY`. A later
//! source wins over an earlier one, except for credentials: two sources with different credentials are
//! refused, because the order of sources must not decide which account is used.

mod connection_secret;
mod credentials;
mod document;
mod effective;
mod endpoint;
mod known_keys;
mod load;
mod namespace;
mod ownership;
mod problem;
mod reader;
mod search;
mod settings;
mod value;

pub use crate::config::connection_secret::SecretDefaults;
pub(crate) use crate::config::credentials::Credentials;
pub use crate::config::credentials::credentials;
pub use crate::config::document::{Document, Format};
pub(crate) use crate::config::effective::{EffectiveValue, to_toml};
pub use crate::config::endpoint::endpoint;
pub use crate::config::known_keys::{KnownKeys, variable};
pub(crate) use crate::config::load::effective_values;
pub use crate::config::load::resolve;
pub(crate) use crate::config::namespace::NamespaceConfig;
pub use crate::config::namespace::namespace;
pub use crate::config::problem::ConfigError;
pub use crate::config::search::{OBJECT_KEY, OBJECT_NAME, SearchPaths, documents, search};
pub(crate) use crate::config::search::{SearchOutcome, SearchResult};
pub(crate) use crate::config::settings::LeaseSettings;
pub use crate::config::settings::{ApiSettings, Config, OperatorSettings};
