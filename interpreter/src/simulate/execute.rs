//! The steps of a replayed pass: what is sent is noted, what was recorded is answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::{self, Request};
use crate::exchange::{self, Context, build};
use crate::plan::{Change, Heard, Listing, Operation, Plan, Progress, Read, RecordSight, Step};
use crate::reconcile;
use crate::reconcile::{Judged, Sought};
use crate::resource::{self, SecretDue};
use crate::simulate::reconcile::Pass;
use crate::simulate::types::Exchange;

/// What is sent.
struct Question<'a> {
    asked: &'a str,
    writes: bool,
    request: &'a Request,
    because: &'a str,
}

impl<'a> Pass<'a> {
    /// Does a step, and remembers what was heard of it.
    pub(super) fn execute(&mut self, plan: &Plan) {
        self.memory.starting(&plan.step, self.now);
        let heard = match &plan.step {
            Step::Read(read) => self.read(read, &plan.because),
            Step::Intend(record) | Step::Write(record) => {
                self.record = RecordSight::Ours(record.clone());
                Ok(Heard::Done)
            }
            Step::Create => self.create(&plan.because),
            Step::Change(change) => self.change(change, &plan.because),
            Step::ApplySecret => {
                if let SecretDue::Known(secret) = resource::secret_due(self.addon, &self.facts.with(self.known())) {
                    self.secret = Some(secret);
                }
                Ok(Heard::Done)
            }
            Step::Delete(_) | Step::AddFinalizer | Step::RemoveFinalizer | Step::Rest { .. } => Ok(Heard::Done),
        };
        match heard {
            Ok(heard) => self.memory.heard(&plan.step, &heard, self.now),
            Err(why) => self.stuck = Some(why),
        }
    }

    fn read(&mut self, read: &Read, because: &str) -> Result<Heard, String> {
        match read {
            Read::Live => Ok(Heard::Done),
            Read::Listing { .. } => self.list(because),
            Read::Offers => self.offers(because),
            Read::Get(_) => self.get(because),
            Read::Observed => self.observed(because),
            Read::Outputs => self.outputs(because),
            Read::Operation => self.operation(because),
        }
    }

    fn list(&mut self, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let Some(answer) = self.ask_read("list", &addon.list, because)? else { return Ok(Heard::NotFound) };
        let found = exchange::read(&addon.list, &answer).map_err(|why| why.to_string())?;
        let entries = exchange::entries(&addon.api.identity, &found).map_err(|why| why.to_string())?;
        let (name, ids) = (self.name(), self.ids());
        let sought = Sought { name: &name, ids: ids.as_ref(), status_id: None, provider: &addon.provider, holder: &|_| None };
        let (ours, shown) = reconcile::listing(&entries.listed, &sought);
        if let Some(raw) = shown {
            self.facts.show(self.now.mono, raw);
        }
        self.listing = Some(Listing { sent: self.now.mono, entries: ours, suspicious: false });
        Ok(Heard::Done)
    }

    fn offers(&mut self, because: &str) -> Result<Heard, String> {
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
        self.facts.offers = Some(Judged { generation: self.generation(), asked: self.now.mono, offers: Arc::new(offers) });
        Ok(Heard::Done)
    }

    fn get(&mut self, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let Some(get) = &addon.get else { return Err("the catalog has no `get` for this kind".into()) };
        if let Some(item) = self.found("get", get, because)? {
            self.facts.show(self.now.mono, &item);
        }
        Ok(Heard::Done)
    }

    fn observed(&mut self, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let mut reads = BTreeMap::new();
        for name in resource::reads_needed(addon) {
            let Some(read) = addon.reads.get(&name) else { continue };
            let found = self.found(&name, read, because)?;
            reads.insert(name, found.unwrap_or_default());
        }
        let open = resource::compares_listed(addon) && (self.facts.listed.is_none() || self.open().is_some());
        if let Some(get) = addon.get.as_ref().filter(|_| open) {
            let shown = self.found("get", get, because)?;
            self.facts.show_itself(self.now.mono + self.timing.settle, shown);
        }
        self.facts.reads = reads;
        self.facts.observed = Some(self.now.mono);
        Ok(Heard::Done)
    }

