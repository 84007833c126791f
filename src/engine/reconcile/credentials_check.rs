//! Credentials check: whether the resolved credentials may be used for this resource.

use interpreter::plan::{Barred, Home, Reason, Record, RecordSight};

use crate::engine::credentials::resolve::elsewhere;
use crate::engine::reconcile::reconciliation::Pass;

impl Pass<'_> {
    /// Why nothing may be asked of the cloud for this resource as things are.
    pub(crate) fn barred(&self, home: &Home) -> Option<Barred> {
        let record = self.binding_record();
        let credentials = self.without_credentials(home, record.as_ref());
        let lacking = credentials.map(|message| Barred { reason: Reason::CredentialsInvalid, message, may_delete_own: false });
        lacking.or_else(|| self.in_foreign_account(home, record.as_ref()))
    }

    /// The record, where it speaks of something: of a restored resource, also the one that was written for its former self.
    fn binding_record(&self) -> Option<Record> {
        match self.resource().record {
            RecordSight::Ours(record) => Some(record).filter(|record| !record.is_vacant()),
            RecordSight::Foreign(record) => Some(record).filter(|record| record.ids.is_some()),
            RecordSight::None | RecordSight::Unreadable(_) => None,
        }
    }

    fn without_credentials(&self, home: &Home, record: Option<&Record>) -> Option<String> {
        let access = match &self.grant.access {
            Ok(access) => access,
            Err(why) => return Some(why.clone()),
        };
        let made_with = match (record, &self.object) {
            (Some(record), _) => Some(&record.credentials),
            (None, None) => self.dossier.made_with.as_ref(),
            (None, Some(_)) => None,
        };
        match (made_with, &self.grant.secret) {
            (Some(Some(secret)), None) => return Some(missing(secret)),
            // There, the credentials alone say whose list it is.
            (Some(made_with), own) if made_with != own && self.controller.addon.api.account.is_none() => {
                return Some(other_account(made_with.as_deref()));
            }
            _ => (),
        }
        if let Some(record) = record.filter(|record| record.endpoint != access.endpoint || record.api != home.place.api) {
            return Some(elsewhere(&record.place()));
        }
        let new = record.is_none() && self.object.is_some() && !self.resource().deleting;
        self.grant.secret.as_ref().filter(|_| new && self.grant.leaving).map(|secret| leaving(secret))
    }

    /// Both where it is and where the spec says it should be. Of what is being deleted, the spec says nothing any more.
    fn in_foreign_account(&self, home: &Home, record: Option<&Record>) -> Option<Barred> {
        let tenant = &self.subject.namespace;
        let is_foreign = |account: &&String| !self.engine.may(tenant, account);
        let wanted = (record.is_none() || !self.resource().deleting).then_some(&home.place.account);
        let message = if let Some(account) = record.map(|record| &record.account).filter(is_foreign) {
            format!(
                "the add-on belongs to `{account}`, which the namespace `{tenant}` may not use: have the operator's `operator.tenants` allow it."
            )
        } else {
            let account = wanted.filter(is_foreign)?;
            format!("the namespace `{tenant}` may not use `{account}`: {}.", self.engine.remedy_for(tenant))
        };
        Some(Barred { reason: Reason::Unauthorized, message, may_delete_own: true })
    }
}

fn missing(secret: &str) -> String {
    format!(
        "the add-on was made with the credentials in the Secret `{secret}` of this namespace, which are not there any more. Write them there \
         again; the operator's own do not take their place."
    )
}

fn other_account(secret: Option<&str>) -> String {
    let whose = secret.map_or("the operator's own credentials".to_owned(), |secret| format!("the credentials in the Secret `{secret}`"));
    format!(
        "the add-on was made with {whose}, and others may see another account: it is looked after with those again once they are in force."
    )
}

fn leaving(secret: &str) -> String {
    format!(
        "the Secret `{secret}` is being deleted, and is there only until the add-ons made with it are gone, so nothing new is made with it. \
         Delete those, or this resource."
    )
}
