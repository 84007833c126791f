//! Guard against requests in an account that is not known yet: the operator first asks which accounts the
//! credentials see.

use crate::plan::snapshot::Snapshot;
use crate::plan::step::{Plan, Read, Step};

/// Replaces a read in an unknown account by the read that finds the account.
pub(crate) fn find_account(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let is_in_account = match &plan.step {
        Step::Read(Read::Live | Read::Offers) => false,
        Step::Read(
            Read::Listing { .. }
            | Read::Marks { .. }
            | Read::Get(_)
            | Read::Observed
            | Read::Outputs
            | Read::Operation,
        ) => true,
        Step::Intend(_)
        | Step::Write(_)
        | Step::AddFinalizer
        | Step::RemoveFinalizer(_)
        | Step::Create
        | Step::Delete(_)
        | Step::ReportLeftover(_)
        | Step::Change(_)
        | Step::Mark(_)
        | Step::ApplySecret
        | Step::Rest { .. } => false,
    };
    if !(snapshot.target.account_unknown && is_in_account && plan.at.account.is_empty()) {
        return plan;
    }
    let because = "the operator asks which accounts the credentials see, because the resource names none";
    Plan { step: Step::Read(Read::Offers), because: because.to_owned(), ..plan }
}