    fn outputs(&mut self, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let found = match &addon.outputs {
            Some(read) => self.found("outputs", read, because)?,
            None => None,
        };
        let outputs = found.and_then(|value| value.as_object().cloned()).unwrap_or_else(Map::new);
        self.facts.outputs = Some(outputs);
        Ok(Heard::Done)
    }

    fn operation(&mut self, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let Some(open) = self.open() else { return Ok(Heard::Progress(Progress::Absent)) };
        let Some(change) = addon.changes.get(&open.change) else { return Ok(Heard::Progress(Progress::Absent)) };
        let progress = match (&open.ids, &change.find, &change.follow) {
            (Some(ids), _, Some(follow)) => {
                let answer = self.ask_read(&format!("{} follow", change.name), follow, because)?;
                answer.map_or(Progress::Done, |answer| reconcile::followed(follow, &answer, ids))
            }
            (None, Some(find), _) => match self.ask_read(&format!("{} find", change.name), find, because)? {
                Some(answer) => reconcile::found(change, find, &answer).map_err(|why| why.to_string())?.unwrap_or(Progress::Absent),
                None => Progress::Absent,
            },
            (Some(_), _, None) => Progress::Done,
            (None, None, _) => Progress::Absent,
        };
        if matches!(progress, Progress::Done | Progress::Failed(_)) {
            self.facts.forget(self.now.mono + self.timing.settle);
        }
        Ok(Heard::Progress(progress))
    }

    fn create(&mut self, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let (request, item) = &addon.create;
        let answer = self.ask_write("create", request, because)?;
        let made = exchange::created(&addon.api.identity, item.as_ref(), &answer).map_err(|why| why.to_string())?;
        self.facts.made(&made.ids, made.raw);
        Ok(Heard::Created(made.ids))
    }

    fn change(&mut self, change: &Change, because: &str) -> Result<Heard, String> {
        let addon = self.addon;
        let Some(shape) = addon.changes.get(&change.name) else { return Ok(Heard::NotFound) };
        let answer = self.ask_write(&change.name, &shape.request, because)?;
        self.facts.forget(self.now.mono + self.timing.settle);
        if shape.keep.is_empty() {
            return Ok(Heard::Done);
        }
        reconcile::kept(shape, &answer).map(Heard::Changed).ok_or_else(|| format!("the answer to `{}` lacks an id", change.name))
    }

    fn open(&self) -> Option<Operation> {
        match &self.record {
            RecordSight::Ours(record) => record.operation.clone(),
            RecordSight::None | RecordSight::Foreign(..) | RecordSight::Unreadable(_) => None,
        }
    }

    /// What a read finds; none: there is nothing.
    fn found(&mut self, asked: &str, read: &'a catalog::Read, because: &str) -> Result<Option<Value>, String> {
        let Some(answer) = self.ask_read(asked, read, because)? else { return Ok(None) };
        Ok(exchange::read(read, &answer).map_err(|why| why.to_string())?.into_value())
    }

    fn ask_read(&mut self, asked: &str, read: &'a catalog::Read, because: &str) -> Result<Option<Value>, String> {
        let answer = self.cloud.answer(asked, &self.request_context());
        self.note(&Question { asked, writes: false, request: &read.request, because }, answer.clone().unwrap_or_default())?;
        answer
    }

    /// A write without a recorded answer is answered with nothing, which is enough where nothing is read from it.
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

    /// Notes a request before anything is made of its answer: what cannot be answered is shown all the same.
    fn note(&mut self, question: &Question, answer: Option<Value>) -> Result<(), String> {
        let sent = build(question.request, &self.addon.api, &self.request_context(), &self.endpoint()).map_err(|why| why.to_string())?;
        let Question { asked, writes, because, .. } = question;
        self.exchanges.push(Exchange { asked: (*asked).to_owned(), writes: *writes, because: (*because).to_owned(), sent, answer });
        Ok(())
    }

    /// What a request can name: the ids of a change that is under way, too.
    fn request_context(&self) -> Context {
        let own = self.open().and_then(|open| open.ids).unwrap_or_default();
        let ids: BTreeMap<_, _> = self.ids().into_iter().flatten().chain(own).collect();
        if ids.is_empty() { self.context() } else { self.context().with_ids(&ids) }
    }
}
