//! What this process keeps about one resource between two passes. Losing it costs requests and time, never safety.

use std::sync::Arc;

use interpreter::plan::{Listing, Memory};
use interpreter::reconcile::Facts;
use k8s_openapi::api::core::v1::Secret;
use kube::api::DynamicObject;

use tokio::task::JoinSet;

use crate::engine::credentials::namespace_secrets::Hold;

/// Who looks out. It ends when dropped.
pub(crate) type Lookout = JoinSet<()>;

/// What is kept about one uid. It has no `Debug`: it holds passwords.
#[derive(Default)]
pub(crate) struct Dossier {
    /// What the planner remembers.
    pub(crate) memory: Memory,
    /// What was read at the cloud.
    pub(crate) facts: Facts,
    /// The newest list, cut to what concerns this resource.
    pub(crate) listing: Option<Listing>,
    /// The Secret, as last read.
    pub(crate) secret: SecretRead,
    /// Why it could not be read when that was last tried; empty: it could.
    pub(crate) secret_unread: String,
    /// Whoever looks out for a Secret of somebody else.
    pub(crate) lookout: Option<Lookout>,
    /// The resource as this process last read it live, or wrote it: a cache may be older.
    pub(crate) newest: Option<Arc<DynamicObject>>,
    /// Whether the resource goes only because its CRD does; known once it is being deleted.
    pub(crate) abandoned: Option<bool>,
    /// How often in a row its status could not be written.
    pub(crate) untold: u32,
    /// How what was read was asked for, and understood.
    asks: Option<Arc<str>>,
    /// The credentials by which all of this became known.
    pub(crate) credentials: Option<String>,
    /// What the last record said of the credentials it was made with; it is asked for when the resource is gone.
    pub(crate) made_with: Option<Option<String>>,
    /// The generation for which the credentials of the namespace were looked at live, and whether it was being deleted then.
    pub(crate) looked: Option<(i64, bool)>,
    /// While something is made with the credentials of its namespace.
    pub(crate) hold: Option<Hold>,
    /// The state at the end of the last pass, for the gauge of states.
    pub(crate) state: Option<&'static str>,
}

/// The Secret, as last read.
#[derive(Default)]
pub(crate) enum SecretRead {
    /// Not read yet, or changed since.
    #[default]
    Unread,
    /// There is none of this name.
    Absent,
    /// It is ours.
    Ours(Box<Secret>),
    /// It is there, in this version, and belongs to somebody else.
    Foreign(String),
}

impl Dossier {
    /// What was read is understood in this way from now on: what was asked for otherwise says nothing any more.
    pub(crate) fn interpret(&mut self, asks: &Arc<str>) {
        if self.asks.as_ref().is_some_and(|before| before != asks) {
            (self.facts, self.listing) = (Facts::default(), None);
        }
        self.asks = Some(asks.clone());
    }
}
