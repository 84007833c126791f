//! The appearance of add-ons, by provider.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::service::operation::ApiOperation;
use crate::service::ordered_map::OrderedMap;
use crate::service::page::Page;

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
    /// The backups of an add-on; absent if the platform makes none.
    #[serde(default)]
    pub(crate) backup: Option<Value>,
    /// Responses at paths of this provider that are templates.
    #[serde(default)]
    pub(crate) pages: Vec<Page>,
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

impl Default for StatusNames {
    fn default() -> Self {
        Self { creating: "ACTIVE".into(), ready: "ACTIVE".into(), deleting: "TO_DELETE".into() }
    }
}
