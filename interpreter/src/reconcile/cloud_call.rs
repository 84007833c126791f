//! Codec of the steps at the cloud: the requests of a step, by the catalog, and the outcome of their answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::catalog;
use crate::exchange::{self, Context, Found};
use crate::plan::{Change, DesiredState, Plan, Progress, Read, Step, StepOutcome, is_same_sent};
use crate::reconcile::ManagedKind;
use crate::reconcile::cloud_request::{Answer, AnswerCache, CloudRequest, unreadable};
use crate::reconcile::cloud_state::Judged;
use crate::reconcile::desired::OFFERS_TTL;
use crate::reconcile::observations::{Lookup, Observations, Observed, given};
use crate::reconcile::progress::{followed, found, kept};
use crate::resource;

/// The requests of one step at the cloud, sent one after the other.
pub struct CloudCall<'a> {
    kind: &'a ManagedKind,
    step: &'a Step,
    context: Context,
    /// The change of the step, or of the operation that the step follows.
    change: Option<&'a catalog::Change>,
    pending: VecDeque<CloudRequest<'a>>,
    answers: Vec<Answer>,
    /// The outcome that no answer is needed for, or the refusal that has ended the call.
    ended: Option<StepOutcome>,
    sent: Option<Duration>,
}

impl<'a> CloudCall<'a> {
    /// Returns the requests of the plan's step; `None` if the step is none at the cloud.
    pub fn new(
        kind: &'a ManagedKind,
        plan: &'a Plan,
        observed: &Observed,
        observations: &Observations,
    ) -> Option<Self> {
        let record = observed.subject.record();
        let ids = record.and_then(|record| record.ids.clone());
        let operation = record.and_then(|record| record.operation.as_ref());
        let addon = kind.addon.as_ref();
        let mut change = None;
        let mut all_ids = None;
        let mut ended = None;
        let mut pending = VecDeque::new();
        match &plan.step {
            Step::Read(Read::Listing { sent_after }) => {
                let cache = AnswerCache::List { sent_after: *sent_after };
                pending.push_back(CloudRequest { cache, ..CloudRequest::read(&addon.list) });
            }
            Step::Read(Read::Marks { sent_after }) => {
                let cache = AnswerCache::Marks { sent_after: *sent_after };
                let list =
                    addon.api.identity.mark.as_ref().map(|mark| mark.list.as_ref().unwrap_or(&addon.list));
                pending.extend(list.map(|list| CloudRequest { cache, ..CloudRequest::read(list) }));
            }
            Step::Mark(change) => {
                all_ids = Some(change.ids.clone());
                if let Some(mark) = &addon.api.identity.mark {
                    let send = |operation, request, text: &'a String| CloudRequest {
                        mark: Some(text),
                        ..CloudRequest::write(operation, request)
                    };
                    // A crash in between leaves both marks, of which the new one counts.
                    pending.extend(change.add.iter().map(|text| send("mark", &mark.add, text)));
                    pending.extend(change.remove.iter().map(|text| send("unmark", &mark.remove, text)));
                }
            }
            Step::Read(Read::Offers) if observed.inputs.target.account_unknown => {
                let read = addon.api.accounts.as_ref().map(|accounts| &accounts.read);
                pending.extend(read.map(|read| {
                    let cache = AnswerCache::Accounts { fresh: read.fresh.unwrap_or(OFFERS_TTL) };
                    CloudRequest { cache, ..CloudRequest::read(read) }
                }));
            }
            Step::Read(Read::Offers) => {
                let needed = |(index, offer): (usize, &'a catalog::Offer)| {
                    let fresh = offer.read.fresh.unwrap_or(OFFERS_TTL);
                    let cache = AnswerCache::Offer { index, fresh };
                    resource::needs_offer(addon, offer)
                        .then(|| CloudRequest { cache, ..CloudRequest::optional(&offer.read) })
                };
                pending.extend(addon.offers.iter().enumerate().filter_map(needed));
            }
            Step::Read(Read::Get(of)) => {
                all_ids = Some(of.clone());
                match &addon.get {
                    Some(get) => pending.push_back(CloudRequest::read(get)),
                    // A list never proves absence, so an add-on of a kind without `get` never counts as
                    // vanished.
                    None => ended = Some(unavailable("the catalog has no `get` for this kind")),
                }
            }
            Step::Read(Read::Observed) => {
                all_ids = ids;
                let compared = kind.compared.iter().filter_map(|name| addon.reads.get(name));
                pending.extend(compared.map(CloudRequest::optional));
                // The last list may be older than a change whose answer was lost, or than one of another process: then
                // the change would be sent again, or reported as a drift. After a change no list counts for a while:
                // without this read, fields that the list shows would not be compared, and an edit would count as done
                // without being sent.
                let differs = match &observed.inputs.desired_state {
                    DesiredState::Clear { changes, remembered, .. } => {
                        let sent = record.and_then(|record| record.sent.as_ref());
                        !changes.is_empty() || !is_same_sent(sent, remembered.current.as_ref())
                    }
                    DesiredState::Unknown | DesiredState::Refused { .. } => false,
                };
                let open = observations.cloud_state.listed.is_none() || operation.is_some() || differs;
                let get = addon.get.as_ref().filter(|_| kind.compares_listed && open && all_ids.is_some());
                pending.extend(get.map(CloudRequest::read));
            }
            Step::Read(Read::Outputs) => {
                all_ids = ids;
                pending.extend(addon.outputs.as_ref().map(CloudRequest::read));
            }
            Step::Read(Read::Operation) => {
                let own = operation.and_then(|operation| operation.ids.clone());
                all_ids = Some(ids.into_iter().flatten().chain(own.clone().into_iter().flatten()).collect());
                change = operation.and_then(|operation| addon.changes.get(&operation.change));
                match (operation, change) {
                    (None, _) => ended = Some(StepOutcome::Progress(Progress::Absent)),
                    (Some(operation), None) => {
                        let why = format!("the catalog has no change `{}` any more", operation.change);
                        ended = Some(StepOutcome::Progress(Progress::Failed(why)));
                    }
                    (Some(_), Some(change)) => {
                        let read = if own.is_some() { &change.follow } else { &change.find };
                        let of =
                            |read| CloudRequest { change: Some(&change.name), ..CloudRequest::read(read) };
                        pending.extend(read.as_ref().map(of));
                    }
                }
            }
            Step::Create => pending.push_back(CloudRequest::write("create", &addon.create.0)),
            Step::Delete(of) => {
                all_ids = Some(of.clone());
                pending.push_back(CloudRequest::write("delete", &addon.delete));
            }
            Step::Change(Change { name, .. }) => {
                all_ids = ids;
                change = addon.changes.get(name);
                match change {
                    Some(change) => pending.push_back(CloudRequest::write(&change.name, &change.request)),
                    None => ended = Some(StepOutcome::NotFound),
                }
            }
            Step::Read(Read::Live)
            | Step::Intend(_)
            | Step::Write(_)
            | Step::AddFinalizer
            | Step::RemoveFinalizer(_)
            | Step::ReportLeftover(_)
            | Step::ApplySecret
            | Step::Rest { .. } => return None,
        }
        let given = given(&observed.subject, observed.desired.as_deref());
        let context = observations.request_context(kind, given, &plan.at, all_ids.as_ref());
        let context = match (&plan.step, change) {
            (Step::Change(_), Some(change)) => resource::with_kept_values(addon, change, context),
            _ => context,
        };
        let step = &plan.step;
        Some(Self { kind, step, context, change, pending, answers: Vec::new(), ended, sent: None })
    }

    /// The values that the expressions of the requests can name.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Returns the next request; `None` after the last one, or after a refusal.
    pub fn next(&mut self, now: Duration) -> Option<CloudRequest<'a>> {
        self.sent.get_or_insert(now);
        let request = self.pending.pop_front()?;
        if let Some(mark) = request.mark {
            self.context = std::mem::take(&mut self.context).with("mark", mark.into());
        }
        Some(request)
    }

    /// Takes the answer to the last request.
    pub fn answer(&mut self, request: &CloudRequest<'_>, answer: Result<Answer, StepOutcome>) {
        match answer {
            Ok(answer) => self.answers.push(answer),
            Err(outcome) if request.accepts(&outcome) => self.answers.push(Answer::Shared(None)),
            Err(outcome) => {
                self.ended = Some(outcome);
                self.pending.clear();
            }
        }
    }

    /// Interprets the answers: updates the observations, and returns the outcome of the step.
    pub fn finish(
        self,
        observed: &Observed,
        observations: &mut Observations,
        lookup: &dyn Lookup,
        now: Duration,
    ) -> StepOutcome {
        let (step, settled) = (self.step, now + self.kind.timing.list_lag);
        let changes_listed =
            self.change.is_none_or(|change| resource::changes_listed(&self.kind.addon, &change.name));
        let outcome = self.interpret(observed, observations, lookup).unwrap_or_else(|outcome| outcome);
        let changed = match (step, &outcome) {
            (
                Step::Change(_),
                StepOutcome::Unsent(_) | StepOutcome::Throttled { .. } | StepOutcome::Rejected { .. },
            ) => false,
            (Step::Change(_), _) => true,
            (_, StepOutcome::Progress(Progress::Done | Progress::Failed(_))) => true,
            _ => false,
        };
        if changed {
            // Values read before are outdated, and a list may lag for a while.
            observations.cloud_state.forget(settled, changes_listed);
        }
        outcome
    }

    fn interpret(
        mut self,
        observed: &Observed,
        observations: &mut Observations,
        lookup: &dyn Lookup,
    ) -> Result<StepOutcome, StepOutcome> {
        if let Some(outcome) = self.ended.take() {
            return Err(outcome);
        }
        let (kind, sent) = (self.kind, self.sent.unwrap_or_default());
        let addon = kind.addon.as_ref();
        let cloud_state = &mut observations.cloud_state;
        match self.step {
            Step::Read(Read::Listing { .. }) => {
                let Some(Answer::List(whole)) = self.answers.pop() else { return Err(unanswered()) };
                let cut = observations.cut(&observed.subject, &whole, lookup);
                observations.listing = Some(cut.map_err(StepOutcome::Unavailable)?);
            }
            Step::Read(Read::Offers) if observed.inputs.target.account_unknown => {
                let accounts = addon.api.accounts.as_ref().ok_or_else(unanswered)?;
                let answer = self.answers.pop().and_then(Answer::into_shared).ok_or_else(unanswered)?;
                let seen = exchange::accounts(accounts, &answer).map_err(unreadable)?;
                observations.take_accounts(observed, sent, seen);
            }
            Step::Read(Read::Offers) => {
                let mut answers = self.answers.into_iter().map(Answer::into_shared);
                let needed = |offer| resource::needs_offer(addon, offer);
                let all: Vec<_> = addon
                    .offers
                    .iter()
                    .map(|offer| if needed(offer) { answers.next().flatten() } else { None })
                    .collect();
                let offers = Arc::new(exchange::offered(addon, &all).map_err(unreadable)?);
                let generation = observed.subject.resource.generation;
                cloud_state.offers = Some(Judged { generation, asked: sent, offers });
            }
            Step::Read(Read::Get(_)) => {
                let get = addon.get.as_ref().ok_or_else(unanswered)?;
                if let Found::Item(item) = self.read(get)? {
                    cloud_state.show(sent, &item);
                }
            }
            Step::Read(Read::Observed) => {
                let mut answers = std::mem::take(&mut self.answers).into_iter();
                let mut reads = BTreeMap::new();
                for (name, read) in kind.compared.iter().filter_map(|name| addon.reads.get_key_value(name)) {
                    let found = value(read, answers.next())?.into_value();
                    reads.insert(name.clone(), found.unwrap_or_default());
                }
                if let (Some(get), Some(answer)) = (&addon.get, answers.next()) {
                    let shown = value(get, Some(answer))?.into_value();
                    cloud_state.show_itself(sent + kind.timing.list_lag, shown);
                }
                cloud_state.show_reads(sent, reads);
            }
            Step::Read(Read::Outputs) => {
                let found = match &addon.outputs {
                    Some(read) => self.read(read)?.into_value(),
                    None => None,
                };
                cloud_state.outputs_sent = Some(sent);
                cloud_state.outputs = Some(match found {
                    Some(Value::Object(outputs)) => outputs,
                    Some(_) | None => Map::new(),
                });
            }
            Step::Read(Read::Operation) => return self.progress(observed).map(StepOutcome::Progress),
            Step::Create => {
                let Some(Answer::Body(answer)) = self.answers.pop() else { return Err(unanswered()) };
                // After a success that cannot be read, an add-on exists whose ids are unknown.
                let made = exchange::created(&addon.api.identity, addon.create.1.as_ref(), &answer)
                    .map_err(|why| StepOutcome::Ambiguous(why.to_string()))?;
                cloud_state.made(&made.ids, made.raw);
                return Ok(StepOutcome::Created(made.ids));
            }
            Step::Change(change) => return self.changed(&change.name),
            Step::Read(Read::Marks { .. }) => {
                let Some(Answer::Marks(whole)) = self.answers.pop() else { return Err(unanswered()) };
                observations.marks = Some(whole);
            }
            Step::Read(Read::Live)
            | Step::Delete(_)
            | Step::Mark(_)
            | Step::Intend(_)
            | Step::Write(_)
            | Step::AddFinalizer
            | Step::RemoveFinalizer(_)
            | Step::ReportLeftover(_)
            | Step::ApplySecret
            | Step::Rest { .. } => {}
        }
        Ok(StepOutcome::Done)
    }

    fn progress(mut self, observed: &Observed) -> Result<Progress, StepOutcome> {
        let operation = observed.subject.record().and_then(|record| record.operation.as_ref());
        let own = operation.and_then(|operation| operation.ids.as_ref());
        let (Some(change), Some(answer)) = (self.change, self.answers.pop()) else {
            // The change is neither followed nor found.
            return Ok(if own.is_some() { Progress::Done } else { Progress::Absent });
        };
        match (own, &change.follow, &change.find, answer.into_shared()) {
            (Some(own), Some(follow), _, Some(answer)) => Ok(followed(follow, &answer, own)),
            (None, _, Some(find), Some(answer)) => {
                let lost =
                    || unavailable(&format!("the answer shows the change `{}` without its id", change.name));
                found(change, find, &answer).map_err(unreadable)?.ok_or_else(lost)
            }
            (Some(_), ..) => Ok(Progress::Done),
            (None, ..) => Ok(Progress::Absent),
        }
    }

    fn changed(mut self, name: &str) -> Result<StepOutcome, StepOutcome> {
        let change = self.change.filter(|change| !change.keep.is_empty());
        let (Some(change), Some(Answer::Body(answer))) = (change, self.answers.pop()) else {
            return Ok(StepOutcome::Done);
        };
        // A success without the id of the started operation: it runs, but cannot be followed.
        let lost = || StepOutcome::Ambiguous(format!("the answer to `{name}` has no id"));
        kept(change, &answer).map(StepOutcome::Changed).ok_or_else(lost)
    }

    fn read(&mut self, read: &catalog::Read) -> Result<Found, StepOutcome> {
        value(read, self.answers.pop())
    }
}

fn value(read: &catalog::Read, answer: Option<Answer>) -> Result<Found, StepOutcome> {
    match answer.ok_or_else(unanswered)?.into_shared() {
        Some(body) => exchange::read(read, &body).map_err(unreadable),
        None => Ok(Found::Nothing),
    }
}

fn unavailable(why: &str) -> StepOutcome {
    StepOutcome::Unavailable(why.to_owned())
}

fn unanswered() -> StepOutcome {
    unavailable("the request was not answered")
}
