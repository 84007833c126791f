//! The Secret of a resource, as last read, and its comparison with the desired content.

use std::collections::BTreeMap;

use crate::plan::ObservedSecret;
use crate::reconcile::{ManagedKind, Subject};
use crate::resource::{OPAQUE, Refused, Secret, SecretDue, SecretMetadata};

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
#[derive(Clone, Default, PartialEq, Eq)]
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
    /// All labels and annotations.
    pub metadata: SecretMetadata,
    /// The type; `None` if the API server did not say.
    pub type_name: Option<String>,
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
            (SecretDue::Refused(Refused { reason, message }), _) => {
                ObservedSecret::Refused { reason, message, held: matches!(self, Self::Ours(_)) }
            }
            (_, Self::Foreign(Some(owner))) => ObservedSecret::Foreign(taken(name, owner)),
            (_, Self::Foreign(None)) => ObservedSecret::Foreign(format!(
                "the Secret `{name}` exists, and does not belong to this resource. Rename or delete it, or write another name into `spec.connectionSecret.name`."
            )),
            (_, Self::Unreadable(why)) if !subject.has_ids() => {
                ObservedSecret::Unsure(format!("the Secret `{name}` cannot be read: {why}."))
            }
            (SecretDue::Incomplete(what), _) => ObservedSecret::Incomplete(what),
            (SecretDue::Known(_), Self::Unread) => unreadable(name, ""),
            (SecretDue::Known(_), Self::Unreadable(why)) => unreadable(name, why),
            (SecretDue::Unread, Self::Ours(own)) => match own.as_noted(subject, &salt) {
                Some(noted) if own.is_dressed(kind, subject, &noted) => ObservedSecret::Same,
                // Its labels are written without the outputs.
                Some(_) => ObservedSecret::Differs,
                None => ObservedSecret::Unknown,
            },
            (SecretDue::Unread, _) => ObservedSecret::Unknown,
            (SecretDue::Known(wanted), Self::Ours(own))
                if own.is_as_wanted(&wanted, &salt) && own.is_dressed(kind, subject, &wanted) =>
            {
                ObservedSecret::Same
            }
            (SecretDue::Known(_), Self::Ours(_) | Self::Absent) => ObservedSecret::Differs,
        }
    }
}

impl HeldSecret {
    /// Returns true when the content is that of the last write, for the add-on of this resource.
    pub fn is_as_written(&self, subject: &Subject) -> bool {
        self.as_noted(subject, &salt(subject)).is_some()
    }

    /// Returns the Secret as the last write left it, if its content matches the digest of that write: no client has
    /// edited it since, and the shape is the same.
    pub(super) fn as_noted(&self, subject: &Subject, salt: &str) -> Option<Secret> {
        let shape = subject.secret_shape.as_ref().ok()?;
        let held = Secret { keys: self.keys.clone(), ..shape.outline(subject.secret_name.clone()) };
        let is_noted = self.labelled && self.digest.as_ref() == Some(&held.digest(salt));
        is_noted.then_some(held)
    }

    /// Returns true when the Secret has its labels, its annotations and its type.
    fn is_dressed(&self, kind: &ManagedKind, subject: &Subject, wanted: &Secret) -> bool {
        let metadata = complete(kind, subject, wanted.metadata.clone());
        metadata.is_in(&self.metadata) && !self.is_of_other_type(wanted.type_name.as_deref())
    }

    /// Returns true when the Secret has another type than the desired one, so that it has to be created again: a type
    /// cannot be changed. The type of a Secret that the operator has not written yet stays.
    pub fn is_of_other_type(&self, wanted: Option<&str>) -> bool {
        let wanted = wanted.unwrap_or(OPAQUE);
        self.digest.is_some() && self.type_name.as_deref().is_some_and(|held| held != wanted)
    }

    fn is_as_wanted(&self, wanted: &Secret, salt: &str) -> bool {
        let same = wanted.keys.iter().all(|(key, value)| self.keys.get(key) == Some(value));
        same && self.labelled && self.digest.as_ref() == Some(&wanted.digest(salt))
    }
}

/// The message for a name that another resource has.
pub(super) fn taken(name: &str, owner: &str) -> String {
    format!(
        "the Secret `{name}` is that of {owner}, so this resource cannot have it. Write another name into `spec.connectionSecret.name`, or create the resource again under another name."
    )
}

/// Adds the labels of the operator.
pub(super) fn complete(kind: &ManagedKind, subject: &Subject, metadata: SecretMetadata) -> SecretMetadata {
    let resource = &subject.resource;
    metadata.of_resource(&kind.addon.resource.kind, &resource.name, &resource.uid)
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
