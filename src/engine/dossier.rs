//! What this process keeps about one resource between two passes. Losing it costs requests and time, never safety.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use interpreter::exchange::Offers;
use interpreter::plan::{Ids, Listing, Memory};
use k8s_openapi::api::core::v1::Secret;
use kube::api::DynamicObject;
use serde_json::{Map, Value};

use super::lookout::Lookout;
use super::overrides::Hold;

/// What is kept about one uid. It has no `Debug`: it holds passwords.
#[derive(Default)]
pub(super) struct Dossier {
    /// What the planner remembers.
    pub(super) memory: Memory,
    /// What was read at the cloud.
    pub(super) facts: Facts,
    /// The newest list, cut to what concerns this resource.
    pub(super) listing: Option<Listing>,
    /// The Secret, as last read.
    pub(super) secret: SecretRead,
    /// Why it could not be read when that was last tried; empty: it could.
    pub(super) secret_unread: String,
    /// Whoever looks out for a Secret of somebody else.
    pub(super) lookout: Option<Lookout>,
    /// The resource as this process last read it live, or wrote it: a cache may be older.
    pub(super) newest: Option<Arc<DynamicObject>>,
    /// Whether the resource goes only because its CRD does; known once it is being deleted.
    pub(super) abandoned: Option<bool>,
    /// How often in a row its status could not be written.
    pub(super) untold: u32,
    /// The credentials by which all of this became known.
    pub(super) credentials: Option<String>,
    /// What the last record said of the credentials it was made with; it is asked for when the resource is gone.
    pub(super) made_with: Option<Option<String>>,
    /// The generation for which the credentials of the namespace were looked at live, and whether it was being deleted then.
    pub(super) looked: Option<(i64, bool)>,
    /// While something is made with the credentials of its namespace.
    pub(super) hold: Option<Hold>,
    /// The state at the end of the last pass, for the gauge of states.
    pub(super) state: Option<&'static str>,
}

/// What was read at the cloud about one add-on.
#[derive(Default)]
pub(super) struct Facts {
    /// The add-on that all the others are about.
    of: Option<Ids>,
    /// What is offered, as the spec was judged by it.
    pub(super) offers: Option<Judged>,
    /// The add-on, as the last list or the answer to its creation showed it.
    pub(super) listed: Option<Value>,
    /// When the request was sent whose answer showed that.
    listed_sent: Option<Duration>,
    /// Since a change was sent, only a list that was sent then or later shows what became of it.
    pub(super) listed_from: Duration,
    /// Further reads by name, and when the oldest of them was sent.
    pub(super) reads: BTreeMap<String, Value>,
    /// When `reads` were made.
    pub(super) observed: Option<Duration>,
    /// What the add-on gives.
    pub(super) outputs: Option<Map<String, Value>>,
}

/// The Secret, as last read.
#[derive(Default)]
pub(super) enum SecretRead {
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

/// What was offered when a generation of the spec was judged.
#[derive(Clone)]
pub(super) struct Judged {
    /// The spec's generation.
    pub(super) generation: i64,
    /// When it was asked.
    pub(super) asked: Duration,
    /// The answer.
    pub(super) offers: Arc<Offers>,
}

impl Facts {
    /// What the answer to a creation showed of what was made.
    pub(super) fn made(&mut self, ids: &Ids, listed: Value) {
        *self = Self { of: Some(ids.clone()), offers: self.offers.take(), listed: Some(listed), ..Self::default() };
    }

    /// The facts are about this add-on from now on: of another one nothing is kept, least of all its outputs.
    pub(super) fn about(&mut self, recorded: Option<&Ids>) {
        if let Some(ids) = recorded.filter(|ids| self.of.as_ref() != Some(ids)) {
            *self = Self { of: Some(ids.clone()), offers: self.offers.take(), ..Self::default() };
        }
    }

    /// Takes what the cloud showed of the add-on in an answer to a request that was sent then, unless a newer answer showed it already.
    pub(super) fn show(&mut self, sent: Duration, listed: &Value) {
        if sent >= self.listed_from && self.listed_sent.is_none_or(|last| sent > last) {
            (self.listed, self.listed_sent) = (Some(listed.clone()), Some(sent));
        }
    }

    /// Takes what the add-on showed of itself: lists that are sent before `settled` may still be as it was before.
    pub(super) fn show_itself(&mut self, settled: Duration, listed: Option<Value>) {
        (self.listed, self.listed_sent) = (listed, None);
        self.listed_from = self.listed_from.max(settled);
    }

    /// Forgets all that a change may have made untrue; what is read before `settled` may still be as it was.
    pub(super) fn forget(&mut self, settled: Duration) {
        *self = Self { of: self.of.take(), offers: self.offers.take(), listed_from: settled, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_newer_is_not_covered_by_what_is_older() {
        let at = Duration::from_secs;
        let mut facts = Facts::default();
        facts.show(at(10), &json!("list"));
        facts.show(at(12), &json!("asked for"));
        facts.show(at(10), &json!("list"));
        assert_eq!(facts.listed, Some(json!("asked for")));
        facts.show_itself(at(70), Some(json!("itself")));
        facts.show(at(69), &json!("a list that lags"));
        assert_eq!(facts.listed, Some(json!("itself")));
        facts.show(at(70), &json!("a list that has settled"));
        assert_eq!(facts.listed, Some(json!("a list that has settled")));
    }

    #[test]
    fn of_another_add_on_nothing_is_kept() {
        let ids = |id: &str| Ids::from([("addon".to_owned(), id.to_owned())]);
        let mut facts = Facts::default();
        facts.about(Some(&ids("x1")));
        facts.outputs = Some(Map::new());
        facts.show(Duration::from_secs(10), &json!("x1"));
        facts.about(Some(&ids("x1")));
        assert!(facts.outputs.is_some());
        facts.about(Some(&ids("x2")));
        assert!(facts.outputs.is_none() && facts.listed.is_none());
    }
}
