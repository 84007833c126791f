//! A pass that is rehearsed: it reads and plans as any other, and writes nothing. What it would write to the resource and to its Secret is
//! imagined, so that it comes as far as a real one; before anything that only a real one can do, it ends.

use std::collections::BTreeMap;

use interpreter::plan::{Heard, Ids, Plan, Reason, Record, Standing, Step};
use kube::api::DynamicObject;
use serde::Serialize;

use crate::engine::annotations;
use crate::engine::kind::cache_entry::SecretRead;
use crate::engine::reconcile::reconciliation::{MOST_STEPS, Pass};

/// What would become of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its add-on is there and as specified: it goes on.
    GoesOn,
    /// It goes on, and its add-on stays as it is, which is not what the spec says.
    Differs,
    /// It comes to a halt until a person does something.
    Stalls,
    /// Nothing can be said: cloud or cluster do not answer, or are not to be asked.
    Unknown,
    /// It gets an add-on of its own, because it has none.
    Makes,
    /// Its add-on is changed to what the spec says.
    Changes,
    /// It is being deleted already, and its add-on is deleted with it, if there is one.
    Deletes,
}

/// How its add-on is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// This operator worked on it before.
    Record,
    /// Its status names the add-on.
    Status,
    /// An add-on of its name is at the cloud.
    Name,
    /// It has none.
    Nowhere,
}

/// How a rehearsed pass ended.
#[derive(Debug)]
pub(crate) struct Rehearsed {
    pub(crate) addon: Option<String>,
    pub(crate) found: Found,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl Pass<'_> {
    /// Runs the pass as far as it can go without a write.
    pub(crate) async fn rehearse(mut self) -> Rehearsed {
        let (status, recorded) = (self.status_id(), self.recorded());
        let mut last = None;
        for _ in 0..MOST_STEPS {
            if self.observe_surroundings().await.is_err() {
                break;
            }
            let plan = self.next_plan().await;
            let goes_on = match &plan.step {
                Step::Read(_) => {
                    self.do_step(&plan).await;
                    true
                }
                Step::Write(record) => self.imagine_record(&plan, record),
                Step::ApplySecret => self.imagine_secret(&plan),
                Step::Intend(_)
                | Step::Create
                | Step::Delete(_)
                | Step::Change(_)
                | Step::AddFinalizer
                | Step::RemoveFinalizer
                | Step::Rest { .. } => false,
            };
            last = Some(plan);
            if !goes_on {
                break;
            }
        }
        let ids = self.recorded();
        let found = match (&recorded, &ids, &status) {
            (Some(_), _, _) => Found::Record,
            (None, Some(ids), Some(status)) if ids.values().any(|id| id == status) => Found::Status,
            (None, Some(_), _) => Found::Name,
            (None, None, Some(_)) => Found::Status,
            (None, None, None) => Found::Nowhere,
        };
        self.ended(last, first(ids.as_ref()).or(status), found)
    }

    fn ended(&self, last: Option<Plan>, addon: Option<String>, found: Found) -> Rehearsed {
        let Some(plan) = last else {
            let message =
                "the cluster does not say whether its definition is being deleted, or whether its namespace has credentials of its own"
                    .to_owned();
            return Rehearsed { addon, found, outcome: Outcome::Unknown, reason: Reason::ClusterUnavailable, message };
        };
        let outcome = match (&plan.step, plan.reason.standing()) {
            (Step::Intend(_) | Step::Create, _) => Outcome::Makes,
            (Step::Delete(_) | Step::RemoveFinalizer, _) => Outcome::Deletes,
            (Step::Change(_), _) => Outcome::Changes,
            (_, Standing::Stalled) => Outcome::Stalls,
            (_, Standing::Ready) if plan.reason == Reason::Adopted => Outcome::Differs,
            (_, Standing::Ready) => Outcome::GoesOn,
            (_, Standing::Reconciling) => Outcome::Unknown,
        };
        Rehearsed { addon, found, outcome, reason: plan.reason, message: plan.because }
    }

    fn imagine_record(&mut self, plan: &Plan, record: &Record) -> bool {
        // An operation is begun by its record; what it leads to is not to be had without it.
        if record.operation.is_some() {
            return false;
        }
        let Some(mut object) = self.object.as_deref().cloned() else { return false };
        note(&mut object, record);
        self.take(Some(object));
        self.imagined(plan);
        true
    }

    fn imagine_secret(&mut self, plan: &Plan) -> bool {
        let Some(secret) = self.imagined_secret() else { return false };
        self.dossier.secret = SecretRead::Ours(Box::new(secret));
        self.imagined(plan);
        true
    }

    fn imagined(&mut self, plan: &Plan) {
        let now = self.engine.clock.now();
        self.dossier.memory.starting(&plan.step, now);
        self.dossier.memory.heard(&plan.step, &Heard::Done, now);
    }
}

fn note(object: &mut DynamicObject, record: &Record) {
    let annotations: &mut BTreeMap<_, _> = object.metadata.annotations.get_or_insert_default();
    annotations.insert(annotations::RECORD.to_owned(), record.text());
}

fn first(ids: Option<&Ids>) -> Option<String> {
    ids.and_then(|ids| ids.values().next().cloned())
}
