//! Leader election over one Lease object: at most one process at a time may believe that it holds it.
//!
//! Kubernetes has no fencing: a process that was frozen wakes up and goes on as if nothing had happened. A
//! writer therefore asks for the `Fence` right before each write elsewhere, and a lease that was not
//! renewed lately gives none.

mod election;
mod holder;
mod leadership;
pub mod store;
mod types;

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch::channel;
use tokio::time::Instant;

use crate::cluster::lease::election::{Election, Reporter};
use crate::cluster::lease::store::LeaseStore;

pub(crate) use crate::cluster::lease::holder::LeaseHolder;
pub use crate::cluster::lease::leadership::Leadership;
pub use crate::cluster::lease::types::Settings;
pub(crate) use crate::cluster::lease::types::{Clock, LeaseState, Moment};

/// Starts a candidate named `identity` for the lease in `store`. The returned future does the work: poll it
/// until it ends, which it does after [`Leadership::resign`], with the lease released.
pub fn elect<S: LeaseStore>(
    store: S,
    settings: Settings,
    identity: String,
    clock: Clock,
) -> (Leadership, impl Future<Output = ()> + Send) {
    let (term, seen_term) = channel(None);
    let (state, seen_state) = channel(LeaseState::Undecided);
    let (resign, resigned) = channel(false);
    let leadership = Leadership {
        term: seen_term,
        state: seen_state,
        resigned: Arc::new(resign),
        renew_deadline: settings.renew_deadline,
        clock: Arc::clone(&clock),
    };
    (leadership, Election::new(store, settings, identity, clock, Reporter { term, state }).run(resigned))
}

/// Returns an identity that no other process has or ever had, not even an earlier one of the same pod.
pub fn identity(pod: &str) -> String {
    format!("{pod}_{}", uuid::Uuid::new_v4())
}

/// Returns the machine's clocks.
pub fn system_clock() -> Clock {
    Arc::new(|| Moment { monotonic: Instant::now(), wall: SystemTime::now() })
}

#[cfg(test)]
mod tests;
