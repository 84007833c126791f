//! The leadership of this process as the rest of the program sees it, and the fencing token that guards each
//! write.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender};

use crate::cluster::lease::types::{Clock, LeaseState, Term};

/// The leadership of this process, as far as the process knows. Clones share it.
#[derive(Clone)]
pub struct Leadership {
    pub(super) term: Receiver<Option<Term>>,
    pub(super) state: Receiver<LeaseState>,
    pub(super) resigned: Arc<Sender<bool>>,
    pub(super) renew_deadline: Duration,
    pub(super) clock: Clock,
}

/// Proof that this process led when it asked. It does not last: ask again whether it still
/// [`holds`](Fence::holds).
#[derive(Clone)]
pub struct Fence {
    leadership: Leadership,
    term: u64,
}

impl Leadership {
    /// Returns whether this process leads, as far as it can know.
    pub fn is_leader(&self) -> bool {
        self.fence().is_some()
    }

    /// Returns a fence, or `None` if another process may lead by now. Call it right before a write elsewhere.
    pub fn fence(&self) -> Option<Fence> {
        let term = (*self.term.borrow())?;
        let holds = term.renewed.is_within(self.renew_deadline, (self.clock)());
        holds.then(|| Fence { leadership: self.clone(), term: term.number })
    }

    /// Returns the state of the election. The clocks alone decide [`LeaseState::Held`], whatever the last try
    /// came to.
    pub(crate) fn state(&self) -> LeaseState {
        let last = self.state.borrow().clone();
        match last {
            _ if self.is_leader() => LeaseState::Held,
            _ if self.state.has_changed().is_err() => {
                LeaseState::Unreachable("the election has ended".into())
            }
            LeaseState::Held => LeaseState::Unreachable("the lease was not renewed in time".into()),
            LeaseState::Undecided | LeaseState::HeldBy(_) | LeaseState::Unreachable(_) => last,
        }
    }

    /// Returns once this process leads; never, if the election has ended.
    pub async fn elected(&self) {
        let mut term = self.term.clone();
        if term.wait_for(Option::is_some).await.is_err() {
            std::future::pending().await
        }
    }

    /// Returns once this process does not lead.
    pub async fn lost(&self) {
        // An error means that the election has ended, so the lease is no longer renewed.
        let _ = self.term.clone().wait_for(Option::is_none).await;
    }

    /// Releases the lease, so that another process takes over at once. Work done under it must have ended
    /// before.
    pub fn resign(&self) {
        self.resigned.send_replace(true);
    }
}

impl Fence {
    /// Returns whether this process still leads, and has led without a gap since the fence was issued.
    pub fn holds(&self) -> bool {
        self.leadership.fence().is_some_and(|now| now.term == self.term)
    }
}
