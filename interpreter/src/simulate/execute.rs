//! The steps of a simulated reconciliation: adds each request to the result, and answers it with the recorded
//! answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::{self, Request};
use crate::exchange::{self, Context, build};
use crate::plan::{Change, Listing, ObservedRecord, Operation, Plan, Progress, Read, Step, StepOutcome};
use crate::reconcile;
use crate::reconcile::{Judged, Sought};
use crate::resource::{self, SecretDue};
use crate::simulate::reconcile::Reconciliation;
use crate::simulate::types::Exchange;

/// A request for the result of the simulation.
struct Question<'a> {
    asked: &'a str,
    writes: bool,
    request: &'a Request,
    because: &'a str,
}

impl<'a> Reconciliation<'a> {
    /// Executes a step, and updates the memory with its outcome.
    pub(super) fn execute(&mut self, plan: &Plan) {
        self.memory.starting(&plan.step, self.now);
        let outcome = match &plan.step {
            Step::Read(read) => self.read(read, &plan.because),
            Step::Intend(record) | Step::Write(record) => {
                self.record = ObservedRecord::Ours(record.clone());
                Ok(StepOutcome::Done)
            }
            Step::Create => self.create(&plan.because),
            Step::Change(change) => self.change(change, &plan.because),
            Step::ApplySecret => {
                if let SecretDue::Known(secret) =
                    resource::secret_due(self.addon, &self.cloud_state.with(self.known()))
                {
                    self.secret = Some(secret);
                }
                Ok(StepOutcome::Done)
            }
            Step::Delete(_) | Step::AddFinalizer | Step::RemoveFinalizer | Step::Rest { .. } => {
                Ok(StepOutcome::Done)
            }
        };
        match outcome {
            Ok(outcome) => self.memory.outcome(&plan.step, &outcome, self.now),
            Err(why) => self.stuck = Some(why),
        }
    }

    fn read(&mut self, read: &Read, because: &str) -> Result<StepOutcome, String> {
        match read {
            Read::Live => Ok(StepOutcome::Done),
            Read::Listing { .. } => self.list(because),
            Read::Offers => self.offers(because),
            Read::Get(_) => self.get(because),
            Read::Observed => self.observed(because),
            Read::Outputs => self.outputs(because),
            Read::Operation => self.operation(because),
        }
    }

    fn list(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let Some(answer) = self.ask_read("list", &addon.list, because)? else {
            return Ok(StepOutcome::NotFound);
        };
        let found = exchange::read(&addon.list, &answer).map_err(|why| why.to_string())?;
        let entries = exchange::entries(&addon.api.identity, &found).map_err(|why| why.to_string())?;
        let (name, ids) = (self.name(), self.ids());
        let sought = Sought {
            name: &name,
            ids: ids.as_ref(),
            status_id: None,
            provider: &addon.provider,
            holder: &|_| None,
        };
        let (ours, shown) = reconcile::listing(&entries.listed, &sought);
        if let Some(raw) = shown {
            self.cloud_state.show(self.now.mono, raw);
        }
        self.listing = Some(Listing { sent: self.now.mono, entries: ours, suspicious: false });
        Ok(StepOutcome::Done)
    }

    fn offers(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let mut answers = Vec::new();
        for (index, offer) in addon.offers.iter().enumerate() {
            if !resource::needs_offer(addon, offer) {
                answers.push(None);
                continue;
            }
            let answer = self.cloud.offer(index, &self.context());
            let question = Question { asked: "offers", writes: false, request: &offer.read.request, because };
            self.note(&question, answer.clone().unwrap_or_default())?;
            answers.push(answer?);
        }
        let offers = exchange::offered(addon, &answers).map_err(|why| why.to_string())?;
        self.cloud_state.offers =
            Some(Judged { generation: self.generation(), asked: self.now.mono, offers: Arc::new(offers) });
        Ok(StepOutcome::Done)
    }

    fn get(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let Some(get) = &addon.get else { return Err("the catalog has no `get` for this kind".into()) };
        if let Some(item) = self.found("get", get, because)? {
            self.cloud_state.show(self.now.mono, &item);
        }
        Ok(StepOutcome::Done)
    }

    fn observed(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let mut reads = BTreeMap::new();
        for name in resource::reads_needed(addon) {
            let Some(read) = addon.reads.get(&name) else { continue };
            let found = self.found(&name, read, because)?;
            reads.insert(name, found.unwrap_or_default());
        }
        let open =
            resource::compares_listed(addon) && (self.cloud_state.listed.is_none() || self.open().is_some());
        if let Some(get) = addon.get.as_ref().filter(|_| open) {
            let shown = self.found("get", get, because)?;
            self.cloud_state.show_itself(self.now.mono + self.timing.list_lag, shown);
        }
        self.cloud_state.reads = reads;
        self.cloud_state.observed = Some(self.now.mono);
        Ok(StepOutcome::Done)
    }

