//! Credentials of the resource: the check that they may be used for it, and the protection of their Secret.

use interpreter::plan::{AccessDenied, StepOutcome, Target};

use crate::engine::credentials::access::{AccessCheck, access_denied};
use crate::engine::credentials::protection::is_made_with;
use crate::engine::reconcile::metadata::outcome_of;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Returns the reason why no cloud request may be sent for this resource; `None` when requests are
    /// allowed.
    pub(crate) fn access_denied(&self, target: &Target) -> Option<AccessDenied> {
        access_denied(&AccessCheck {
            resource: &self.resource(),
            target,
            problem: self.credentials.access.as_ref().err().map(String::as_str),
            leaving: self.credentials.leaving,
            made_with: self.cache_entry.made_with.as_ref(),
            names_account: self.controller.addon.api.account.is_some(),
            tenants: &self.engine.config().operator.tenants,
        })
    }

    /// Adds the finalizer to the Secret before anything is created with the credentials of its namespace.
    pub(crate) async fn protect_secret(&mut self) -> Result<(), StepOutcome> {
        let Some(secret) = &self.credentials.secret else { return Ok(()) };
        let (service, protection) = (&self.engine.credentials, &mut self.cache_entry.protection);
        let guard = protection.get_or_insert_with(|| service.secrets.guard(&self.object_ref.namespace));
        service.protect(guard, secret).await.map_err(outcome_of)
    }

    /// Drops the guard at the end of a reconciliation when no add-on exists or may exist for the resource,
    /// and queues a review of the Secret.
    pub(crate) fn review_protection(&mut self) {
        let finalizer = &self.controller.addon.resource.finalizer;
        let holds = self.object.as_deref().is_some_and(|object| is_made_with(object, finalizer));
        let memory = &self.cache_entry.memory;
        if !holds && !memory.has_pending(self.cache_entry.listing.as_ref(), &self.controller.timing) {
            self.cache_entry.protection = None;
        }
        self.engine.credentials.secrets.review(Some(&self.object_ref.namespace));
    }
}
