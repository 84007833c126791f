//! Steps at the cloud: sends the requests of a `CloudCall`, within the budget, and through the shared caches.

use std::sync::Arc;

use interpreter::exchange::Context;
use interpreter::plan::{Plan, Read, Reason, Step, StepOutcome};
use interpreter::reconcile::{self, Answer, AnswerCache, CloudCall, CloudRequest, Observed, WholeMarks};

use crate::cloud::CreationPermit;
use crate::engine::cloud_api::account_cache::ListKey;
use crate::engine::cloud_api::client::{Access, PermitSource};
use crate::engine::cloud_api::failure::CloudFailure;
use crate::engine::reconcile::caches::marks_list;
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::priority::Priority;

impl Reconciliation<'_> {
    /// Performs a step at the cloud.
    pub(super) async fn call_cloud(&mut self, plan: &Plan, observed: &Observed) -> StepOutcome {
        let controller = self.caches.controller.clone();
        let kind = &controller.managed;
        let Some(mut call) = CloudCall::new(kind, plan, observed, &self.cache_entry.observations) else {
            return StepOutcome::Done;
        };
        while let Some(request) = call.next(self.now().mono) {
            let answer = self.ask(plan, &request, call.context(), observed).await;
            call.answer(&request, answer);
        }
        let now = self.now().mono;
        let outcome = call.finish(observed, &mut self.cache_entry.observations, &self.caches, now);
        if let (Step::Delete(ids), StepOutcome::Done) = (&plan.step, &outcome) {
            let access = self.caches.access(&plan.at);
            let account = |access: Arc<Access>| self.caches.engine.accounts.of(&plan.at, &access.fingerprint);
            access.into_iter().for_each(|access| account(access).deleted(ids));
        }
        self.with_credentials_named(outcome)
    }

    /// Adds to a refusal that the credentials of a namespace made it: the user of a resource may not know of them.
    fn with_credentials_named(&self, outcome: StepOutcome) -> StepOutcome {
        let denied = [Reason::CredentialsInvalid, Reason::Unauthorized, Reason::OrganisationNotFound];
        let is_denied = matches!(&outcome, StepOutcome::Rejected { reason, .. } if denied.contains(reason));
        match self.caches.credentials.secret.as_ref().filter(|_| is_denied) {
            Some(secret) => outcome.map_message(|message| {
                let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
                format!(
                    "{message}{stop} The credentials are those of the Secret `{secret}` in this namespace."
                )
            }),
            None => outcome,
        }
    }

    /// Asks the cloud. The message of a failure has no secret.
    async fn ask(
        &mut self,
        plan: &Plan,
        request: &CloudRequest<'_>,
        context: &Context,
        observed: &Observed,
    ) -> Result<Answer, StepOutcome> {
        match self.send(plan, request, context, observed).await {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.redacted(&failure, &observed.subject).await),
        }
    }

    async fn send(
        &mut self,
        plan: &Plan,
        request: &CloudRequest<'_>,
        context: &Context,
        observed: &Observed,
    ) -> Result<Answer, CloudFailure> {
        let permit_source = self.permit_source(&plan.step)?;
        let controller = self.caches.controller.clone();
        let addon = &controller.managed.addon;
        let access = self.caches.access(&plan.at)?;
        let question =
            access.question(addon, (request.operation, request.request), request.writes, context)?;
        match request.cache {
            AnswerCache::None => access.ask(&question, permit_source).await.map(Answer::Body),
            AnswerCache::List { sent_after } => {
                let (account, key) = self.caches.list_at(&plan.at, context)?;
                let fetch = || async {
                    let sent = self.now().mono;
                    let answers = access.ask_pages(&addon.list, question, permit_source).await?;
                    Ok((sent, reconcile::entries(addon, &answers).map_err(reconcile::unreadable)?))
                };
                let caches = &self.caches;
                let expected = || caches.engine.expected(&plan.at, &caches.controller);
                let whole = account.list(&key, sent_after, &caches.engine.clock, (fetch, expected)).await?;
                if whole.unreadable.contains(&observed.subject.name) {
                    account.distrust(&key);
                }
                Ok(Answer::List(whole))
            }
            AnswerCache::Marks { sent_after } => {
                let account = self.caches.marks_at(&plan.at, &access);
                let key = ListKey::new(question.url().to_owned(), addon);
                let list = marks_list(addon);
                let fetch = || async {
                    let sent = self.now().mono;
                    let answers = access.ask_pages(list, question, permit_source).await?;
                    let marked = reconcile::marked(addon, &answers).map_err(reconcile::unreadable)?;
                    Ok(WholeMarks::new(sent, marked))
                };
                account.marks(&key, sent_after, &self.caches.engine.clock, fetch).await.map(Answer::Marks)
            }
            AnswerCache::Offer { fresh, .. } | AnswerCache::Accounts { fresh } => {
                let now = self.now().mono;
                // A request of the user makes earlier answers too old.
                let since = observed.inputs.resource.schedule.requested;
                let fresh = since.map_or(fresh, |since| fresh.min(now.saturating_sub(since)));
                let fetch = || async {
                    match access.ask(&question, permit_source).await {
                        Err(failure) if request.accepts(&failure.class()) => Ok(None),
                        answer => answer.map(Some),
                    }
                };
                let account = self.caches.engine.accounts.of(&plan.at, &access.fingerprint);
                account.offer(question.url(), now, fresh, fetch).await.map(Answer::Shared)
            }
        }
    }

    /// Returns the permit that was acquired before the attempt was recorded, or the queue to wait in.
    fn permit_source(&mut self, step: &Step) -> Result<PermitSource, StepOutcome> {
        let is_list = matches!(step, Step::Read(Read::Listing { .. }));
        let prepaid = if is_list || *step == Step::Create {
            self.permit.as_mut().and_then(CreationPermit::prepaid)
        } else if matches!(step, Step::Change(_)) {
            self.change_permit.take()
        } else {
            None
        };
        if let Some(permit) = prepaid {
            return Ok(PermitSource::Prepaid(permit));
        }
        let is_once = matches!(step, Step::Change(change) if !self.is_repeatable(&change.name));
        if is_once || *step == Step::Create {
            let why = "the attempt has no permit left and must not wait for another";
            return Err(StepOutcome::Unsent(why.into()));
        }
        if matches!(step, Step::Mark(_)) {
            return Ok(PermitSource::Brief);
        }
        let reads = matches!(step, Step::Read(_));
        Ok(PermitSource::Queue(if reads { self.priority } else { Priority::User }))
    }

    fn is_repeatable(&self, change: &str) -> bool {
        self.caches.controller.managed.addon.changes.get(change).is_some_and(|change| change.repeatable)
    }
}