    fn outputs(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let found = match &addon.outputs {
            Some(read) => self.found("outputs", read, because)?,
            None => None,
        };
        let outputs = found.and_then(|value| value.as_object().cloned()).unwrap_or_else(Map::new);
        self.cloud_state.outputs = Some(outputs);
        Ok(StepOutcome::Done)
    }

    fn operation(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let Some(open) = self.open() else { return Ok(StepOutcome::Progress(Progress::Absent)) };
        let Some(change) = addon.changes.get(&open.change) else {
            return Ok(StepOutcome::Progress(Progress::Absent));
        };
        let progress = match (&open.ids, &change.find, &change.follow) {
            (Some(ids), _, Some(follow)) => {
                let answer = self.ask_read(&format!("{} follow", change.name), follow, because)?;
                answer.map_or(Progress::Done, |answer| reconcile::followed(follow, &answer, ids))
            }
            (None, Some(find), _) => match self.ask_read(&format!("{} find", change.name), find, because)? {
                Some(answer) => reconcile::found(change, find, &answer)
                    .map_err(|why| why.to_string())?
                    .unwrap_or(Progress::Absent),
                None => Progress::Absent,
            },
            (Some(_), _, None) => Progress::Done,
            (None, None, _) => Progress::Absent,
        };
        if matches!(progress, Progress::Done | Progress::Failed(_)) {
            self.cloud_state.forget(self.now.mono + self.timing.list_lag);
        }
        Ok(StepOutcome::Progress(progress))
    }

    fn create(&mut self, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let (request, item) = &addon.create;
        let answer = self.ask_write("create", request, because)?;
        let made =
            exchange::created(&addon.api.identity, item.as_ref(), &answer).map_err(|why| why.to_string())?;
        self.cloud_state.made(&made.ids, made.raw);
        Ok(StepOutcome::Created(made.ids))
    }

    fn change(&mut self, change: &Change, because: &str) -> Result<StepOutcome, String> {
        let addon = self.addon;
        let Some(shape) = addon.changes.get(&change.name) else { return Ok(StepOutcome::NotFound) };
        let answer = self.ask_write(&change.name, &shape.request, because)?;
        self.cloud_state.forget(self.now.mono + self.timing.list_lag);
        if shape.keep.is_empty() {
            return Ok(StepOutcome::Done);
        }
        reconcile::kept(shape, &answer)
            .map(StepOutcome::Changed)
            .ok_or_else(|| format!("the answer to `{}` lacks an id", change.name))
    }

    fn open(&self) -> Option<Operation> {
        match &self.record {
            ObservedRecord::Ours(record) => record.operation.clone(),
            ObservedRecord::None | ObservedRecord::Foreign(..) | ObservedRecord::Unreadable(_) => None,
        }
    }

    /// Returns the value that a read finds; `None` if it finds nothing.
    fn found(
        &mut self,
        asked: &str,
        read: &'a catalog::Read,
        because: &str,
    ) -> Result<Option<Value>, String> {
        let Some(answer) = self.ask_read(asked, read, because)? else { return Ok(None) };
        Ok(exchange::read(read, &answer).map_err(|why| why.to_string())?.into_value())
    }

    fn ask_read(
        &mut self,
        asked: &str,
        read: &'a catalog::Read,
        because: &str,
    ) -> Result<Option<Value>, String> {
        let answer = self.cloud.answer(asked, &self.request_context());
        self.note(
            &Question { asked, writes: false, request: &read.request, because },
            answer.clone().unwrap_or_default(),
        )?;
        answer
    }

    /// Sends a write. Without a recorded answer the answer is empty, which is enough where nothing is read
    /// from it; a creation needs one.
    fn ask_write(&mut self, asked: &str, request: &'a Request, because: &str) -> Result<Value, String> {
        let context = self.request_context();
        self.cloud.take(asked, &context);
        let answer = self.cloud.answer(asked, &context);
        self.note(&Question { asked, writes: true, request, because }, answer.clone().unwrap_or_default())?;
        match answer {
            Err(why) if asked == "create" => Err(why),
            answer => Ok(answer.ok().flatten().unwrap_or_default()),
        }
    }

    /// Adds a request to the result before its answer is used, so that a request without a usable answer is
    /// shown too.
    fn note(&mut self, question: &Question, answer: Option<Value>) -> Result<(), String> {
        let sent = build(question.request, &self.addon.api, &self.request_context(), &self.endpoint())
            .map_err(|why| why.to_string())?;
        let Question { asked, writes, because, .. } = question;
        self.exchanges.push(Exchange {
            asked: (*asked).to_owned(),
            writes: *writes,
            because: (*because).to_owned(),
            sent,
            answer,
        });
        Ok(())
    }

    /// The values that a request can name, including the ids of a change in progress.
    fn request_context(&self) -> Context {
        let own = self.open().and_then(|open| open.ids).unwrap_or_default();
        let ids: BTreeMap<_, _> = self.ids().into_iter().flatten().chain(own).collect();
        if ids.is_empty() { self.context() } else { self.context().with_ids(&ids) }
    }
}
