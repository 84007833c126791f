//! Nothing proves that the recorded add-on belongs to the resource. Waits for a proof, and signs a record that
//! has one.

use crate::plan::confirmation::without_record;
use crate::plan::holder;
use crate::plan::observed::{Authenticity, OtherClaim};
use crate::plan::proof::{doubt, is_confirmed, is_proven, ways_to_adopt};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, Record, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::ownership;
use crate::plan::step::{Plan, Step};

/// Signs a record again that has another proof.
pub(crate) fn sign(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let because = match snapshot.resource.authenticity {
        Authenticity::Authentic | Authenticity::NoKey => return None,
        Authenticity::Unsigned => "the record has no authentication code, so the operator adds it",
        Authenticity::UnknownKey(_) | Authenticity::Mismatch => {
            "the authentication code of the record is not right, so the operator makes a new one"
        }
    };
    let record = snapshot.record().filter(|record| record.ids.is_some() && is_proven(snapshot))?;
    Some(snapshot.swap(State::Recorded, Step::Write(record.clone()), Reason::Verifying, because))
}

/// The recorded add-on is not proven to belong to this resource: nothing is sent by its ids.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let (Some(record), Some(ids)) = (snapshot.record(), snapshot.ids()) else {
        return ownership::unreadable(snapshot);
    };
    let since = holder::recorded_at(snapshot);
    let entry = snapshot.listing_since(since).and_then(|listing| listing.entry(ids));
    let Some(entry) = entry else { return missing(snapshot, record, ids) };
    if let OtherClaim::Unknown(kind) = &snapshot.resource.other_claim {
        return holder::unseen(snapshot, State::Unproven, kind);
    }
    if is_confirmed(snapshot, entry) {
        let because =
            "the user confirmed that the add-on belongs to this resource, so the operator records it";
        return snapshot.swap(State::Unproven, Step::Write(record.clone()), Reason::Verifying, because);
    }
    let because = format!(
        "the record names {}, and nothing proves that it belongs to this resource: {}, and the add-on has another name. Until then, the operator \
         writes nothing to the cloud for it. {} To create a new add-on instead, remove the record: {}.",
        names(ids),
        doubt(snapshot),
        ways_to_adopt(snapshot, entry),
        without_record(snapshot)
    );
    snapshot.until_listed(State::Unproven, Reason::OwnershipUnproven, because)
}

fn missing(snapshot: &Snapshot<'_>, record: &Record, ids: &Ids) -> Plan {
    let since = holder::recorded_at(snapshot);
    let counts = since + snapshot.timing.list_lag;
    if snapshot.proof_since(counts).is_none() {
        let because =
            "the operator lists the add-ons to see whether the recorded one belongs to this resource";
        return snapshot.look(State::Unproven, since, counts, (Reason::Verifying, because));
    }
    let because = format!(
        "the record names {}, which the list of `{}` does not show, and {}, so the operator does not use it. Restore the add-on there, or \
         remove the record to create a new one: {}.",
        names(ids),
        record.account,
        doubt(snapshot),
        without_record(snapshot)
    );
    snapshot.until_listed(State::Unproven, Reason::ExternalResourceVanished, because)
}
