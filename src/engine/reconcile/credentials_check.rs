//! Credentials check: whether the resolved credentials may be used for this resource.

use interpreter::plan::{AccessDenied, ObservedRecord, Reason, Record, Target};

use crate::engine::credentials::resolve::elsewhere;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Returns the reason why no cloud request may be sent for this resource; `None` when requests are
    /// allowed.
    pub(crate) fn access_denied(&self, target: &Target) -> Option<AccessDenied> {
        let record = self.binding_record();
        let credentials = self.without_credentials(target, record.as_ref());
        let lacking = credentials.map(|message| AccessDenied {
            reason: Reason::CredentialsInvalid,
            message,
            may_delete_own: false,
        });
        lacking.or_else(|| self.in_foreign_account(target, record.as_ref()))
    }

    /// Returns the record, if it refers to an add-on or may; for a restored resource, also the record of its
    /// former uid if that has ids.
    fn binding_record(&self) -> Option<Record> {
        match self.resource().record {
            ObservedRecord::Ours(record) => Some(record).filter(|record| !record.is_vacant()),
            ObservedRecord::Foreign(record) => Some(record).filter(|record| record.ids.is_some()),
            ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
        }
    }

    fn without_credentials(&self, target: &Target, record: Option<&Record>) -> Option<String> {
        let access = match &self.credentials.access {
            Ok(access) => access,
            Err(why) => return Some(why.clone()),
        };
        let made_with = match (record, &self.object) {
            (Some(record), _) => Some(&record.credentials),
            (None, None) => self.cache_entry.made_with.as_ref(),
            (None, Some(_)) => None,
        };
        match (made_with, &self.credentials.secret) {
            (Some(Some(secret)), None) => return Some(missing(secret)),
            // An API without account identifies the account by the credentials alone.
            (Some(made_with), own) if made_with != own && self.controller.addon.api.account.is_none() => {
                return Some(other_account(made_with.as_deref()));
            }
            _ => (),
        }
        if let Some(record) =
            record.filter(|record| record.endpoint != access.endpoint || record.api != target.location.api)
        {
            return Some(elsewhere(&record.location()));
        }
        let new = record.is_none() && self.object.is_some() && !self.resource().deleting;
        self.credentials
            .secret
            .as_ref()
            .filter(|_| new && self.credentials.leaving)
            .map(|secret| leaving(secret))
    }

    /// Checks the recorded account and the one in the spec. The spec of a resource that is being deleted does
    /// not count.
    fn in_foreign_account(&self, target: &Target, record: Option<&Record>) -> Option<AccessDenied> {
        let tenant = &self.object_ref.namespace;
        let is_foreign = |account: &&String| !self.engine.may(tenant, account);
        let wanted = (record.is_none() || !self.resource().deleting).then_some(&target.location.account);
        let message = if let Some(account) = record.map(|record| &record.account).filter(is_foreign) {
            format!(
                "the add-on belongs to `{account}`, which the namespace `{tenant}` may not use: ask the administrator to allow it in `operator.tenants`."
            )
        } else {
            let account = wanted.filter(is_foreign)?;
            format!("the namespace `{tenant}` may not use `{account}`: {}.", self.engine.remedy_for(tenant))
        };
        Some(AccessDenied { reason: Reason::Unauthorized, message, may_delete_own: true })
    }
}

fn missing(secret: &str) -> String {
    format!(
        "the add-on was created with the credentials in the Secret `{secret}` of this namespace, and that Secret is missing. Create it again \
         with the same credentials; the operator's own are never used instead."
    )
}

fn other_account(secret: Option<&str>) -> String {
    let credentials = secret.map_or("the operator's own credentials".to_owned(), |secret| {
        format!("the credentials in the Secret `{secret}`")
    });
    format!(
        "the add-on was created with {credentials}, and others may belong to another account. Restore those credentials; until then, the add-on \
         stays as it is."
    )
}

fn leaving(secret: &str) -> String {
    format!(
        "the Secret `{secret}` is being deleted and remains only until the add-ons created with it are deleted, so nothing is created with it. \
         Delete those resources, or this one."
    )
}
