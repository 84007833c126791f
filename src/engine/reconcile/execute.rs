//! Executes one step and tells what was heard. Nothing is decided here.

use interpreter::plan::{Heard, Plan, Read, Step};

use crate::engine::reconcile::reconciliation::Pass;

impl Pass<'_> {
    /// Does what the plan says.
    pub(crate) async fn execute(&mut self, plan: &Plan) -> Heard {
        match &plan.step {
            Step::Read(read) => self.look(plan, read).await,
            Step::Intend(record) => match self.must_lead() {
                Ok(()) => self.write_record(record).await,
                Err(heard) => heard,
            },
            Step::Write(record) => self.write_record(record).await,
            Step::AddFinalizer => self.add_finalizer().await,
            Step::RemoveFinalizer => self.remove_finalizer().await,
            Step::Create => self.create(plan).await,
            Step::Delete(ids) => self.delete(plan, ids).await,
            Step::Change(change) => self.change(plan, change).await,
            Step::ApplySecret => self.apply_secret().await,
            Step::Rest { .. } => Heard::Done,
        }
    }

    async fn look(&mut self, plan: &Plan, read: &Read) -> Heard {
        let done = match read {
            Read::Live => return self.read_live().await,
            Read::Operation => return self.look_at_change(plan).await,
            Read::Listing { sent_after } => self.list(plan, *sent_after).await,
            Read::Offers => self.read_offers(plan).await,
            Read::Get(ids) => self.get(plan, ids).await,
            Read::Observed => self.read_observed(plan).await,
            Read::Outputs => self.read_outputs(plan).await,
        };
        done.map_or_else(|heard| heard, |()| Heard::Done)
    }
}
