//! Execution of one step. It returns the outcome and decides nothing.

use interpreter::plan::{Plan, Read, Step, StepOutcome};

use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Executes the step of a plan.
    pub(crate) async fn execute(&mut self, plan: &Plan) -> StepOutcome {
        match &plan.step {
            Step::Read(read) => self.look(plan, read).await,
            Step::Intend(record) => match self.must_lead() {
                Ok(()) => self.write_record(record).await,
                Err(outcome) => outcome,
            },
            Step::Write(record) => self.write_record(record).await,
            Step::AddFinalizer => self.add_finalizer().await,
            Step::RemoveFinalizer => self.remove_finalizer().await,
            Step::Create => self.create(plan).await,
            Step::Delete(ids) => self.delete(plan, ids).await,
            Step::Change(change) => self.change(plan, change).await,
            Step::ApplySecret => self.apply_secret().await,
            Step::Rest { .. } => StepOutcome::Done,
        }
    }

    async fn look(&mut self, plan: &Plan, read: &Read) -> StepOutcome {
        let done = match read {
            Read::Live => return self.read_live().await,
            Read::Operation => return self.read_operation(plan).await,
            Read::Listing { sent_after } => self.list(plan, *sent_after).await,
            Read::Offers => self.read_offers(plan).await,
            Read::Get(ids) => self.get(plan, ids).await,
            Read::Observed => self.read_observed(plan).await,
            Read::Outputs => self.read_outputs(plan).await,
        };
        done.map_or_else(|outcome| outcome, |()| StepOutcome::Done)
    }
}
