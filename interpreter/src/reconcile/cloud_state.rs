//! Cloud state: the answers about one add-on, and the time up to which each is valid.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::exchange::{Context, Offers};
use crate::plan::Ids;

/// Cloud state of one add-on. It has no `Debug`, because it holds passwords.
#[derive(Default)]
pub struct CloudState {
    /// The add-on that the other fields are about.
    of: Option<Ids>,
    /// The offers against which the spec was judged.
    pub offers: Option<Judged>,
    /// The add-on, as shown by the last list or by the answer to its creation.
    pub listed: Option<Value>,
    /// The time at which the request behind `listed` was sent.
    listed_sent: Option<Duration>,
    /// The earliest time at which a list must have been sent to show the effect of the last change.
    pub listed_from: Duration,
    /// Further reads, by name.
    pub reads: BTreeMap<String, Value>,
    /// The time at which the oldest of `reads` was sent.
    pub observed: Option<Duration>,
    /// The outputs of the add-on.
    pub outputs: Option<Map<String, Value>>,
    /// The time at which the outputs were requested.
    pub outputs_sent: Option<Duration>,
    /// The add-on, as the last list showed it.
    shown: Option<Value>,
    /// The time of the last list or read that showed the add-on changed.
    pub changed: Option<Duration>,
}

/// The offers at the time when a generation of the spec was judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The spec's generation.
    pub generation: i64,
    /// The time at which the offers were requested.
    pub asked: Duration,
    /// The answer.
    pub offers: Arc<Offers>,
}

impl CloudState {
    /// Starts the state of a new add-on from the answer to its creation.
    pub fn made(&mut self, ids: &Ids, listed: Value) {
        *self = Self {
            of: Some(ids.clone()),
            offers: self.offers.take(),
            listed: Some(listed),
            ..Self::default()
        };
    }

    /// Switches to the add-on with these ids. Of another add-on only the offers are kept, and in particular
    /// not its outputs.
    pub fn about(&mut self, recorded: Option<&Ids>) {
        if let Some(ids) = recorded.filter(|ids| self.of.as_ref() != Some(ids)) {
            *self = Self { of: Some(ids.clone()), offers: self.offers.take(), ..Self::default() };
        }
    }

    /// Stores the add-on as an answer showed it whose request was sent at this time, unless a newer answer is
    /// stored already.
    pub fn show(&mut self, sent: Duration, listed: &Value) {
        if sent >= self.listed_from && self.listed_sent.is_none_or(|last| sent > last) {
            // Lists alone are compared with each other: another request may show the add-on in another form.
            if self.shown.as_ref().is_some_and(|shown| shown != listed) {
                self.changed = Some(sent);
            }
            self.shown = Some(listed.clone());
            (self.listed, self.listed_sent) = (Some(listed.clone()), Some(sent));
        }
    }

    /// Stores the reads of the add-on that were sent at this time.
    pub fn show_reads(&mut self, sent: Duration, reads: BTreeMap<String, Value>) {
        if self.observed.is_some() && self.reads != reads {
            self.changed = Some(sent);
        }
        (self.reads, self.observed) = (reads, Some(sent));
    }

    /// Stores the add-on as its own read showed it. Lists that were sent before `settled` may still show an
    /// older state.
    pub fn show_itself(&mut self, settled: Duration, listed: Option<Value>) {
        (self.listed, self.listed_sent) = (listed, None);
        self.listed_from = self.listed_from.max(settled);
    }

    /// Returns the context with all that was read.
    #[must_use]
    pub fn with(&self, context: Context) -> Context {
        let context =
            self.listed.iter().fold(context, |context, listed| context.with("listed", listed.clone()));
        let context =
            self.reads.iter().fold(context, |context, (name, read)| context.with(name, read.clone()));
        self.outputs
            .iter()
            .fold(context, |context, outputs| context.with("outputs", Value::Object(outputs.clone())))
    }

    /// Drops every answer that a change may have made outdated. If the list shows what it changes, lists that were
    /// sent before `settled` may still show an older state.
    pub fn forget(&mut self, settled: Duration, changes_listed: bool) {
        let (of, offers) = (self.of.take(), self.offers.take());
        let (listed, listed_sent, listed_from) = match changes_listed {
            true => (None, None, settled),
            false => (self.listed.take(), self.listed_sent, self.listed_from),
        };
        *self = Self { of, offers, listed, listed_sent, listed_from, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_newer_is_not_covered_by_what_is_older() {
        let at = Duration::from_secs;
        let mut cloud_state = CloudState::default();
        cloud_state.show(at(10), &json!("list"));
        cloud_state.show(at(12), &json!("asked for"));
        cloud_state.show(at(10), &json!("list"));
        assert_eq!(cloud_state.listed, Some(json!("asked for")));
        cloud_state.show_itself(at(70), Some(json!("itself")));
        cloud_state.show(at(69), &json!("a list that lags"));
        assert_eq!(cloud_state.listed, Some(json!("itself")));
        cloud_state.show(at(70), &json!("a list that has settled"));
        assert_eq!(cloud_state.listed, Some(json!("a list that has settled")));
    }

    #[test]
    fn of_another_add_on_nothing_is_kept() {
        let ids = |id: &str| Ids::from([("addon".to_owned(), id.to_owned())]);
        let mut cloud_state = CloudState::default();
        cloud_state.about(Some(&ids("x1")));
        cloud_state.outputs = Some(Map::new());
        cloud_state.show(Duration::from_secs(10), &json!("x1"));
        cloud_state.about(Some(&ids("x1")));
        assert!(cloud_state.outputs.is_some());
        cloud_state.about(Some(&ids("x2")));
        assert!(cloud_state.outputs.is_none() && cloud_state.listed.is_none());
    }
}
