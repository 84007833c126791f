//! The desired Secret of a resource, complete with its labels and its digest.

use crate::reconcile::held_secret::{SecretRead, complete, salt};
use crate::reconcile::{ManagedKind, Observations, Subject};
use crate::resource::{Secret, SecretDue, secret_due};

impl Observations {
    /// Returns the desired Secret with all labels and annotations, and its digest; `None` while its content is not
    /// known.
    pub fn desired_secret(&self, kind: &ManagedKind, subject: &Subject) -> Option<(Secret, String)> {
        let salt = salt(subject);
        let due = secret_due(&kind.addon, &self.with_cloud_state(subject), &subject.secret_shape);
        let secret = match (due, &self.secret) {
            (SecretDue::Known(secret), _) => secret,
            (SecretDue::Unread, SecretRead::Ours(own)) => own.as_noted(subject, &salt)?,
            (SecretDue::Unread | SecretDue::Incomplete(_) | SecretDue::Refused(_), _) => return None,
        };
        let digest = secret.digest(&salt);
        let metadata = complete(kind, subject, secret.metadata.clone());
        Some((Secret { metadata, ..secret }, digest))
    }
}
