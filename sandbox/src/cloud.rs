//! The whole cloud behind one lock: descriptions, accounts, settings, world, faults, log; and what it does with one request.
//! Synchronous. When things happen, and over which connection, is in `exchange`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::accounts::{Account, Accounts};
use crate::answer::Refused;
use crate::auth::{self, Identity, Nonces, Schemes, Signed};
use crate::call::{Call, Listener};
use crate::crud::Crud;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::offers::Offers;
use crate::rates::Rates;
use crate::routes::{Params, Routes};
use crate::service::{Operation, Refusal, Service};
use crate::settings::Settings;
use crate::time::Millis;
use crate::views::Lens;
use crate::world::World;

#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) service: Service,
    pub(crate) offers: Offers,
    pub(crate) routes: Routes,
    pub(crate) accounts: Accounts,
    pub(crate) settings: Settings,
    pub(crate) world: World,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) nonces: Nonces,
    pub(crate) rates: Rates,
    pub(crate) crud: Crud,
    /// The world has changed since it was last kept.
    pub(crate) changed: bool,
}

/// Who asks, as far as the header proves it.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Nobody,
    Known(Box<Account>),
    Refused,
}

impl Cloud {
    pub(crate) fn new(service: Service, offers: Offers, accounts: Accounts, settings: Settings, world: World) -> Result<Self> {
        let routes = Routes::of(&service)?;
        let (faults, journal, nonces, rates, crud) = Default::default();
        Ok(Self { service, offers, routes, accounts, settings, world, faults, journal, nonces, rates, crud, changed: false })
    }

    /// Lets what was due happen.
    pub(crate) fn advance(&mut self) {
        let now = self.now();
        self.changed |= self.world.advance(&self.service, now);
    }

    /// The time here, which settings may have put forward.
    pub(crate) fn now(&self) -> Millis {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        u64::try_from(real).unwrap_or(u64::MAX).saturating_add(self.settings.clock_ahead)
    }

    /// Who makes this call. Uses up its nonce.
    pub(crate) fn identify(&mut self, call: &Call) -> Caller {
        let schemes = match call.listener {
            Listener::Main => Schemes { oauth: true, bearer: self.settings.bearer },
            Listener::Bridge => Schemes { oauth: false, bearer: true },
        };
        let signed = Signed { method: &call.method, host: &call.host, path: &call.path, query: &call.query, form: call.form() };
        match auth::identify(&self.accounts, schemes, call.authorization.as_deref(), &signed, &mut self.nonces) {
            Identity::Nobody => Caller::Nobody,
            Identity::Known(account) => Caller::Known(Box::new(account.clone())),
            Identity::Refused => Caller::Refused,
        }
    }

    pub(crate) fn lens(&self, now: Millis) -> Lens<'_> {
        Lens { service: &self.service, offers: &self.offers, settings: &self.settings, now }
    }

    pub(crate) fn admit(&mut self, account: Option<&Account>, operation: Operation, now: Millis) -> Result<(), Refused> {
        let name = account.map_or("", |account| account.name.as_str());
        let within = self.rates.admit(format!("any/{name}"), self.settings.throttle, now);
        let creating = operation == Operation::Create;
        let creates = within && (!creating || self.rates.admit(format!("create/{name}"), self.settings.creation_throttle, now));
        if creates { Ok(()) } else { Err(Refusal::Throttled.into()) }
    }

    /// Refuses an address that names a foreign or unknown owner.
    pub(crate) fn permit(&self, account: Option<&Account>, params: &Params) -> Result<(), Refused> {
        let Some((account, owner)) = account.zip(params.get("owner")) else {
            return Ok(());
        };
        if account.may_use(owner) {
            return Ok(());
        }
        let known = self.accounts.is_owner(owner);
        Err(if known { Refusal::Forbidden } else { Refusal::OrganisationNotFound }.into())
    }
}
