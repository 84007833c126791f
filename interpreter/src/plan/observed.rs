//! Observed state: the resource, the lists and the Secret, as last read. Nothing here decides.

use std::time::Duration;

use crate::plan::deletion_policy::DeletionPolicy;
use crate::plan::drift::DriftPolicy;
use crate::plan::external::External;
use crate::plan::management::Management;
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, Record, same};
use crate::plan::schedule::Schedule;

/// A custom resource, as last read. A resource that is gone keeps its uid, namespace and name, and has
/// `exists: false`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// An object with this uid exists.
    pub exists: bool,
    /// Read from the API server itself, or from the answer to an own write, and no newer version is known: a
    /// compare-and-swap may be tried.
    pub live: bool,
    /// The resource's uid.
    pub uid: String,
    /// The resource's namespace; empty where the kind has none.
    pub namespace: String,
    /// The resource's name.
    pub name: String,
    /// The kind as `kubectl` takes it, such as `database`; for the commands in messages.
    pub kind: String,
    /// The spec's generation.
    pub generation: i64,
    /// The resource has a deletion timestamp.
    pub deleting: bool,
    /// The resource has our finalizer.
    pub finalizer: bool,
    /// The record in the annotation.
    pub record: ObservedRecord,
    /// The proof that the operator itself wrote the record for the kind, namespace and name of this resource.
    pub authenticity: Authenticity,
    /// Rights on add-ons that neither name nor record prove, from the operator's configuration.
    pub adoption: Adoption,
    /// The add-on that the status names.
    pub status_id: Option<String>,
    /// Another live resource that names the same add-on.
    pub other_claim: OtherClaim,
    /// The version of the Secret; `Some(None)` if there is none, and `None` if it was not read.
    pub secret_version: Option<Option<String>>,
    /// The deletion policy that an annotation of the resource sets.
    pub deletion_policy: Option<DeletionPolicy>,
    /// An annotation of the resource protects it from deletion.
    pub protected: bool,
    /// Extent of what the operator does for the resource, by an annotation.
    pub management: Management,
    /// The existing add-on that annotations of the resource name.
    pub external: Option<External>,
    /// The problem of the annotations that name an existing add-on; they are ignored because of it.
    pub external_problem: Option<String>,
    /// The drift policy that an annotation of the resource sets.
    pub drift: Option<DriftPolicy>,
    /// The problem of the annotation with the drift policy; it is ignored because of it.
    pub drift_problem: Option<String>,
    /// The schedule that annotations of the resource set.
    pub schedule: Schedule,
    /// The confirmations that the user has given by annotation.
    pub confirmed: Confirmed,
}

/// The record's annotation, as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ObservedRecord {
    /// No annotation.
    #[default]
    None,
    /// The record names the object's own uid.
    Ours(Record),
    /// The record names another uid: the object was restored from a backup, or copied.
    Foreign(Record),
    /// The annotation exists and cannot be read, for this reason.
    Unreadable(String),
}

/// Result of checking the authentication code of a record.
///
/// The code covers the text of the record, and the kind, namespace and name of its resource. A user of the
/// namespace can copy both annotations, but not make a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authenticity {
    /// The code is right: the operator wrote the record.
    Authentic,
    /// There is no code: an earlier version wrote the record, or another client did.
    #[default]
    Unsigned,
    /// The code was made with the key of this id, which the operator does not have.
    UnknownKey(String),
    /// The code does not match: another client changed the record, or copied it from another resource.
    Mismatch,
    /// The operator has no key, so it can neither check nor make a code.
    NoKey,
}

/// Rights of a resource on add-ons that neither name nor record prove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// The ids of the add-ons that the operator's configuration assigns to this resource.
    pub assigned: Vec<String>,
    /// The ids of the add-ons that the configuration assigns for good: no other cluster uses them any more.
    pub transferred: Vec<String>,
    /// The resource may adopt add-ons that no other resource holds, if the user confirms each.
    pub on_confirmation: bool,
}

