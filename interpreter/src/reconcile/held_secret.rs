//! The Secret of a resource, as last read, and its comparison with the desired content.

use std::collections::BTreeMap;

use crate::plan::ObservedSecret;
use crate::reconcile::{ManagedKind, Subject};
use crate::resource::{Secret, SecretDue};

/// The Secret, as last read. It has no `Debug`, because it holds passwords.
#[derive(Default)]
pub enum SecretRead {
    /// Not read yet, or changed since.
    #[default]
    Unread,
    /// The last read has failed, for this reason.
    Unreadable(String),
    /// No Secret of this name exists.
    Absent,
    /// The Secret belongs to this resource.
    Ours(HeldSecret),
    /// The Secret belongs to another owner.
    Foreign,
}

/// Secret that belongs to a resource. It has no `Debug`, because it holds passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldSecret {
    /// The resource version.
    pub version: Option<String>,
    /// The content, as text.
    pub keys: BTreeMap<String, String>,
    /// The label names the owner.
    pub labelled: bool,
    /// The digest of the content that was written last, from the annotation.
    pub digest: Option<String>,
}

impl SecretRead {
    /// Compares the Secret with its desired content.
    pub(super) fn observed(&self, kind: &ManagedKind, subject: &Subject, due: SecretDue) -> ObservedSecret {
        if !kind.addon.has_secret() {
            return ObservedSecret::Needless;
        }
        let name = &subject.secret_name;
        let salt = salt(subject);
        match (due, self) {
            (_, Self::Foreign) => ObservedSecret::Foreign(format!(
                "the Secret `{name}` exists and does not belong to this resource: rename or delete it"
            )),
            (SecretDue::Incomplete(what), _) => ObservedSecret::Incomplete(what),
            (SecretDue::Known(_), Self::Unread) => unreadable(name, ""),
            (SecretDue::Known(_), Self::Unreadable(why)) => unreadable(name, why),
            (SecretDue::Unread, Self::Ours(own)) if own.is_as_noted(name, &salt) => ObservedSecret::Same,
            (SecretDue::Unread, _) => ObservedSecret::Unknown,
            (SecretDue::Known(wanted), Self::Ours(own)) if own.is_as_wanted(&wanted, &salt) => {
                ObservedSecret::Same
            }
            (SecretDue::Known(_), Self::Ours(_) | Self::Absent) => ObservedSecret::Differs,
        }
    }
}

impl HeldSecret {
    /// Returns true when the content matches the digest of the last write, so that no client has edited it
    /// since.
    fn is_as_noted(&self, name: &str, salt: &str) -> bool {
        let held = Secret { name: name.to_owned(), keys: self.keys.clone() };
        self.labelled && self.digest.as_ref() == Some(&held.digest(salt))
    }

    fn is_as_wanted(&self, wanted: &Secret, salt: &str) -> bool {
        let same = wanted.keys.iter().all(|(key, value)| self.keys.get(key) == Some(value));
        same && self.labelled && self.digest.as_ref() == Some(&wanted.digest(salt))
    }
}

fn unreadable(name: &str, why: &str) -> ObservedSecret {
    ObservedSecret::Incomplete(format!("the Secret `{name}` cannot be read, so it is not written: {why}"))
}

/// Salt that binds the digest to one resource and one add-on: equal content for another add-on has another
/// digest.
pub(super) fn salt(subject: &Subject) -> String {
    let ids = subject.record().and_then(|record| record.ids.as_ref()).into_iter().flatten();
    ids.fold(subject.resource.uid.clone(), |salt, (_, id)| salt + "/" + id)
}
