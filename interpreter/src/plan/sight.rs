//! What is seen: everything a plan may depend on, as plain data. Nothing here decides.

use std::time::Duration;

use super::memory::Memory;
use super::reason::Reason;
use super::record::{Ids, Place, Record};
use super::timing::{Now, Timing};

/// Everything that one plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The custom resource, as last read.
    pub resource: &'a Resource,
    /// What its spec asks for, judged against the offers and the add-on.
    pub wish: &'a Wish,
    /// What this process remembers of this resource (of this uid).
    pub memory: &'a Memory,
    /// The newest list of the place that the plan is `at`, if any; of what it shows, what concerns this resource.
    pub listing: Option<&'a Listing>,
    /// The Secret, as last read.
    pub secret: &'a SecretSight,
    /// The namespace is being deleted.
    pub namespace_terminating: bool,
    /// The resource goes only because its definition does: the add-on stays.
    pub abandoned: bool,
    /// The catalog has no entry for the kind any more: the resource can only be deleted.
    pub retired: bool,
    /// The nonce of this process, made at its start.
    pub process: &'a str,
    /// Which operator this is, for people.
    pub operator: &'a str,
    /// The moment.
    pub now: Now,
    /// The waits.
    pub timing: &'a Timing,
    /// Where spec, configuration and credentials point now.
    pub home: &'a Home,
}

/// Where spec, configuration and credentials point now. The record may point elsewhere, and wins once it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// Where a new add-on would be made.
    pub place: Place,
    /// Changes whenever the credentials do (a hash of them, say).
    pub credentials: String,
    /// The Secret of the resource's namespace that the credentials stand in; none: they are the operator's own.
    pub secret: Option<String>,
    /// Not everybody may use every account: what a record says, which is an annotation, is believed once the list of its account shows it.
    pub limited: bool,
    /// Why nothing is asked of the cloud for this resource as things are, if so.
    pub barred: Option<Barred>,
}

/// Why nothing is asked of the cloud for a resource, whatever its plan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// In one word.
    pub reason: Reason,
    /// What is wrong and what would be right.
    pub message: String,
    /// The credentials are there, and may delete what provably belongs to this very resource: what bears its name, uid and all.
    pub may_delete_own: bool,
}

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

/// What the spec asks for. Not looked at while the resource is being deleted: a broken spec can be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The offers must be read before anything can be said.
    Unknown,
    /// It cannot be had.
    Refused {
        /// In one word.
        reason: Reason,
        /// What is wrong and what would be right.
        message: String,
    },
    /// It can be had.
    Clear {
        /// The add-on holds data: it is never silently made anew.
        stateful: bool,
        /// How well the add-on is known.
        observation: Observation,
        /// Where the add-on differs from the spec, as far as it is known.
        changes: Vec<Difference>,
        /// Where the spec asks for something that is decided elsewhere, and otherwise: a sentence for each.
        overruled: Vec<String>,
    },
}

/// How well the add-on is known: the reads that comparing it with the spec needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Nothing needs to be read.
    Needless,
    /// Not read in this process.
    Missing {
        /// The creation itself sends everything that is compared: what this process just created needs no look.
        sent_at_creation: bool,
    },
    /// Sent at this time.
    Made(Duration),
    /// Only a list that is sent at this time or later shows what a change has done, and the cloud cannot be asked otherwise.
    Listed {
        /// When what was done is in the list.
        from: Duration,
    },
}

/// One difference between spec and add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field, as the spec writes it.
    pub field: String,
    /// What the add-on has and what the spec wants, for people: `small, wanted: large`.
    pub what: String,
    /// What can be done about it.
    pub remedy: Remedy,
}

/// What can be done about a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: not to this, or not in this direction. The message says what may be written instead.
    None(String),
    /// Nothing, ever. It may differ since before the add-on was taken over, by an edit while it was being made, or because the field did not
    /// count until another was edited. Where the definition holds the field, it cannot be written back either.
    Immutable(String),
    /// A change that is safe to repeat, by the catalog's name for it.
    Repeatable(String),
    /// A change that must be made once, by the catalog's name for it.
    Once(String),
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
