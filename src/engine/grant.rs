//! Whose credentials are in force for a resource at one moment, and why it may be that none are. Decides who may ask, and asks nothing.

use std::sync::{Arc, PoisonError};

use interpreter::catalog::Api;
use interpreter::plan::{Barred, Home, Place, Reason, Record, RecordSight};
use serde_json::Value;

use super::Engine;
use super::access::{Reach, Whose};
use super::ask::Access;
use super::names;
use super::overrides::Override;
use super::pass::Pass;
use crate::config::{ApiSettings, Config};

/// What is in force for the resources of one API in one namespace. Taken once for each step, so that nothing in a step is done with other
/// credentials than it was planned with.
pub(super) struct Grant {
    /// How to reach the cloud; else what is wrong, and what to write.
    pub(super) access: Result<Arc<Access>, String>,
    /// The Secret of the namespace that the credentials stand in; none: they are the operator's own.
    pub(super) secret: Option<String>,
    /// The Secret is being deleted, and only held.
    leaving: bool,
    /// What a spec may take from the configuration.
    pub(super) defaults: Value,
}

impl Engine {
    /// What is in force now. The operator's own credentials never take the place of those of a namespace that are broken.
    pub(super) fn grant(&self, api: &Api, namespace: &str) -> Grant {
        match self.overrides.in_force(namespace).filter(|_| !namespace.is_empty()) {
            Some(own) => match &own.says {
                Err(why) => Grant::broken(&own, why.clone()),
                Ok(says) if says.unknown.contains_key(&api.name) => {
                    Grant::broken(&own, says.unknown.get(&api.name).cloned().unwrap_or_default())
                }
                Ok(says) => match says.apis.get(&api.name) {
                    Some(settings) => self.of_namespace(api, &own, settings),
                    None => self.general(api),
                },
            },
            None => self.general(api),
        }
    }

    fn general(&self, api: &Api) -> Grant {
        of_operator(&self.reach, &self.config.read().unwrap_or_else(PoisonError::into_inner), api)
    }

    fn of_namespace(&self, api: &Api, own: &Override, settings: &ApiSettings) -> Grant {
        if settings.credentials.is_empty() {
            // It says something else only: the credentials are the operator's, openly and not in the place of others.
            return Grant { defaults: over(settings.defaults(), self.general(api).defaults), ..self.general(api) };
        }
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
        // Elsewhere, nothing of what the operator is told means anything.
        let general = config.apis.get(&api.name).filter(|_| settings.endpoint.is_none());
        let whose = Whose::Namespaces { endpoint: general.and_then(|general| general.endpoint.as_deref()) };
        let access = self.reach.access(api, settings, whose).map_err(|why| format!("Secret `{}`: {why:#}", own.secret));
        let defaults = over(settings.defaults(), general.map(ApiSettings::defaults).unwrap_or_default());
        Grant { access: access.map(Arc::new), secret: Some(own.secret.clone()), leaving: own.is_leaving(), defaults }
    }

    /// Whether not every namespace may use every account.
    pub(super) fn limits_accounts(&self) -> bool {
        self.config.read().unwrap_or_else(PoisonError::into_inner).operator.tenants.are_limited()
    }

    /// Whether a namespace may use an account at all; what belongs to no namespace is the administrator's.
    fn may(&self, namespace: &str, account: &str) -> bool {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        namespace.is_empty() || account.is_empty() || config.operator.tenants.may(namespace, account)
    }

    /// What a tenant may do who names an account that is not its own.
    fn remedy_for(&self, namespace: &str) -> String {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        let allowed: Vec<_> = config.operator.tenants.allowed(namespace).map(|account| format!("`{account}`")).collect();
        let allow = "have the operator's `operator.tenants` allow it";
        if allowed.is_empty() { allow.to_owned() } else { format!("name {}, or {allow}", allowed.join(" or ")) }
    }
}

/// What the operator itself is told.
pub(super) fn of_operator(reach: &Reach, config: &Config, api: &Api) -> Grant {
    let access = match config.apis.get(&api.name) {
        Some(settings) => reach.access(api, settings, Whose::Operators).map_err(|why| format!("{why:#}")),
        None => Err("nothing is written about it".to_owned()),
    };
    let access = access.map_err(|why| {
        let alternative = format!("or a Secret `{}` in this namespace, with credentials of its own", names::OVERRIDES[0]);
        format!("the operator has no credentials for the API `{}`: {why}\n{alternative}", api.name)
    });
    let defaults = config.apis.get(&api.name).map(ApiSettings::defaults).unwrap_or_default();
    Grant { access: access.map(Arc::new), secret: None, leaving: false, defaults }
}

impl Grant {
    fn broken(own: &Override, why: String) -> Self {
        Self { access: Err(why), secret: Some(own.secret.clone()), leaving: own.is_leaving(), defaults: Value::default() }
    }

    /// Where a new add-on would be made, and with what.
    pub(super) fn home(&self, api: &str, account: String) -> Home {
        let access = self.access.as_ref().ok();
        let place = Place { api: api.to_owned(), endpoint: access.map(|access| access.endpoint.clone()).unwrap_or_default(), account };
        let credentials = access.map(|access| access.fingerprint.clone()).unwrap_or_default();
        Home { place, credentials, secret: self.secret.clone(), limited: false, barred: None }
    }
}

impl Pass<'_> {
    /// Why nothing may be asked of the cloud for this resource as things are.
    pub(super) fn barred(&self, home: &Home) -> Option<Barred> {
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

/// The one, and of the other what it lacks.
fn over(own: Value, general: Value) -> Value {
    match (own, general) {
        (Value::Object(own), Value::Object(mut general)) => {
            general.extend(own);
            Value::Object(general)
        }
        (own, _) => own,
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

/// The credentials are those of one endpoint, and are shown to no other.
pub(super) fn elsewhere(place: &Place) -> String {
    format!(
        "the add-on is at `{}` ({}), for which no credentials are configured: configure that endpoint again, with its credentials",
        place.endpoint, place.api
    )
}

fn leaving(secret: &str) -> String {
    format!(
        "the Secret `{secret}` is being deleted, and is there only until the add-ons made with it are gone, so nothing new is made with it. \
         Delete those, or this resource."
    )
}
