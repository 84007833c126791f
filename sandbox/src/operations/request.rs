//! The request that an operation acts on.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::accounts::Account;
use crate::answer::Refused;
use crate::routes::Params;
use crate::service::Operation;
use crate::time::Millis;

/// A request an operation can act on: recognised, permitted, within the limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) operation: Operation,
    pub(crate) provider: Option<&'a str>,
    pub(crate) params: &'a Params,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a Result<Value, String>,
    pub(crate) account: Option<&'a Account>,
    pub(crate) now: Millis,
}

impl<'a> Request<'a> {
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
    /// Returns `malformed-body`, with the reason, if the body is not JSON or does not have the expected fields.
    pub(crate) fn parse_body<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        let json = self.body.clone().map_err(Refused::malformed)?;
        serde_json::from_value(json).map_err(Refused::malformed)
    }
}
