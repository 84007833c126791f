//! The service description: all names that a client can see, as data (`data/service.json`): paths, id
//! prefixes, error messages, outputs and templates of the add-ons. The behaviour is in `operations`, the
//! offers are in `offers`.

use std::collections::HashMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A service description.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ServiceDescription {
    /// Response header with the id of the request, for support.
    pub(crate) request_id_header: String,
    pub(crate) id_prefixes: IdPrefixes,
    /// Path prefix → format of errors. The first matching prefix applies.
    pub(crate) dialects: OrderedMap<Dialect>,
    pub(crate) operations: HashMap<ApiOperation, Vec<String>>,
    /// Operations that need no authentication.
    pub(crate) public: Vec<ApiOperation>,
    pub(crate) templates: HashMap<TemplateName, Value>,
    pub(crate) migration_steps: Vec<String>,
    pub(crate) successes: HashMap<SuccessKind, SuccessSpec>,
    pub(crate) errors: HashMap<ApiErrorKind, ErrorSpec>,
    pub(crate) providers: HashMap<String, Provider>,
}

/// A map that keeps the order of its entries.
#[derive(Clone, Debug)]
pub(crate) struct OrderedMap<T>(pub(crate) Vec<(String, T)>);

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdPrefixes {
    /// Prefix of add-on ids.
    pub(crate) own: String,
    pub(crate) migration: String,
    pub(crate) application: String,
}

/// The format of error bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    Message,
    Ovd,
}

/// The operations of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ApiOperation {
    #[serde(rename = "self")]
    CurrentUser,
    Summary,
    Providers,
    Provider,
    ProviderVersions,
    Zones,
    List,
    Create,
    Get,
    Rename,
    Delete,
    Env,
    Tags,
    ReplaceTags,
    AddTag,
    RemoveTag,
    Instances,
    Link,
    StartMigration,
    Migrations,
    Migration,
    CancelMigration,
    Backups,
    Detail,
    ReadEnv,
    ReplaceEnv,
    VersionCheck,
    VersionUpdate,
    Topics,
    CreateTopic,
    DeleteTopic,
}

/// The responses that have a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TemplateName {
    Message,
    Ovd,
    #[serde(rename = "self")]
    CurrentUser,
    /// An add-on.
    View,
    /// The summary of an account.
    Summary,
    /// The user, or an organisation, in the summary of an account.
    SummaryOwner,
    /// An add-on in the summary of an account.
    SummaryView,
    Instance,
    Migration,
    Step,
    Backup,
    VersionCheck,
    EngineVersions,
    ProductVersions,
}

/// Responses to writes that return no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SuccessKind {
    Deleted,
    Cancelled,
    Linked,
    TopicDeleted,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuccessSpec {
    pub(crate) id: i64,
    pub(crate) message: String,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ApiErrorKind {
    NotConnected,
    Forbidden,
    OrganisationNotFound,
    NotFound,
    ProviderNotFound,
    MigrationNotFound,
    ApplicationNotFound,
    TopicNotFound,
    RouteNotFound,
    Throttled,
    MalformedBody,
    InvalidPlan,
    InvalidRegion,
    InvalidVersion,
    NoCapacity,
    TooYoungToDelete,
    AlreadyDeleting,
    TopicsRemain,
    NotMigratable,
    NotReady,
    MigrationRunning,
    MigrationFinished,
    VersionDowngrade,
    NotYours,
}

/// The status and message of an error, in both dialects.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorSpec {
    pub(crate) status: u16,
    pub(crate) id: i64,
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) ovd_status: Option<u16>,
    #[serde(default)]
    pub(crate) ovd_message: Option<String>,
}

