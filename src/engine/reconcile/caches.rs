//! Caches of the operator, as a reconciliation looks things up in them: credentials, lists, other resources.

use std::sync::Arc;

use interpreter::catalog::{Addon, Read};
use interpreter::exchange::Context;
use interpreter::plan::{Ids, Location, OtherClaim, Reason, StepOutcome, Target, Timing, outputs_interval};
use interpreter::reconcile::{
    CredentialsState, Lookup, ManagedKind, MarkingPolicy, RecordKeys, Reservation, WholeList, WholeMarks,
    elsewhere,
};

use crate::config::Config;
use crate::engine::cloud_api::account_cache::{Account, ListKey};
use crate::engine::cloud_api::client::Access;
use crate::engine::context::Engine;
use crate::engine::credentials::resolve::ResolvedCredentials;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::ObjectRef;

/// Caches, as seen from one resource.
pub(crate) struct Caches<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) controller: Arc<Controller>,
    pub(crate) object_ref: ObjectRef,
    /// The configuration, and the credentials that it resolves to: the same for a whole loop.
    pub(crate) config: Arc<Config>,
    pub(crate) credentials: ResolvedCredentials,
}

impl<'a> Caches<'a> {
    /// Returns the caches for one resource, with the credentials that are in use now.
    pub(crate) fn new(engine: &'a Engine, controller: Arc<Controller>, object_ref: ObjectRef) -> Self {
        let config = engine.config.load();
        let credentials =
            engine.credentials.resolve(&config, &controller.managed.addon.api, &object_ref.namespace);
        Self { engine, controller, object_ref, config, credentials }
    }

    /// Resolves the credentials that are in use now.
    pub(super) fn refresh(&mut self) {
        *self = Self::new(self.engine, self.controller.clone(), self.object_ref.clone());
    }

    /// Returns the timing of the resource's kind, with the pace at which its outputs are read again.
    pub(crate) fn timing(&self) -> Timing {
        let timing = &self.controller.managed.timing;
        let api = &self.controller.managed.addon.api.name;
        let per_second =
            self.credentials.access.as_ref().map_or(u32::MAX, |access| access.budget.per_second());
        let engine = self.engine;
        // All resources of the API count, whatever their credentials.
        let count = || engine.of_api(api).iter().map(|controller| controller.len()).sum();
        let count = engine.outputs_pace.count(api, engine.clock.now().mono, count);
        let outputs = outputs_interval(timing.poll_interval, count, per_second);
        engine.telemetry.metrics.outputs_interval(api, outputs);
        Timing { outputs, ..timing.clone() }
    }

    /// Returns the access to a location. Credentials are never sent to an endpoint other than their own.
    pub(crate) fn access(&self, location: &Location) -> Result<Arc<Access>, StepOutcome> {
        let no = |message| StepOutcome::Rejected { reason: Reason::CredentialsInvalid, message };
        let access = self.credentials.access.as_ref().map_err(|why| no(why.clone()))?;
        let api = &self.controller.managed.addon.api.name;
        let there = access.endpoint == location.endpoint && *api == location.api;
        there.then(|| access.clone()).ok_or_else(|| no(elsewhere(location)))
    }

    /// Returns the account at a location, and the key of the list there.
    pub(super) fn list_at(
        &self,
        location: &Location,
        context: &Context,
    ) -> Result<(Arc<Account>, ListKey), StepOutcome> {
        let access = self.access(location)?;
        let addon = &self.controller.managed.addon;
        let question = access.question(addon, ("list", &addon.list.request), false, context)?;
        let key = ListKey::new(question.url().to_owned(), addon);
        Ok((self.engine.accounts.of(location, &access.fingerprint), key))
    }
}

impl Caches<'_> {
    /// Returns the cache of marks: one answer may have those of all accounts of these credentials.
    pub(super) fn marks_at(&self, location: &Location, access: &Access) -> Arc<Account> {
        let location = Location { account: String::new(), ..location.clone() };
        self.engine.accounts.of(&location, &access.fingerprint)
    }
}

/// Returns the read that shows the marks of a kind's add-ons.
pub(super) fn marks_list(addon: &Addon) -> &Read {
    let mark = addon.api.identity.mark.as_ref();
    mark.and_then(|mark| mark.list.as_ref()).unwrap_or(&addon.list)
}

impl Lookup for Caches<'_> {
    fn kind(&self) -> &ManagedKind {
        &self.controller.managed
    }

    fn target(&self, account: String) -> Target {
        self.credentials.target(&self.controller.managed.addon.api.name, account)
    }

    fn credentials(&self) -> CredentialsState<'_> {
        CredentialsState {
            problem: self.credentials.access.as_ref().err().map(String::as_str),
            leaving: self.credentials.leaving,
            tenants: Some(&self.config.operator.tenants),
            adoption: Some(&self.config.operator.adoption),
            deletion_policy: self.config.operator.deletion_policy,
            drift: self.config.operator.drift,
        }
    }

    fn other_claim(&self, location: &Location, ids: &Ids) -> OtherClaim {
        self.engine.other_claim(location, ids, &self.object_ref.uid)
    }

    fn holder(&self, name: &str) -> Option<String> {
        self.engine.holder_by_name(&self.controller.managed.addon.api.name, name, &self.object_ref.uid)
    }

    fn reserve_secret(&self, name: &str, has_addon: bool) -> Reservation {
        self.engine.reserve_secret(&self.controller, &self.object_ref, (name, has_addon))
    }

    fn newest_marks(&self, location: &Location, context: &Context) -> Option<Arc<WholeMarks>> {
        let addon = &self.controller.managed.addon;
        let list = marks_list(addon);
        let access = self.access(location).ok()?;
        let question = access.question(addon, (&list.name, &list.request), false, context).ok()?;
        let key = ListKey::new(question.url().to_owned(), addon);
        self.marks_at(location, &access).newest_marks(&key)
    }

    fn marking(&self) -> (&str, MarkingPolicy) {
        (&self.engine.identity.cluster, self.config.operator.marks)
    }

    fn keys(&self) -> Option<Arc<RecordKeys>> {
        self.engine.identity.keys()
    }

    fn newest_list(&self, location: &Location, context: &Context) -> Option<Arc<WholeList>> {
        let (account, key) = self.list_at(location, context).ok()?;
        account.newest(&key)
    }
}
