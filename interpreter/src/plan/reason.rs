//! Why a resource is as it is, in one word: the closed list that conditions, events and metrics draw from.

use std::fmt;

/// The one word for how a resource stands; each says when a person should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The add-on is there and as specified. Nothing to do for anybody.
    AsSpecified,
    /// The add-on is there; a field of the spec does not count, for something else decides. Care if you need that very value.
    Overruled,
    /// The add-on was taken over from before and differs from the spec; it is usable. Care if the difference surprises you.
    Adopted,
    /// The add-on is being created. Care if it lasts longer than a few minutes.
    Creating,
    /// An earlier creation may still take effect, so it is waited for. Passes by itself within minutes.
    Waiting,
    /// The add-on is there, what it gives is being read. Care if it lasts longer than its kind usually takes.
    Preparing,
    /// The add-on is being changed. Care if it lasts longer than such a change usually takes.
    Changing,
    /// The add-on is being deleted. Care if it lasts longer than a few minutes.
    Deleting,
    /// Nothing is created, because the namespace goes. Nothing to do for anybody.
    NamespaceTerminating,
    /// The cloud does not answer, or answers nonsense. Care if it lasts.
    CloudUnavailable,
    /// The cloud asks for fewer requests. Care if it lasts.
    Throttled,
    /// The cluster does not take a write. Care if it lasts.
    ClusterUnavailable,
    /// The cluster does not let the operator do its part. Give it the right that the message names; it goes on by itself.
    RightMissing,
    /// What the spec asks for is not offered (any more). Change the spec.
    NotOffered,
    /// The spec contradicts itself or the offer. Change the spec.
    InvalidSpec,
    /// A field was edited that cannot change once the add-on exists. Change it back, or make a new resource.
    Immutable,
    /// A change was carried out and failed. Look at the cloud's console, then change the spec to try again.
    ChangeFailed,
    /// The cloud refuses the credentials. Mend them; it goes on at once.
    CredentialsInvalid,
    /// The credentials are good, but not for this. Grant the right, or use others.
    Unauthorized,
    /// No such organisation, or not visible with these credentials. Change the spec or the credentials.
    OrganisationNotFound,
    /// The cloud refuses the request as it stands. The message has the cloud's words.
    Rejected,
    /// The cloud has no room for this now. It is tried again slowly; another region or plan may be quicker.
    NoCapacity,
    /// The add-on was there and is not found any more. Restore it at the cloud, or confirm that a new, empty one is wanted.
    ExternalResourceVanished,
    /// More than one add-on bears our name, and none is provably superfluous. Delete the wrong one at the cloud.
    Duplicate,
    /// The record belongs to another resource. Confirm the claim, or remove the annotation.
    Claimed,
    /// A Secret of that name exists and is not ours. Rename or delete it.
    SecretConflict,
    /// The record cannot be read. Repair the annotation: it is the truth about the add-on.
    RecordUnreadable,
    /// Record and status name different add-ons. Find out which is right, and correct the other.
    StatusDisagrees,
    /// The catalog has no entry for the kind any more. Put it back, or delete the resource.
    Retired,
}

/// Which condition a reason speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At rest, as it should be.
    Ready,
    /// Under way, or held up by something that passes.
    Reconciling,
    /// At rest, until somebody does something.
    Stalled,
}

impl Reason {
    /// Which condition this reason speaks for.
    pub fn standing(self) -> Standing {
        match self {
            Self::AsSpecified | Self::Overruled | Self::Adopted => Standing::Ready,
            Self::Creating
            | Self::Waiting
            | Self::Preparing
            | Self::Changing
            | Self::Deleting
            | Self::NamespaceTerminating
            | Self::CloudUnavailable
            | Self::Throttled
            | Self::ClusterUnavailable => Standing::Reconciling,
            Self::RightMissing
            | Self::NotOffered
            | Self::InvalidSpec
            | Self::Immutable
            | Self::ChangeFailed
            | Self::CredentialsInvalid
            | Self::Unauthorized
            | Self::OrganisationNotFound
            | Self::Rejected
            | Self::NoCapacity
            | Self::ExternalResourceVanished
            | Self::Duplicate
            | Self::Claimed
            | Self::SecretConflict
            | Self::RecordUnreadable
            | Self::StatusDisagrees
            | Self::Retired => Standing::Stalled,
        }
    }

    /// The reason of this name, as a catalog writes it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.to_string() == name)
    }

    /// Every reason there is.
    pub const ALL: [Self; 29] = [
        Self::AsSpecified,
        Self::Overruled,
        Self::Adopted,
        Self::Creating,
        Self::Waiting,
        Self::Preparing,
        Self::Changing,
        Self::Deleting,
        Self::NamespaceTerminating,
        Self::CloudUnavailable,
        Self::Throttled,
        Self::ClusterUnavailable,
        Self::RightMissing,
        Self::NotOffered,
        Self::InvalidSpec,
        Self::Immutable,
        Self::ChangeFailed,
        Self::CredentialsInvalid,
        Self::Unauthorized,
        Self::OrganisationNotFound,
        Self::Rejected,
        Self::NoCapacity,
        Self::ExternalResourceVanished,
        Self::Duplicate,
        Self::Claimed,
        Self::SecretConflict,
        Self::RecordUnreadable,
        Self::StatusDisagrees,
        Self::Retired,
    ];
}

/// As conditions write it.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
