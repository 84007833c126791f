//! Descriptions, accounts, settings, world, faults and log of a sandbox. Synchronous: `handler` adds delays
//! and faults, `dispatch` performs requests.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::accounts::{Account, Accounts};
use crate::auth::{self, AuthSchemes, Authentication, Nonces, SignedRequest};
use crate::crud::Crud;
use crate::faults::Faults;
use crate::offers::Offers;
use crate::rate_limiter::RateLimiter;
use crate::request::{ApiRequest, Listener};
use crate::request_log::RequestLog;
use crate::response::ApiError;
use crate::routes::{PathParams, Routes};
use crate::service::{ApiErrorKind, ApiOperation, ServiceDescription};
use crate::settings::CloudSettings;
use crate::time::Millis;
use crate::views::Views;
use crate::world::World;

/// The state of the sandbox.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) service: ServiceDescription,
    pub(crate) offers: Offers,
    pub(crate) routes: Routes,
    pub(crate) accounts: Accounts,
    pub(crate) settings: CloudSettings,
    pub(crate) world: World,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) nonces: Nonces,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) crud: Crud,
    /// Set when the world has changed since it was last saved.
    pub(crate) changed: bool,
}

/// The authenticated caller of a request.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Anonymous,
    Account(Box<Account>),
    /// The credentials are wrong or malformed.
    Invalid,
}

impl Cloud {
    pub(crate) fn new(
        service: ServiceDescription,
        offers: Offers,
        accounts: Accounts,
        settings: CloudSettings,
        world: World,
    ) -> Result<Self> {
        let routes = Routes::from_service(&service)?;
        let (faults, log, nonces, rate_limiter, crud) = Default::default();
        Ok(Self {
            service,
            offers,
            routes,
            accounts,
            settings,
            world,
            faults,
            log,
            nonces,
            rate_limiter,
            crud,
            changed: false,
        })
    }

    /// Applies migrations that have finished.
    pub(crate) fn apply_due_migrations(&mut self) {
        let now = self.now();
        self.changed |= self.world.apply_due_migrations(&self.service, now);
    }

    /// Returns the current time, plus `clock_ahead`.
    pub(crate) fn now(&self) -> Millis {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        u64::try_from(real).unwrap_or(u64::MAX).saturating_add(self.settings.clock_ahead)
    }

    /// Authenticates a request. A valid nonce can be used only once.
    pub(crate) fn authenticate(&mut self, request: &ApiRequest) -> Caller {
        let schemes = match request.listener {
            Listener::Main => AuthSchemes { oauth: true, bearer: self.settings.bearer },
            Listener::Bridge => AuthSchemes { oauth: false, bearer: true },
        };
        let signed = SignedRequest {
            method: &request.method,
            host: &request.host,
            path: &request.path,
            query: &request.query,
            form: request.form(),
        };
        match auth::authenticate(
            &self.accounts,
            schemes,
            request.authorization.as_deref(),
            &signed,
            &mut self.nonces,
        ) {
            Authentication::Anonymous => Caller::Anonymous,
            Authentication::Account(account) => Caller::Account(Box::new(account.clone())),
            Authentication::Invalid => Caller::Invalid,
        }
    }

    pub(crate) fn views(&self, now: Millis) -> Views<'_> {
        Views { service: &self.service, offers: &self.offers, settings: &self.settings, now }
    }

    /// Counts a request against the rate limits, and rejects it if one is exceeded.
    pub(crate) fn check_rate_limits(
        &mut self,
        account: Option<&Account>,
        operation: ApiOperation,
        now: Millis,
    ) -> Result<(), ApiError> {
        let name = account.map_or("", |account| account.name.as_str());
        let within = self.rate_limiter.try_acquire(format!("any/{name}"), self.settings.throttle, now);
        let creating = operation == ApiOperation::Create;
        let allowed = within
            && (!creating
                || self.rate_limiter.try_acquire(
                    format!("create/{name}"),
                    self.settings.creation_throttle,
                    now,
                ));
        if allowed { Ok(()) } else { Err(ApiErrorKind::Throttled.into()) }
    }

    /// Rejects a path with an owner that is unknown or belongs to another account.
    pub(crate) fn authorize(&self, account: Option<&Account>, params: &PathParams) -> Result<(), ApiError> {
        let Some((account, owner)) = account.zip(params.get("owner")) else {
            return Ok(());
        };
        if account.may_use(owner) {
            return Ok(());
        }
        let known = self.accounts.is_owner(owner);
        Err(if known { ApiErrorKind::Forbidden } else { ApiErrorKind::OrganisationNotFound }.into())
    }
}
