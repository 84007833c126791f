//! Reasons for the state of a resource: the closed list that conditions, events and metrics use.

use std::fmt;

/// The condition that a reason belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At rest, in sync.
    Ready,
    /// In progress, or held up by a passing failure.
    Reconciling,
    /// At rest, until the user or an administrator acts.
    Stalled,
}

macro_rules! reasons {
    ($($reason:ident = $standing:ident $meaning:literal;)*) => {
        /// The reason for the state of a resource. Each one says when a user should act.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $meaning] $reason,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: [Self; [$(stringify!($reason)),*].len()] = [$(Self::$reason),*];

            /// The condition that this reason belongs to.
            pub fn standing(self) -> Standing {
                match self { $(Self::$reason => Standing::$standing,)* }
            }

            /// The meaning of this reason, and when a user should act.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$reason => $meaning,)* }
            }
        }
    };
}

reasons! {
    AsSpecified = Ready "The add-on is there and as specified. Nothing to do for anybody.";
    Overruled = Ready "The add-on is there; a field of the spec does not count, for something else decides. Care if you need that very value.";
    Adopted = Ready "The add-on was taken over from before and differs from the spec; it is usable. Care if the difference surprises you.";
    Creating = Reconciling "The add-on is being created. Care if it lasts longer than a few minutes.";
    Waiting = Reconciling "An earlier creation may still take effect, so it is waited for. Passes by itself within minutes.";
    Preparing = Reconciling "The add-on is there, what it gives is being read. Care if it lasts longer than its kind usually takes.";
    Changing = Reconciling "The add-on is being changed. Care if it lasts longer than such a change usually takes.";
    Deleting = Reconciling "The add-on is being deleted. Care if it lasts longer than a few minutes.";
    NamespaceTerminating = Reconciling "Nothing is created, because the namespace goes. Nothing to do for anybody.";
    CloudUnavailable = Reconciling "The cloud does not answer, or answers nonsense. Care if it lasts.";
    Throttled = Reconciling "The cloud asks for fewer requests. Care if it lasts.";
    ClusterUnavailable = Reconciling "The cluster does not take a write. Care if it lasts.";
    RightMissing = Stalled "The cluster does not let the operator do its part. Give it the right that the message names; it goes on by itself.";
    NotOffered = Stalled "What the spec asks for is not offered (any more). Change the spec.";
    InvalidSpec = Stalled "The spec contradicts itself or the offer. Change the spec.";
    Immutable = Stalled "A field was edited that cannot change once the add-on exists. Change it back, or make a new resource.";
    ChangeFailed = Stalled "A change was carried out and failed. Look at the cloud's console, then change the spec to try again.";
    CredentialsInvalid = Stalled "The cloud refuses the credentials. Mend them; it goes on at once.";
    Unauthorized = Stalled "The credentials are good, but not for this. Grant the right, or use others.";
    OrganisationNotFound = Stalled "No such organisation, or not visible with these credentials. Change the spec or the credentials.";
    Rejected = Stalled "The cloud refuses the request as it stands. The message has the cloud's words.";
    NoCapacity = Stalled "The cloud has no room for this now. It is tried again slowly; another region or plan may be quicker.";
    ExternalResourceVanished = Stalled "The add-on was there and is not found any more. Restore it at the cloud, or confirm that a new, empty one is wanted.";
    Duplicate = Stalled "More than one add-on bears our name, and none is provably superfluous. Delete the wrong one at the cloud.";
    Claimed = Stalled "The record belongs to another resource. Confirm the claim, or remove the annotation.";
    SecretConflict = Stalled "A Secret of that name exists and is not ours. Rename or delete it.";
    RecordUnreadable = Stalled "The record cannot be read. Repair the annotation: it is the truth about the add-on.";
    StatusDisagrees = Stalled "Record and status name different add-ons. Find out which is right, and correct the other.";
    Retired = Stalled "The catalog has no entry for the kind any more. Put it back, or delete the resource.";
}

impl Reason {
    /// Returns the reason of this name, as a catalog writes it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.to_string() == name)
    }
}

/// Writes the name as it appears in conditions.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
