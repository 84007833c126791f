//! The service description: all names that a client can see, as data (`data/service.json`): paths, id
//! prefixes, error messages, outputs and templates of the add-ons. The behaviour is in `operations`, the
//! offers are in `offers`.

mod errors;
mod operation;
mod ordered_map;
mod page;
mod provider;

use std::collections::HashMap;

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use crate::service::errors::{ApiErrorKind, ErrorSpec, SuccessKind, SuccessSpec};
pub(crate) use crate::service::operation::ApiOperation;
pub(crate) use crate::service::ordered_map::OrderedMap;
pub(crate) use crate::service::page::Page;
pub(crate) use crate::service::provider::{
    ChildSpec, ConditionalText, CreationOption, IdFormat, OptionKind, Provider, StatusNames,
};

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
    /// Responses that are templates.
    pub(crate) pages: Vec<Page>,
    /// Operations that need no authentication.
    pub(crate) public: Vec<ApiOperation>,
    pub(crate) templates: HashMap<TemplateName, Value>,
    pub(crate) migration_steps: Vec<String>,
    pub(crate) successes: HashMap<SuccessKind, SuccessSpec>,
    pub(crate) errors: HashMap<ApiErrorKind, ErrorSpec>,
    pub(crate) providers: HashMap<String, Provider>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IdPrefixes {
    /// Prefix of add-on ids.
    pub(crate) own: String,
    pub(crate) migration: String,
    pub(crate) application: String,
    pub(crate) network_group: String,
}

/// The format of error bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    Message,
    Ovd,
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
    VersionCheck,
    ProviderVersions,
    Preorder,
    PriceSystem,
    Price,
    Bucket,
    NetworkGroup,
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
