//! Observed state: the resource, the lists and the Secret, as last read. Nothing here decides.

use std::time::Duration;

use crate::plan::record::{Ids, Record, same};

/// A custom resource, as last read. One that is gone keeps its uid, namespace and name, and has `exists: false`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// An object with this uid is there.
    pub exists: bool,
    /// Read from the API server itself, or the answer to an own write, and nothing newer is known of: a compare-and-swap may be tried.
    pub live: bool,
    /// Its uid.
    pub uid: String,
    /// Its namespace; empty where the kind has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its kind as `kubectl` takes it, such as `database`; for the commands in messages.
    pub kind: String,
    /// The spec's generation.
    pub generation: i64,
    /// It has a deletion timestamp.
    pub deleting: bool,
    /// It bears our finalizer.
    pub finalizer: bool,
    /// Its annotation.
    pub record: RecordSight,
    /// The add-on that the status names.
    pub status_id: Option<String>,
    /// Another live resource that names the same add-on.
    pub other_claim: OtherClaim,
    /// What a person has confirmed by annotation.
    pub confirmed: Confirmed,
}

/// The annotation, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordSight {
    /// There is none.
    #[default]
    None,
    /// It bears the object's own uid.
    Ours(Record),
    /// It bears another uid: restored from a backup, or copied.
    Foreign(Record),
    /// It is there and cannot be read, for this reason.
    Unreadable(String),
}

/// Whether another live resource, of any kind, names the add-on that record or status of this one name.
///
/// A claim proves nothing: users of a namespace can write annotations and status. The name at the cloud decides between two claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OtherClaim {
    /// No other live resource names it.
    #[default]
    None,
    /// The resources of this kind have not been listed yet, so a claim may be there that is not seen.
    Unknown(String),
    /// This one does, as people would write it: `Database shop/orders`.
    By(String),
}

/// What a person has confirmed, each by naming the add-on, so that the word is good for that one only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// The add-on of this id has vanished and may be replaced by a new, empty one.
    pub recreate: Option<String>,
    /// The add-on of this id is this resource's, whatever record or name say.
    pub claim: Option<String>,
    /// The add-on of this id, taken over from before, may be changed to what the spec says.
    pub apply: Option<String>,
}

/// A list, cut to what bears our name or one of the ids that record or status name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// When its request was sent.
    pub sent: Duration,
    /// What it shows of us.
    pub entries: Vec<Entry>,
    /// It is suddenly much shorter than the one before: an outage, no proof of absence.
    pub suspicious: bool,
}

/// One add-on in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What the cloud calls it.
    pub ids: Ids,
    /// It bears the name that we give to this resource's add-on, uid and all.
    pub name_matches: bool,
    /// Another live resource holds it: it bears the name that we give to that one's add-on. As people would write it.
    pub held_by: Option<String>,
    /// It is of the provider that we would create.
    pub same_provider: bool,
    /// When it was created, in milliseconds by the cloud's clock.
    pub created: Option<i64>,
}

/// The Secret, compared with what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSight {
    /// This resource has none.
    Needless,
    /// It cannot be judged before the outputs are read.
    Unknown,
    /// The outputs were read, and lack something that must be there first. Says what.
    Incomplete(String),
    /// It is missing, or differs.
    Differs,
    /// It is as it should be.
    Same,
    /// A Secret of this name is there and is not ours.
    Foreign(String),
}

impl Listing {
    /// The entry of this add-on.
    pub(crate) fn entry(&self, ids: &Ids) -> Option<&Entry> {
        self.entries.iter().find(|entry| same(&entry.ids, ids))
    }

    /// The oldest entry of our name: the one to keep.
    pub(crate) fn ours(&self) -> Option<&Entry> {
        let ours = self.entries.iter().filter(|entry| entry.name_matches && entry.same_provider);
        ours.min_by(|a, b| (a.created, &a.ids).cmp(&(b.created, &b.ids)))
    }
}
