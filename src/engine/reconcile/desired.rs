//! Desired state: the spec, validated against the offers and compared with the observed add-on.

use interpreter::plan::{self, DesiredState, Difference, Location, Observation, Target};
use interpreter::reconcile;
use interpreter::reconcile::{CloudState, Judged};
use interpreter::resource::{self, Desire, Desired, Stage};

use crate::engine::reconcile::cloud_reads::OFFERS_TTL;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Returns the desired state and the target: location and credentials.
    pub(crate) fn resolve_desired_state(&mut self) -> (DesiredState, Target) {
        let account = resource::account(&self.controller.addon, &self.known()).unwrap_or_default();
        let mut target = self.credentials.target(&self.controller.addon.api.name, account);
        target.limited = self.engine.config().operator.tenants.are_limited();
        target.access_denied = self.access_denied(&target);
        self.note_credentials(&target);
        self.desired = None;
        let recorded = self.recorded();
        self.cache_entry.cloud_state.about(recorded.as_ref());
        let resource = self.resource();
        if !resource.exists || resource.deleting {
            return (DesiredState::Unknown, target);
        }
        (self.desired_state(&target), target)
    }

    /// Drops cloud state that was read with other credentials.
    fn note_credentials(&mut self, target: &Target) {
        if self.cache_entry.credentials.as_ref().is_some_and(|before| *before != target.credentials) {
            self.cache_entry.cloud_state = CloudState::default();
            self.cache_entry.listing = None;
        }
        self.cache_entry.credentials = Some(target.credentials.clone());
        if let Some(record) = self.record() {
            self.cache_entry.made_with = Some(record.credentials);
        }
    }

    fn desired_state(&mut self, target: &Target) -> DesiredState {
        let addon = self.controller.addon.clone();
        let stage = if self.recorded().is_some() { Stage::Existing } else { Stage::Creating };
        let judged = self
            .cache_entry
            .cloud_state
            .offers
            .clone()
            .filter(|judged| judged.generation == self.generation());
        let offers = judged.as_ref().map(|judged| judged.offers.as_ref());
        let desire =
            resource::desire(&addon, &self.object_value(), &self.credentials.defaults, offers, stage);
        if judged.is_some_and(|judged| self.is_old(&judged) && is_refused(&desire)) {
            // The offers may have changed since.
            return DesiredState::Unknown;
        }
        match desire {
            Desire::NeedsOffers => DesiredState::Unknown,
            Desire::Refused(refused) => reconcile::refusal(refused),
            Desire::Clear(desired) => {
                let (changes, ignored) = (self.changes(&desired, target), self.ignored_messages(&desired));
                // The values of ignored fields are unknown until they are read.
                let sent_at_creation = self.controller.sent_at_creation && desired.ignored.is_empty();
                self.desired = Some(desired);
                DesiredState::Clear {
                    stateful: addon.stateful,
                    observation: self.observation(sent_at_creation),
                    changes,
                    ignored,
                }
            }
        }
    }

    fn is_old(&self, judged: &Judged) -> bool {
        let fresh = self
            .controller
            .addon
            .offers
            .iter()
            .filter_map(|offer| offer.read.fresh)
            .min()
            .unwrap_or(OFFERS_TTL);
        judged.asked + fresh <= self.engine.clock.now().mono
    }

    fn observation(&self, sent_at_creation: bool) -> Observation {
        if self.controller.compared.is_empty() && !self.controller.compares_listed {
            return Observation::Needless;
        }
        match self.cache_entry.cloud_state.observed {
            Some(_) if self.controller.compares_listed && self.cache_entry.cloud_state.listed.is_none() => {
                Observation::Listed { from: self.cache_entry.cloud_state.listed_from }
            }
            Some(sent) => Observation::Made(sent),
            None => Observation::Missing { sent_at_creation },
        }
    }

    fn changes(&self, desired: &Desired, target: &Target) -> Vec<Difference> {
        let context = self.with_cloud_state(desired.context.clone());
        let differences = resource::differences(&self.controller.addon, desired, context.value());
        differences.into_iter().map(reconcile::difference).chain(self.moved(target)).collect()
    }

    fn ignored_messages(&self, desired: &Desired) -> Vec<String> {
        let context = self.with_cloud_state(desired.context.clone());
        resource::ignored_messages(&self.controller.addon, desired, context.value())
    }

    /// Reports a changed account. It cannot be applied: add-ons cannot be handed over, and a new one would be
    /// empty.
    fn moved(&self, target: &Target) -> Option<Difference> {
        let recorded = self.record().filter(|record| record.ids.is_some())?.location();
        let field =
            self.controller.account_field.clone().filter(|_| recorded.account != target.location.account)?;
        let Location { account, .. } = recorded;
        Some(Difference {
            what: format!("the add-on belongs to {account}, the spec asks for {}", target.location.account),
            remedy: plan::Remedy::None(format!(
                "`{field}` cannot be changed after creation: set it to `{account}` again, or create a new resource."
            )),
            field,
        })
    }
}

fn is_refused(desire: &Desire) -> bool {
    match desire {
        Desire::Refused(_) => true,
        Desire::Clear(desired) => desired.wanted.iter().any(|wanted| wanted.refused.is_some()),
        Desire::NeedsOffers => false,
    }
}
