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
    /// The Secret belongs to another owner, written for messages if it is a resource.
    Foreign(Option<String>),
}

/// Reservation of the name of a Secret for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// The resource has the name.
    Own,
    /// This other resource has it, written for messages.
    Other(String),
    /// The resources of this kind have not been listed yet, and one of them may have it.
    Unknown(String),
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
    /// The time of the read behind that content, in milliseconds since 1970, from the annotation.
    pub outputs_read: Option<i64>,
}

impl SecretRead {
    /// The version of our Secret; `Some(None)` if there is none, and `None` if it was not read.
    pub(super) fn version(&self) -> Option<Option<String>> {
        match self {
            Self::Ours(held) => Some(held.version.clone()),
            Self::Absent => Some(None),
            Self::Unread | Self::Unreadable(_) | Self::Foreign(_) => None,
        }
    }

    /// The time of the read behind the content of our Secret, in milliseconds since 1970.
    pub(super) fn outputs_read(&self) -> Option<i64> {
        match self {
            Self::Ours(held) => held.outputs_read,
            Self::Unread | Self::Unreadable(_) | Self::Absent | Self::Foreign(_) => None,
        }
    }

    /// Compares the Secret with its desired content.
    pub(super) fn observed(&self, kind: &ManagedKind, subject: &Subject, due: SecretDue) -> ObservedSecret {
        if !kind.addon.has_secret() {
            return ObservedSecret::Needless;
        }
        let name = &subject.secret_name;
        let salt = salt(subject);
        match (due, self) {
            (_, Self::Foreign(Some(owner))) => ObservedSecret::Foreign(taken(name, owner)),
            (_, Self::Foreign(None)) => ObservedSecret::Foreign(format!(
                "the Secret `{name}` exists, and does not belong to this resource. Rename or delete it, or give the resource another name."
            )),
            (_, Self::Unreadable(why)) if !subject.has_ids() => {
                ObservedSecret::Unsure(format!("the Secret `{name}` cannot be read: {why}."))
            }
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
    /// Returns true when the content is that of the last write, for the add-on of this resource.
    pub fn is_as_written(&self, subject: &Subject) -> bool {
        self.is_as_noted(&subject.secret_name, &salt(subject))
    }

    /// Returns true when the content matches the digest of the last write, so that no client has edited it
    /// since.
    fn is_as_noted(&self, name: &str, salt: &str) -> bool {
        let held = Secret { name: name.to_owned(), keys: self.keys.clone(), left_out: Vec::new() };
        self.labelled && self.digest.as_ref() == Some(&held.digest(salt))
    }

    fn is_as_wanted(&self, wanted: &Secret, salt: &str) -> bool {
        let same = wanted.keys.iter().all(|(key, value)| self.keys.get(key) == Some(value));
        same && self.labelled && self.digest.as_ref() == Some(&wanted.digest(salt))
    }
}

/// The message for a name that another resource has.
pub(super) fn taken(name: &str, owner: &str) -> String {
    format!(
        "the Secret `{name}` is that of {owner}, so this resource cannot have it. Create the resource again under another name."
    )
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