/// Claim of another live resource, of any kind, that names the same add-on as record or status of this one.
///
/// A claim proves nothing unless the record is authentic, because users of a namespace can write annotations
/// and status. The name at the cloud decides between two claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OtherClaim {
    /// No other live resource names it.
    #[default]
    None,
    /// The resources of this kind have not been listed yet, so a claim may be there that is not seen.
    Unknown(String),
    /// This resource names it, written for messages: `Database shop/orders`.
    By {
        /// The other resource.
        other: String,
        /// The record of the other resource is authentic.
        authentic: bool,
        /// The record has the uid of a former resource, as after a restored backup, and is not renewed yet.
        former: bool,
    },
}

/// Confirmations by the user. Each names the add-on by an id, so it is valid for that add-on only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// The add-on of this id has vanished and may be replaced by a new, empty one.
    pub recreate: Option<String>,
    /// The add-on of this id belongs to this resource, whatever record or name say.
    pub claim: Option<String>,
    /// The adopted add-on of this id may be changed to what the spec says.
    pub apply: Option<String>,
    /// These fields, each with its value at the cloud, may be changed to what the spec says.
    pub drift: Option<String>,
}

/// A list, reduced to the add-ons that bear our name or one of the ids that record or status name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The time at which the list's request was sent.
    pub sent: Duration,
    /// The add-ons in the list that concern this resource.
    pub entries: Vec<Entry>,
    /// The list is suddenly much shorter than the one before: an outage, no proof of absence.
    pub suspicious: bool,
}

/// An add-on in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The ids that the cloud gives the add-on.
    pub ids: Ids,
    /// The add-on bears the name that we give to this resource's add-on, including the uid.
    pub name_matches: bool,
    /// The other live resource that holds the add-on, because the add-on bears the name that we give to that
    /// resource's add-on. Written for messages.
    pub held_by: Option<String>,
    /// The add-on bears a name with the uid of another resource, which may be in another cluster or gone.
    pub names_other: bool,
    /// The annotations of the resource name the add-on, by an id or by its name.
    pub requested: bool,
    /// The add-on is of the provider that we would create.
    pub same_provider: bool,
    /// The time of the creation, in milliseconds by the cloud's clock.
    pub created: Option<i64>,
}

/// The Secret, compared with its desired content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedSecret {
    /// This resource has no Secret.
    Needless,
    /// The outputs must be read before the Secret can be judged.
    Unknown,
    /// The outputs were read, and lack a value that must be there first. Names the value.
    Incomplete(String),
    /// The Secret is missing, or differs.
    Differs,
    /// The Secret is in sync.
    Same,
    /// A Secret of this name exists and is not ours, or another resource has the name.
    Foreign(String),
    /// The operator does not know yet whether the name is free. Says why.
    Unsure(String),
    /// The spec asks for a Secret that cannot be written, or that the operator does not write.
    Refused {
        /// The reason, for conditions and metrics.
        reason: Reason,
        /// The problem, and what to write instead.
        message: String,
        /// The Secret as it was written last is there.
        held: bool,
    },
}

/// Age of the outputs, as far as the reads of this process do not tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputsAge {
    /// The Secret or the status has outputs; otherwise nothing is read again.
    pub needed: bool,
    /// The time of the read behind the Secret, in milliseconds since 1970, as its annotation says.
    pub written: Option<i64>,
    /// The time of the last list or read of the add-on that showed it changed.
    pub shown: Option<Duration>,
}

impl Resource {
    /// The record, if the resource exists and the record was written for it.
    pub(crate) fn own_record(&self) -> Option<&Record> {
        match &self.record {
            ObservedRecord::Ours(record) if self.exists => Some(record),
            ObservedRecord::Ours(_)
            | ObservedRecord::None
            | ObservedRecord::Foreign(..)
            | ObservedRecord::Unreadable(_) => None,
        }
    }
}

impl Listing {
    /// Returns the entry of this add-on.
    pub(crate) fn entry(&self, ids: &Ids) -> Option<&Entry> {
        self.entries.iter().find(|entry| same(&entry.ids, ids))
    }

    /// Returns the oldest entry of our name: the one to keep.
    pub(crate) fn ours(&self) -> Option<&Entry> {
        let ours = self.entries.iter().filter(|entry| entry.name_matches && entry.same_provider);
        ours.min_by(|a, b| (a.created, &a.ids).cmp(&(b.created, &b.ids)))
    }
}
