//! Priority of work, in the queue of a controller and in the budget of an account.

/// Priority of a reconciliation and of the requests that it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// An object is new or was edited, and its user waits.
    User,
    /// No user waits: a periodic comparison, or a retry.
    Background,
}
