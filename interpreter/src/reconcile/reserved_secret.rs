//! The name of a Secret: reserved for one resource before an add-on is created.

use crate::plan::ObservedSecret;
use crate::reconcile::held_secret::{Reservation, SecretRead, taken};
use crate::reconcile::observations::{Lookup, Observations, Observed};
use crate::reconcile::subject::Subject;
use crate::resource::SecretDue;

impl Observed {
    /// The name that is reserved for the Secret of the resource, as long as it may need one.
    pub fn reserved_secret(&self) -> Option<&str> {
        let Subject { resource, secret_name, has_secret, .. } = &self.subject;
        (*has_secret && resource.exists && !resource.deleting).then_some(secret_name.as_str())
    }
}

impl Observations {
    /// Compares the Secret with its desired content. Before the creation, the name must be free.
    pub(super) fn observed_secret(
        &self,
        subject: &Subject,
        due: SecretDue,
        lookup: &dyn Lookup,
    ) -> ObservedSecret {
        let (name, resource) = (&subject.secret_name, &subject.resource);
        let needs_name = subject.has_secret && resource.exists && !resource.deleting;
        let reservation = match needs_name {
            true => lookup.reserve_secret(name, subject.has_ids()),
            false => Reservation::Own,
        };
        match reservation {
            Reservation::Own => self.secret.observed(lookup.kind(), subject, due),
            // Two resources with add-ons may want one name: it stays with the one that has the Secret.
            Reservation::Other(_) if matches!(self.secret, SecretRead::Ours(_)) => {
                self.secret.observed(lookup.kind(), subject, due)
            }
            Reservation::Other(holder) => ObservedSecret::Foreign(taken(name, &holder)),
            Reservation::Unknown(kind) => ObservedSecret::Unsure(format!(
                "the operator has not listed the resources of the kind {kind} yet, and one of them may need the Secret `{name}`."
            )),
        }
    }
}
