//! What the spec asks for, in the planner's words: judged against the offers, and against the add-on as far as it is known.

use interpreter::plan::{self, Difference, Home, Observation, Place, Wish};
use interpreter::reconcile;
use interpreter::reconcile::{Facts, Judged};
use interpreter::resource::{self, Desire, Desired, Stage};

use crate::engine::reconcile::cloud_reads::OFFERS_FRESH;
use crate::engine::reconcile::reconciliation::Pass;

impl Pass<'_> {
    /// What is asked for, and where it would be.
    pub(crate) fn consider(&mut self) -> (Wish, Home) {
        let account = resource::account(&self.controller.addon, &self.known()).unwrap_or_default();
        let mut home = self.grant.home(&self.controller.addon.api.name, account);
        home.limited = self.engine.limits_accounts();
        home.barred = self.barred(&home);
        self.note_credentials(&home);
        self.desired = None;
        let recorded = self.recorded();
        self.dossier.facts.about(recorded.as_ref());
        let resource = self.resource();
        if !resource.exists || resource.deleting {
            return (Wish::Unknown, home);
        }
        (self.wish(&home), home)
    }

    /// What was read with other credentials may not be so for these.
    fn note_credentials(&mut self, home: &Home) {
        if self.dossier.credentials.as_ref().is_some_and(|before| *before != home.credentials) {
            self.dossier.facts = Facts::default();
            self.dossier.listing = None;
        }
        self.dossier.credentials = Some(home.credentials.clone());
        if let Some(record) = self.record() {
            self.dossier.made_with = Some(record.credentials);
        }
    }

    fn wish(&mut self, home: &Home) -> Wish {
        let addon = self.controller.addon.clone();
        let stage = if self.recorded().is_some() { Stage::Existing } else { Stage::Creating };
        let judged = self.dossier.facts.offers.clone().filter(|judged| judged.generation == self.generation());
        let offers = judged.as_ref().map(|judged| judged.offers.as_ref());
        let desire = resource::desire(&addon, &self.object_value(), &self.grant.defaults, offers, stage);
        if judged.is_some_and(|judged| self.is_old(&judged) && is_refused(&desire)) {
            // What was not offered then may be offered now.
            return Wish::Unknown;
        }
        match desire {
            Desire::NeedsOffers => Wish::Unknown,
            Desire::Refused(refused) => reconcile::refusal(refused),
            Desire::Clear(desired) => {
                let (changes, overruled) = (self.changes(&desired, home), self.overruled(&desired));
                // What somebody else decides is not known from what was sent.
                let sent_at_creation = self.controller.sent_at_creation && desired.overruled.is_empty();
                self.desired = Some(desired);
                Wish::Clear { stateful: addon.stateful, observation: self.observation(sent_at_creation), changes, overruled }
            }
        }
    }

    fn is_old(&self, judged: &Judged) -> bool {
        let fresh = self.controller.addon.offers.iter().filter_map(|offer| offer.read.fresh).min().unwrap_or(OFFERS_FRESH);
        judged.asked + fresh <= self.engine.clock.now().mono
    }

    fn observation(&self, sent_at_creation: bool) -> Observation {
        if self.controller.compared.is_empty() && !self.controller.compares_listed {
            return Observation::Needless;
        }
        match self.dossier.facts.observed {
            Some(_) if self.controller.compares_listed && self.dossier.facts.listed.is_none() => {
                Observation::Listed { from: self.dossier.facts.listed_from }
            }
            Some(sent) => Observation::Made(sent),
            None => Observation::Missing { sent_at_creation },
        }
    }

    fn changes(&self, desired: &Desired, home: &Home) -> Vec<Difference> {
        let context = self.with_facts(desired.context.clone());
        let differences = resource::differences(&self.controller.addon, desired, context.value());
        differences.into_iter().map(reconcile::difference).chain(self.moved(home)).collect()
    }

    fn overruled(&self, desired: &Desired) -> Vec<String> {
        let context = self.with_facts(desired.context.clone());
        resource::overrulings(&self.controller.addon, desired, context.value())
    }

    /// The account cannot change: there is no way to hand an add-on over, and a new one would be empty.
    fn moved(&self, home: &Home) -> Option<Difference> {
        let recorded = self.record().filter(|record| record.ids.is_some())?.place();
        let field = self.controller.account_field.clone().filter(|_| recorded.account != home.place.account)?;
        let Place { account, .. } = recorded;
        Some(Difference {
            what: format!("{account}, wanted: {}", home.place.account),
            remedy: plan::Remedy::None(format!(
                "`{field}` cannot be changed after creation: write `{account}` again, or make a new resource."
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
