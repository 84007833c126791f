//! What was read at the cloud about one add-on, and how long each of it may be believed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::exchange::{Context, Offers};
use crate::plan::Ids;

/// What was read at the cloud about one add-on. It has no `Debug`: it holds passwords.
#[derive(Default)]
pub struct Facts {
    /// The add-on that all the others are about.
    of: Option<Ids>,
    /// What is offered, as the spec was judged by it.
    pub offers: Option<Judged>,
    /// The add-on, as the last list or the answer to its creation showed it.
    pub listed: Option<Value>,
    /// When the request was sent whose answer showed that.
    listed_sent: Option<Duration>,
    /// Since a change was sent, only a list that was sent then or later shows what became of it.
    pub listed_from: Duration,
    /// Further reads by name, and when the oldest of them was sent.
    pub reads: BTreeMap<String, Value>,
    /// When `reads` were made.
    pub observed: Option<Duration>,
    /// What the add-on gives.
    pub outputs: Option<Map<String, Value>>,
}

/// What was offered when a generation of the spec was judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The spec's generation.
    pub generation: i64,
    /// When it was asked.
    pub asked: Duration,
    /// The answer.
    pub offers: Arc<Offers>,
}

impl Facts {
    /// What the answer to a creation showed of what was made.
    pub fn made(&mut self, ids: &Ids, listed: Value) {
        *self = Self { of: Some(ids.clone()), offers: self.offers.take(), listed: Some(listed), ..Self::default() };
    }

    /// The facts are about this add-on from now on: of another one nothing is kept, least of all its outputs.
    pub fn about(&mut self, recorded: Option<&Ids>) {
        if let Some(ids) = recorded.filter(|ids| self.of.as_ref() != Some(ids)) {
            *self = Self { of: Some(ids.clone()), offers: self.offers.take(), ..Self::default() };
        }
    }

    /// Takes what the cloud showed of the add-on in an answer to a request that was sent then, unless a newer answer showed it already.
    pub fn show(&mut self, sent: Duration, listed: &Value) {
        if sent >= self.listed_from && self.listed_sent.is_none_or(|last| sent > last) {
            (self.listed, self.listed_sent) = (Some(listed.clone()), Some(sent));
        }
    }

    /// Takes what the add-on showed of itself: lists that are sent before `settled` may still be as it was before.
    pub fn show_itself(&mut self, settled: Duration, listed: Option<Value>) {
        (self.listed, self.listed_sent) = (listed, None);
        self.listed_from = self.listed_from.max(settled);
    }

    /// A context with all of it.
    #[must_use]
    pub fn with(&self, context: Context) -> Context {
        let context = self.listed.iter().fold(context, |context, listed| context.with("listed", listed.clone()));
        let context = self.reads.iter().fold(context, |context, (name, read)| context.with(name, read.clone()));
        self.outputs.iter().fold(context, |context, outputs| context.with("outputs", Value::Object(outputs.clone())))
    }

    /// Forgets all that a change may have made untrue; what is read before `settled` may still be as it was.
    pub fn forget(&mut self, settled: Duration) {
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
