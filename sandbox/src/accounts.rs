//! Accounts with their credentials and organisations.

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// All accounts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accounts {
    pub(crate) accounts: Vec<Account>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    /// Name of the account in the log.
    pub(crate) name: String,
    pub(crate) user: User,
    pub(crate) organisations: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) oauth: Option<OAuthCredentials>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bearer: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
}

/// OAuth 1.0a credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OAuthCredentials {
    pub(crate) consumer_key: String,
    pub(crate) consumer_secret: String,
    pub(crate) token: String,
    pub(crate) secret: String,
}

impl Accounts {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Ok(serde_json::from_str(text)?)
    }

    /// Returns whether the id is an organisation of any account, or a user.
    pub(crate) fn is_owner(&self, id: &str) -> bool {
        self.accounts.iter().any(|account| account.may_use(id))
    }

    pub(crate) fn find_by_bearer(&self, token: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.bearer.as_deref() == Some(token))
    }

    pub(crate) fn find_by_oauth(
        &self,
        consumer_key: &str,
        token: &str,
    ) -> Option<(&Account, &OAuthCredentials)> {
        let pair = |account: &'_ Account| {
            account
                .oauth
                .as_ref()
                .is_some_and(|oauth| oauth.consumer_key == consumer_key && oauth.token == token)
        };
        let account = self.accounts.iter().find(|account| pair(account))?;
        Some((account, account.oauth.as_ref()?))
    }
}

impl Account {
    pub(crate) fn may_use(&self, owner: &str) -> bool {
        self.user.id == owner || self.organisations.iter().any(|organisation| organisation == owner)
    }
}
