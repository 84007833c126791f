//! Reasons for the state of a resource: the closed list that conditions, events and metrics use.

use std::fmt;

/// The condition that a reason belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In sync.
    Ready,
    /// In progress, or held up by a passing failure.
    Reconciling,
    /// Waits until the user or an administrator acts.
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

            /// The name of this reason, as conditions, events, metrics and catalogs contain it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$reason => stringify!($reason),)* }
            }

            /// The meaning of this reason, and when a user should act.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$reason => $meaning,)* }
            }
        }
    };
}

reasons! {
    InSync = Ready "The add-on exists and matches the spec. No action needed.";
    FieldIgnored = Ready "The add-on exists, but a field of the spec has no effect, because another setting decides its value. Act if you need the value that the spec names.";
    Adopted = Ready "The operator adopted an existing add-on that differs from the spec. The add-on is usable. Act if you did not expect the difference.";
    Observed = Ready "The operator observes the add-on and writes nothing to the cloud, as an annotation asks. The message names differences from the spec. No action needed.";
    Queued = Reconciling "The creation waits for its turn, because the operator limits its requests to the cloud. The message says how many are ahead. No action needed.";
    Creating = Reconciling "The operator is creating the add-on. Act if this takes longer than a few minutes.";
    ConfirmingNotCreated = Reconciling "The result of an earlier creation is unknown. The operator looks again before it creates another add-on. This takes a few minutes.";
    Verifying = Reconciling "The operator verifies at the cloud that the recorded add-on exists and belongs to this resource. This takes a few minutes.";
    WaitingForOutputs = Reconciling "The add-on exists, and the operator waits for its connection data. Act if this takes longer than usual for the kind.";
    Changing = Reconciling "The operator is changing the add-on. Act if this takes longer than usual for such a change.";
    Deleting = Reconciling "The operator is deleting the add-on. Act if this takes longer than a few minutes.";
    DeletionProtected = Stalled "The resource is being deleted, and an annotation protects it from deletion, so the add-on stays. Remove the annotation to delete the add-on with its data.";
    NamespaceTerminating = Reconciling "The namespace is terminating, so the operator creates nothing in it. No action needed.";
    CloudUnavailable = Reconciling "The cloud does not answer, or its answer is unusable. The operator tries again. Act if this lasts.";
    Throttled = Reconciling "The cloud limits the rate of requests. The operator tries again. Act if this lasts.";
    ClusterUnavailable = Reconciling "The API server does not accept a write. The operator tries again. Act if this lasts.";
    PermissionDenied = Stalled "The operator lacks an RBAC permission. Grant the permission that the message names; the operator then continues.";
    NotOffered = Stalled "The cloud does not offer a value of the spec. Change the spec.";
    InvalidSpec = Stalled "The spec contradicts itself or the cloud's offer. Change the spec.";
    Immutable = Stalled "A field was edited that cannot change once the add-on exists. Change it back, or create a new resource.";
    Drifted = Stalled "Another client changed the add-on at the cloud, and the drift policy leaves it to you, or the operator cannot change it back. Write its value into the spec, or confirm that the spec is applied.";
    Paused = Stalled "An annotation pauses the resource: the operator looks and reports, and writes nothing. The message says what the next step would be. Remove the annotation to go on.";
    ChangeFailed = Stalled "The cloud accepted a change, and it failed. Look at the cloud's console, then change the spec to try again.";
    CredentialsInvalid = Stalled "The cloud rejects the credentials. Correct them; the operator then continues at once.";
    Unauthorized = Stalled "The credentials are valid, but they do not permit this request. Grant the permission, or use other credentials.";
    OrganisationNotFound = Stalled "The organisation does not exist, or these credentials cannot see it. Change the spec or the credentials.";
    Rejected = Stalled "The cloud rejects the request. The message quotes the cloud. Change the spec.";
    NoCapacity = Stalled "The cloud has no capacity for this add-on. The operator tries again at growing intervals. Another region or plan may be available sooner.";
    ExternalResourceVanished = Stalled "The recorded add-on no longer exists at the cloud. Restore it there, or confirm that the operator may create a new, empty one.";
    ExternalResourceNotFound = Stalled "The cloud has no add-on with the id or name that an annotation gives, or the resource may only observe and no annotation names an add-on. Correct the annotation, or the organisation in the spec.";
    Duplicate = Stalled "More than one add-on has the name of this resource, and the operator cannot tell which one is superfluous, or an annotation gives a name that several add-ons have. The message says what to do.";
    OwnedByOther = Stalled "The add-on that record or status names belongs to another resource, or to another cluster. Remove the record to create a new add-on, or have an administrator assign the add-on to this resource.";
    OwnershipUnproven = Stalled "Nothing proves that the add-on that record or status names belongs to this resource, so the operator writes nothing to the cloud for it. Follow one of the two ways in the message.";
    SecretConflict = Stalled "A Secret with the name that this resource needs exists and belongs to another owner. Rename or delete that Secret.";
    SecretRefused = Stalled "The API server refuses the Secret: an admission policy, a quota, its size, or `immutable`. The message quotes the API server. The operator reads the connection data again and retries at growing intervals, and at once when the Secret or the resource changes.";
    WriteRefused = Stalled "The API server refuses a write to this resource, such as its record: an admission policy, a quota or its size. The message quotes the API server. The operator retries at growing intervals, and at once when the resource changes.";
    TemplateInvalid = Stalled "The keys or a template of `spec.connectionSecret` cannot be used, so the operator leaves the Secret as it is. The message names the key and the problem. Change the spec.";
    InvalidAnnotation = Stalled "An annotation that controls the operator has a value that does not exist. Correct or remove it.";
    RecordUnreadable = Stalled "The operator cannot parse the record annotation. Repair it: the record says which add-on belongs to this resource.";
    StatusMismatch = Stalled "The record and the status name different add-ons. Find out which one is right, and correct the other.";
    KindNotManaged = Stalled "No controller runs for this kind. The message says why, and what an administrator does about it.";
    KindRemoved = Stalled "The catalog no longer has an entry for this kind. Restore the entry, or delete the resource.";
}

impl Reason {
    /// Returns the reason of this name, as a catalog writes it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// Writes the name as it appears in conditions.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