/// The appearance of the add-ons of one provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) real_ids: RealIds,
    /// Port of the instances; absent if the platform shows no instance.
    #[serde(default)]
    pub(crate) instance_port: Option<u16>,
    #[serde(default)]
    pub(crate) options: OrderedMap<CreationOption>,
    /// Leave disabled features out of the detail.
    #[serde(default)]
    pub(crate) omits_false_features: bool,
    /// Values generated at creation, in order. A value can refer to earlier ones.
    #[serde(default)]
    pub(crate) generated: OrderedMap<ConditionalText>,
    #[serde(default)]
    pub(crate) regenerated_by_migration: Vec<String>,
    /// Variables in the environment. A variable that renders to `null` is absent.
    #[serde(default)]
    pub(crate) outputs: OrderedMap<ConditionalText>,
    /// The environment consists of the user's variables instead of `outputs`.
    #[serde(default)]
    pub(crate) writable_env: bool,
    #[serde(default)]
    pub(crate) children: Vec<ChildSpec>,
    #[serde(default)]
    pub(crate) statuses: StatusNames,
    /// Operations at paths of this provider.
    #[serde(default)]
    pub(crate) operations: HashMap<ApiOperation, String>,
    #[serde(default)]
    pub(crate) detail: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RealIds {
    pub(crate) prefix: String,
    #[serde(default)]
    pub(crate) format: IdFormat,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IdFormat {
    #[default]
    Uuid,
    Ulid,
}

/// An option for creation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreationOption {
    pub(crate) kind: OptionKind,
    pub(crate) default: String,
    /// Ignore the option on shared plans, without an error.
    #[serde(default)]
    pub(crate) dedicated_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OptionKind {
    /// A boolean, shown among the features.
    Switch,
    /// A boolean, shown among the services.
    Service,
    /// A JSON string that enables and disables services by name.
    ServiceList,
    /// A comma-separated list.
    List,
    Text,
}

/// A text that can depend on an option.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ConditionalText {
    Always(String),
    When {
        #[serde(rename = "if")]
        option: String,
        value: String,
        #[serde(rename = "else", default)]
        otherwise: Value,
    },
}

/// A child that is created with an operator product: an add-on, or an application if it has no provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildSpec {
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) provider: Option<String>,
    #[serde(default)]
    pub(crate) plan: String,
    #[serde(default)]
    pub(crate) name: String,
}

/// Names of the statuses of an add-on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusNames {
    pub(crate) creating: String,
    pub(crate) ready: String,
    pub(crate) deleting: String,
}

impl ServiceDescription {
    /// Parses and validates a description.
    ///
    /// # Errors
    /// Fails if the JSON is invalid, an error kind has no entry, or a child refers to an unknown provider.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let service: Self = serde_json::from_str(text)?;
        if let Some(missing) = ApiErrorKind::ALL.iter().find(|kind| !service.errors.contains_key(kind)) {
            bail!("`errors` has no entry for {missing:?}");
        }
        for child in service.providers.values().flat_map(|provider| &provider.children) {
            if let Some(unknown) =
                child.provider.as_ref().filter(|slug| !service.providers.contains_key(*slug))
            {
                bail!("child refers to the unknown provider {unknown:?}");
            }
        }
        Ok(service)
    }

    /// Returns the error format for a path.
    pub(crate) fn dialect(&self, path: &str) -> Dialect {
        self.dialects
            .0
            .iter()
            .find(|(prefix, _)| path.starts_with(prefix))
            .map_or(Dialect::Message, |(_, dialect)| *dialect)
    }

    pub(crate) fn template(&self, name: TemplateName) -> &Value {
        self.templates.get(&name).unwrap_or(&Value::Null)
    }
}

impl ApiErrorKind {
    const ALL: [Self; 24] = [
        Self::NotConnected,
        Self::Forbidden,
        Self::OrganisationNotFound,
        Self::NotFound,
        Self::ProviderNotFound,
        Self::MigrationNotFound,
        Self::ApplicationNotFound,
        Self::TopicNotFound,
        Self::RouteNotFound,
        Self::Throttled,
        Self::MalformedBody,
        Self::InvalidPlan,
        Self::InvalidRegion,
        Self::InvalidVersion,
        Self::NoCapacity,
        Self::TooYoungToDelete,
        Self::AlreadyDeleting,
        Self::TopicsRemain,
        Self::NotMigratable,
        Self::NotReady,
        Self::MigrationRunning,
        Self::MigrationFinished,
        Self::VersionDowngrade,
        Self::NotYours,
    ];
}

impl Default for StatusNames {
    fn default() -> Self {
        Self { creating: "ACTIVE".into(), ready: "ACTIVE".into(), deleting: "TO_DELETE".into() }
    }
}

impl<T> Default for OrderedMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OrderedMap<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OrderedMap<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Map::deserialize(deserializer)?;
        let entry = |(name, value)| {
            serde_json::from_value(value).map(|parsed| (name, parsed)).map_err(serde::de::Error::custom)
        };
        fields.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}
