//! Cloud writes: create, delete, change. Each sends one request, and create and change require leadership.

use interpreter::exchange;
use interpreter::plan::{Change, Ids, Plan, StepOutcome};
use interpreter::reconcile::kept;

use crate::cloud::CreationPermit;
use crate::engine::cloud_api::client::{PermitSource, Question};
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::priority::Priority;

impl Reconciliation<'_> {
    /// Creates the add-on, with a permit that was acquired before the intent was recorded.
    pub(crate) async fn create(&mut self, plan: &Plan) -> StepOutcome {
        let paid = self.permit.as_mut().and_then(CreationPermit::prepaid);
        let Some(permit) = paid else {
            return StepOutcome::Unsent(
                "the attempt has no permit left and must not wait for another".into(),
            );
        };
        self.send_creation(plan, PermitSource::Prepaid(permit)).await.unwrap_or_else(|outcome| outcome)
    }

    async fn send_creation(
        &mut self,
        plan: &Plan,
        permit_source: PermitSource,
    ) -> Result<StepOutcome, StepOutcome> {
        let access = self.access(&plan.at)?;
        let context = self.context(&plan.at, None);
        let controller = self.controller.clone();
        let (request, item) = &controller.addon.create;
        let question = Question {
            addon: &controller.addon,
            operation: "create",
            writes: true,
            request,
            context: &context,
        };
        self.must_lead()?;
        let answer = access.ask(question, permit_source).await?;
        match exchange::created(&controller.addon.api.identity, item.as_ref(), &answer) {
            // The request has succeeded, but its response cannot be read: an add-on exists, and its ids are
            // unknown.
            Err(why) => Err(StepOutcome::Ambiguous(why.to_string())),
            Ok(made) => {
                self.cache_entry.cloud_state.made(&made.ids, made.raw);
                Ok(StepOutcome::Created(made.ids))
            }
        }
    }

    /// Deletes an add-on by its ids.
    pub(crate) async fn delete(&mut self, plan: &Plan, ids: &Ids) -> StepOutcome {
        let sent = async {
            let access = self.access(&plan.at)?;
            let context = self.context(&plan.at, Some(ids));
            let addon = &self.controller.addon;
            let question = Question {
                addon,
                operation: "delete",
                writes: true,
                request: &addon.delete,
                context: &context,
            };
            access.ask(question, PermitSource::Queue(Priority::User)).await
        };
        sent.await.map_or_else(|outcome| outcome, |_| StepOutcome::Done)
    }

    /// Sends a change of the add-on.
    pub(crate) async fn change(&mut self, plan: &Plan, change: &Change) -> StepOutcome {
        let outcome = self.send_change(plan, change).await.unwrap_or_else(|outcome| outcome);
        if !matches!(
            outcome,
            StepOutcome::Unsent(_) | StepOutcome::Throttled { .. } | StepOutcome::Rejected { .. }
        ) {
            self.forget_cloud_state();
        }
        outcome
    }

    async fn send_change(&mut self, plan: &Plan, change: &Change) -> Result<StepOutcome, StepOutcome> {
        let controller = self.controller.clone();
        let Some(shape) = controller.addon.changes.get(&change.name) else {
            return Err(StepOutcome::NotFound);
        };
        let permit_source = match self.change_permit.take() {
            Some(permit) => PermitSource::Prepaid(permit),
            None if shape.repeatable => PermitSource::Queue(Priority::User),
            None => {
                return Err(StepOutcome::Unsent(
                    "the attempt has no permit left and must not wait for another".into(),
                ));
            }
        };
        let access = self.access(&plan.at)?;
        let ids = self.recorded();
        let context = self.context(&plan.at, ids.as_ref());
        let question = Question {
            addon: &controller.addon,
            operation: &change.name,
            writes: true,
            request: &shape.request,
            context: &context,
        };
        self.must_lead()?;
        let answer = access.ask(question, permit_source).await?;
        if shape.keep.is_empty() {
            return Ok(StepOutcome::Done);
        }
        // The request has succeeded without the id of the started operation: it runs, but cannot be followed.
        let ambiguous = || StepOutcome::Ambiguous(format!("the answer to `{}` has no id", change.name));
        kept(shape, &answer).map(StepOutcome::Changed).ok_or_else(ambiguous)
    }
}
