//! The request that an operation acts on.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::accounts::Account;
use crate::response::ApiError;
use crate::routes::PathParams;
use crate::service::{ApiOperation, Page};
use crate::time::Millis;

/// A request that was routed, authorized and checked against the rate limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OperationRequest<'a> {
    pub(crate) operation: ApiOperation,
    pub(crate) provider: Option<&'a str>,
    /// The response, if it is a template.
    pub(crate) page: Option<&'a Page>,
    pub(crate) params: &'a PathParams,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a Result<Value, String>,
    pub(crate) account: Option<&'a Account>,
    pub(crate) now: Millis,
}

impl<'a> OperationRequest<'a> {
    /// Returns the owner named in the path, or the caller if the path names none.
    pub(crate) fn owner(&self) -> String {
        let named = self.params.get("owner").cloned();
        named.or_else(|| self.account.map(|account| account.user.id.clone())).unwrap_or_default()
    }

    /// Returns a path parameter, or an empty string if the path has no such parameter.
    pub(crate) fn param(&self, name: &str) -> &'a str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Parses the body.
    ///
    /// # Errors
    /// Returns `malformed-body`, with the reason, if the body is not JSON or does not have the expected
    /// fields.
    pub(crate) fn parse_body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let json = self.body.clone().map_err(ApiError::malformed_body)?;
        serde_json::from_value(json).map_err(ApiError::malformed_body)
    }
}
