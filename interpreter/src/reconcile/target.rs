//! Target of a resource: the account that spec, configuration or record name, otherwise the only one that the
//! credentials see; and whether they may be used there.

use std::time::Duration;

use crate::catalog::Addon;
use crate::exchange::{Context, SeenAccount, quotable};
use crate::plan::{AccessDenied, Now, ObservedRecord, Reason, Target};
use crate::reconcile::access::{AccessCheck, access_denied};
use crate::reconcile::asked_accounts::AskedAccounts;
use crate::reconcile::desired::OFFERS_TTL;
use crate::reconcile::observations::{Lookup, Observations, Observed};
use crate::reconcile::{ManagedKind, Subject};
use crate::resource;

/// Number of accounts that a message lists.
const LISTED: usize = 5;

impl Observations {
    /// Takes the accounts that the credentials of this target see.
    pub(super) fn take_accounts(&mut self, observed: &Observed, asked: Duration, seen: Vec<SeenAccount>) {
        let credentials = observed.inputs.target.credentials.clone();
        let generation = observed.subject.resource.generation;
        self.accounts = Some(AskedAccounts { credentials, generation, asked, seen });
    }

    /// Resolves location and credentials, and drops cloud state that was read with other credentials. If
    /// spec and configuration name no account, completes the subject with the one that counts.
    pub(super) fn target(
        &mut self,
        subject: &mut Subject,
        lookup: &dyn Lookup,
        (now, requested): (Now, Option<Duration>),
    ) -> Target {
        let (kind, credentials) = (lookup.kind(), lookup.credentials());
        let mut target = lookup.target(resource::account(&kind.addon, &subject.known).unwrap_or_default());
        let mut unsettled = None;
        if finds_account(kind, subject) && credentials.problem.is_none() {
            match self.account(lookup, subject, &target, (now, requested)) {
                Found::Account(account) => {
                    subject.known = with_account(&kind.addon, std::mem::take(&mut subject.known), &account);
                    target.location.account = account;
                }
                Found::Unread => target.account_unknown = true,
                Found::Choice(message) => unsettled = Some(message),
            }
        }
        target.access_denied = access_denied(&AccessCheck {
            resource: &subject.resource,
            target: &target,
            credentials,
            made_with: self.made_with.as_ref(),
            names_account: kind.addon.api.account.is_some(),
        })
        .or_else(|| {
            let denied =
                |message| AccessDenied { reason: Reason::InvalidSpec, message, may_delete_own: false };
            unsettled.map(denied)
        });
        if self.credentials.as_ref().is_some_and(|before| *before != target.credentials) {
            self.forget_cloud();
        }
        self.credentials = Some(target.credentials.clone());
        if let Some(record) = subject.record() {
            self.made_with = Some(record.credentials.clone());
            self.recorded.clone_from(&record.ids);
        }
        target
    }

    /// Returns the account of a resource that names none.
    fn account(
        &self,
        lookup: &dyn Lookup,
        subject: &Subject,
        target: &Target,
        (now, requested): (Now, Option<Duration>),
    ) -> Found {
        let (kind, credentials) = (lookup.kind(), lookup.credentials());
        // An account that appears later never moves or doubles an add-on.
        if let Some(account) = recorded_account(&subject.resource.record) {
            return Found::Account(account.to_owned());
        }
        let fresh = kind.addon.api.accounts.as_ref().and_then(|accounts| accounts.read.fresh);
        let is_valid = |asked: &&AskedAccounts| {
            asked.credentials == target.credentials
                && asked.generation == subject.resource.generation
                && requested.is_none_or(|requested| requested <= asked.asked)
                && now.mono < asked.asked + fresh.unwrap_or(OFFERS_TTL)
        };
        let Some(asked) = self.accounts.as_ref().filter(is_valid) else { return Found::Unread };
        let namespace = subject.resource.namespace.as_str();
        // Cluster-scoped resources belong to the administrator and may use all accounts.
        let may = |account: &&SeenAccount| {
            namespace.is_empty()
                || credentials.tenants.is_none_or(|tenants| tenants.may(namespace, &account.id))
        };
        let usable: Vec<_> = asked.seen.iter().filter(may).collect();
        match usable.as_slice() {
            [only] => Found::Account(only.id.clone()),
            usable => Found::Choice(choice_message(kind, &subject.known, usable, !asked.seen.is_empty())),
        }
    }
}

/// The account of a resource that names none.
enum Found {
    /// It is known.
    Account(String),
    /// The operator has to ask the cloud first.
    Unread,
    /// The user has to name it, as this message says.
    Choice(String),
}

/// Returns true when the account is missing, and the API can say which ones the credentials see.
fn finds_account(kind: &ManagedKind, subject: &Subject) -> bool {
    kind.addon.api.accounts.is_some()
        && subject.resource.exists
        && resource::lacks_account(&kind.addon, &subject.known)
}

/// Returns the account in a record that binds an add-on, or may.
fn recorded_account(record: &ObservedRecord) -> Option<&str> {
    let record = match record {
        ObservedRecord::Ours(record) => Some(record).filter(|record| !record.is_vacant()),
        ObservedRecord::Foreign(record) => Some(record).filter(|record| record.ids.is_some()),
        ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
    };
    record.map(|record| record.account.as_str()).filter(|account| !account.is_empty())
}

/// Completes the known values as if the spec named this account.
fn with_account(addon: &Addon, known: Context, account: &str) -> Context {
    resource::account_fields(&addon.api, account).iter().fold(known, |known, (name, value)| {
        let field = addon.fields.iter().find(|field| field.shared.as_ref() == Some(name));
        let path = field.map(|field| &field.path).filter(|path| !path.is_empty());
        let known = path.into_iter().fold(known, |known, path| known.with_spec(path, value.clone()));
        known.with(name, value.clone())
    })
}

/// Says which accounts the user can choose from, and what to write.
fn choice_message(kind: &ManagedKind, known: &Context, usable: &[&SeenAccount], sees_others: bool) -> String {
    let missing = resource::account(&kind.addon, known).err().map(|refused| refused.message);
    let missing = missing.unwrap_or_default();
    let of = kind.account_field.as_deref().and_then(|field| field.rsplit('.').next()).unwrap_or("account");
    if usable.is_empty() {
        return match sees_others {
            true => format!(
                "{missing} The credentials see no {of} that this namespace may use: ask the administrator to allow one in `operator.tenants`."
            ),
            false => format!(
                "{missing} The credentials see no {of}: give them access to one, or use credentials that have it."
            ),
        };
    }
    let shown = |account: &&SeenAccount| match account.title.as_str() {
        "" => format!("`{}`", quotable(&account.id)),
        title => format!("`{}` ({})", quotable(&account.id), quotable(title)),
    };
    let mut all: Vec<_> = usable.iter().take(LISTED).map(shown).collect();
    if usable.len() > LISTED {
        all.push(format!("{} others", usable.len() - LISTED));
    }
    let last = all.pop().unwrap_or_default();
    format!("{missing} The credentials see {} of them: {} and {last}.", usable.len(), all.join(", "))
}
