//! Retention: the reason for which the deletion of a resource keeps its add-on.

/// Reason for which the deletion of a resource keeps its add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// The operator only observes the add-on.
    Observed,
    /// The add-on has the name or a mark of a resource of another cluster, and was not transferred.
    NotTransferred,
    /// The deletion policy is `retain`.
    DeletionPolicy,
}

impl Retention {
    /// The name of the reason, for a condition.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observed => "Observed",
            Self::NotTransferred => "NotTransferred",
            Self::DeletionPolicy => "DeletionPolicy",
        }
    }

    /// The reason as a clause, for messages.
    pub fn because(self) -> &'static str {
        match self {
            Self::Observed => "the operator only observes the add-on",
            Self::NotTransferred => {
                "it has the name or a mark of a resource of another cluster, which may still use it"
            }
            Self::DeletionPolicy => "the deletion policy is `retain`",
        }
    }
}
