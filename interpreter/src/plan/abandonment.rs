//! Deletions that no user asked for: the add-on stays, and the operator stops managing it.

/// Reason why the deletion of a resource is not the wish to delete its add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandonment {
    /// The CRD is being deleted, or is gone, and the resource with it.
    CrdDeleted,
    /// The resource was created and deleted under an earlier CRD: it came back with its deletion timestamp
    /// when the CRD was created again.
    OlderThanCrd,
}

impl Abandonment {
    /// The reason in one sentence.
    pub fn because(self) -> &'static str {
        match self {
            Self::CrdDeleted => {
                "the CRD is being deleted, so the operator keeps the add-on and stops managing it"
            }
            Self::OlderThanCrd => {
                "the resource was deleted with an earlier CRD, so the operator keeps the add-on and stops managing it"
            }
        }
    }
}
