//! The closed lists of reasons and actions of Events. `docs/reference.md` documents both, and a test compares
//! the page with these lists.

use interpreter::plan::State;

use crate::cluster::events::EventSpec;

/// Action of an Event: the work of the operator that the Event reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventAction {
    /// Creation of an add-on.
    Create,
    /// Change of an add-on.
    Update,
    /// Adoption of an add-on that the operator did not create.
    Adopt,
    /// Deletion of an add-on.
    Delete,
    /// Comparison of a resource with its add-on.
    Reconcile,
    /// Repair of the finalizer on a resource.
    RestoreFinalizer,
    /// Update of the catalog from a ConfigMap.
    UpdateCatalog,
}

impl EventAction {
    /// Every action.
    pub const ALL: [Self; 7] = [
        Self::Create,
        Self::Update,
        Self::Adopt,
        Self::Delete,
        Self::Reconcile,
        Self::RestoreFinalizer,
        Self::UpdateCatalog,
    ];

    /// The name in the `action` field of an Event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Adopt => "Adopt",
            Self::Delete => "Delete",
            Self::Reconcile => "Reconcile",
            Self::RestoreFinalizer => "RestoreFinalizer",
            Self::UpdateCatalog => "UpdateCatalog",
        }
    }

    /// The work on a resource in this state.
    pub(crate) fn of(state: State) -> Self {
        match state {
            State::Fresh
            | State::Vacant
            | State::Inherited
            | State::Intended
            | State::Unsure
            | State::Holding => Self::Create,
            State::Changing => Self::Update,
            State::Adopting => Self::Adopt,
            State::Deleting | State::Gone => Self::Delete,
            State::Recorded
            | State::Settled
            | State::Vanished
            | State::Claimed
            | State::Unproven
            | State::Disagreeing
            | State::Unreadable => Self::Reconcile,
        }
    }
}

/// Reason of an Event about work on an add-on that is done: each is sent once, and named in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneReason {
    /// The operator created an add-on, and recorded it.
    Created,
    /// The operator recorded an add-on that it did not create for this resource.
    Adopted,
    /// The cloud accepted a change that an edit of the spec asks for.
    ChangeAccepted,
    /// The cloud accepted a change that takes back what another client changed.
    DriftCorrected,
    /// The operator wrote new connection data into the Secret.
    SecretUpdated,
    /// The operator deleted an add-on.
    Deleted,
}

impl MilestoneReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Adopted,
        Self::ChangeAccepted,
        Self::DriftCorrected,
        Self::SecretUpdated,
        Self::Deleted,
    ];

    /// The name in the `reason` field of an Event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Adopted => "Adopted",
            Self::ChangeAccepted => "ChangeAccepted",
            Self::DriftCorrected => "DriftCorrected",
            Self::SecretUpdated => "SecretUpdated",
            Self::Deleted => "Deleted",
        }
    }

    /// The Event with this reason.
    pub(crate) fn event(self, note: String) -> EventSpec {
        let action = match self {
            Self::SecretUpdated => EventAction::Reconcile,
            Self::Created => EventAction::Create,
            Self::Adopted => EventAction::Adopt,
            Self::ChangeAccepted | Self::DriftCorrected => EventAction::Update,
            Self::Deleted => EventAction::Delete,
        };
        EventSpec { warning: false, reason: self.name().to_owned(), action: action.name().to_owned(), note }
    }
}

/// Reason of a warning that is not the reason of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningReason {
    /// Another client removed the finalizer of a resource.
    FinalizerRestored,
    /// A resource is deleted and its add-on stays, because no user asked for the deletion.
    Abandoned,
    /// A resource is deleted and its add-on stays, because of the deletion policy or of its ownership.
    Retained,
    /// A resource went without the operator, because another client removed the finalizer, and its add-on
    /// stays.
    LeftBehind,
    /// The cloud returns an output whose name no key of a Secret can have.
    OutputLeftOut,
    /// The API server refuses the status of a resource.
    StatusRefused,
    /// A resource is deleted, and the cloud neither found its add-on nor acknowledged the deletion.
    NotSeenDeleted,
    /// An entry of a catalog ConfigMap has an error and is not used.
    CatalogRejected,
    /// An entry of a catalog ConfigMap is used and has a problem.
    CatalogProblem,
    /// A kind of a catalog ConfigMap cannot be managed yet.
    CatalogWaiting,
}

impl WarningReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::FinalizerRestored,
        Self::Abandoned,
        Self::Retained,
        Self::LeftBehind,
        Self::NotSeenDeleted,
        Self::OutputLeftOut,
        Self::StatusRefused,
        Self::CatalogRejected,
        Self::CatalogProblem,
        Self::CatalogWaiting,
    ];

    /// The name in the `reason` field of an Event.
    pub fn name(self) -> &'static str {
        match self {
            Self::FinalizerRestored => "FinalizerRestored",
            Self::Abandoned => "Abandoned",
            Self::Retained => "Retained",
            Self::LeftBehind => "LeftBehind",
            Self::NotSeenDeleted => "NotSeenDeleted",
            Self::OutputLeftOut => "OutputLeftOut",
            Self::StatusRefused => "StatusRefused",
            Self::CatalogRejected => "CatalogRejected",
            Self::CatalogProblem => "CatalogProblem",
            Self::CatalogWaiting => "CatalogWaiting",
        }
    }

    /// The Event with this reason.
    pub(crate) fn event(self, action: EventAction, note: String) -> EventSpec {
        EventSpec { warning: true, reason: self.name().to_owned(), action: action.name().to_owned(), note }
    }
}
