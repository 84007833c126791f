//! Cloud reads of a reconciliation: list, offers, one add-on, compared values, outputs, progress of a change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{self, Addon};
use interpreter::exchange::{self, Entries, Found};
use interpreter::plan::{
    Ids, Listing, Location, ObservedRecord, Plan, Progress, Reason, StepOutcome, Target,
};
use interpreter::reconcile;
use interpreter::reconcile::{Judged, Sought};
use interpreter::resource;
use serde_json::{Map, Value};

use crate::engine::cloud_api::account_cache::{Account, ListKey, WholeList};
use crate::engine::cloud_api::client::{PermitSource, Question, unreadable};
use crate::engine::reconcile::reconciliation::Reconciliation;

/// Default age after which offers are read again.
pub(crate) const OFFERS_TTL: Duration = Duration::from_secs(3600);

impl Reconciliation<'_> {
    /// Reads a list of the account that was sent at `sent_after` or later, and keeps the entries that concern
    /// this resource.
    pub(crate) async fn list(&mut self, plan: &Plan, sent_after: Duration) -> Result<(), StepOutcome> {
        let permit_source = self.permit_source();
        let (account, key) = self.list_at(&plan.at)?;
        let access = self.access(&plan.at)?;
        let context = self.context(&plan.at, None);
        let addon = &self.controller.addon;
        let fetch = || async {
            let sent = self.engine.clock.now().mono;
            let question = Question {
                addon,
                operation: "list",
                writes: false,
                request: &addon.list.request,
                context: &context,
            };
            let answers = access.ask_pages(question, permit_source).await?;
            Ok((sent, entries(addon, &answers)?))
        };
        let whole = account.list(&key, sent_after, &self.engine.clock, fetch).await?;
        let cut = self.cut(&whole).inspect_err(|_| account.distrust(&key))?;
        self.cache_entry.listing = Some(cut);
        Ok(())
    }

    /// Takes the newest cached list of the resource's location: another resource may have requested it, or
    /// the location may have changed.
    pub(crate) fn adopt_newest_list(&mut self, target: &Target) {
        let resource = self.resource();
        let location = match resource.record {
            ObservedRecord::Ours(record) if record.is_vacant() && !resource.deleting => {
                target.location.clone()
            }
            ObservedRecord::Ours(record) => record.location(),
            ObservedRecord::Foreign(record) if record.ids.is_some() => record.location(),
            ObservedRecord::Foreign(_) | ObservedRecord::None | ObservedRecord::Unreadable(_) => {
                target.location.clone()
            }
        };
        if self.object.is_some() {
            let newest = self.list_at(&location).ok().and_then(|(account, key)| account.newest(&key));
            self.cache_entry.listing = newest.and_then(|whole| self.cut(&whole).ok());
        }
    }

    fn list_at(&self, location: &Location) -> Result<(Arc<Account>, ListKey), StepOutcome> {
        let access = self.access(location)?;
        let account = self.engine.accounts.of(location, &access.fingerprint);
        let addon = &self.controller.addon;
        let address = access.address(addon, &addon.list.request, &self.context(location, None))?;
        Ok((account, ListKey::new(address, addon)))
    }

    /// Reads the offers that this kind needs.
    pub(crate) async fn read_offers(&mut self, plan: &Plan) -> Result<(), StepOutcome> {
        let addon = &self.controller.addon;
        let mut answers = Vec::new();
        for offer in &addon.offers {
            let answer =
                if resource::needs_offer(addon, offer) { self.offer(plan, &offer.read).await? } else { None };
            answers.push(answer);
        }
        let offers = exchange::offered(addon, &answers).map_err(unreadable)?;
        let asked = self.engine.clock.now().mono;
        self.cache_entry.cloud_state.offers =
            Some(Judged { generation: self.generation(), asked, offers: Arc::new(offers) });
        Ok(())
    }

    /// Reads one offer, shared with all resources that use the same address.
    async fn offer(&self, plan: &Plan, read: &catalog::Read) -> Result<Option<Arc<Value>>, StepOutcome> {
        let access = self.access(&plan.at)?;
        let account = self.engine.accounts.of(&plan.at, &access.fingerprint);
        let address = access.address(&self.controller.addon, &read.request, &self.context(&plan.at, None))?;
        let fetch = || async {
            match self.read(plan, None, read).await {
                Ok(answer) => Ok(Some(answer)),
                Err(StepOutcome::NotFound) if read.may_be_missing => Ok(None),
                Err(StepOutcome::Rejected {
                    reason: Reason::Rejected | Reason::OrganisationNotFound,
                    ..
                }) if read.may_be_missing => Ok(None),
                Err(outcome) => Err(outcome),
            }
        };
        account.offer(&address, self.engine.clock.now().mono, read.fresh.unwrap_or(OFFERS_TTL), fetch).await
    }

    /// Reads the add-on by its own id.
    pub(crate) async fn get(&mut self, plan: &Plan, ids: &Ids) -> Result<(), StepOutcome> {
        let controller = self.controller.clone();
        // A list never proves absence, so an add-on of a kind without `get` never counts as vanished.
        let Some(get) = &controller.addon.get else {
            return Err(StepOutcome::Unavailable("the catalog has no `get` for this kind".into()));
        };
        let sent = self.engine.clock.now().mono;
        let answer = self.read(plan, Some(ids), get).await?;
        if let Found::Item(item) = exchange::read(get, &answer).map_err(unreadable)? {
            self.cache_entry.cloud_state.show(sent, &item);
        }
        Ok(())
    }

    /// Reads the values that are compared with the spec.
    pub(crate) async fn read_observed(&mut self, plan: &Plan) -> Result<(), StepOutcome> {
        let sent = self.engine.clock.now().mono;
        let controller = self.controller.clone();
        let ids = self.recorded();
        let mut reads = BTreeMap::new();
        for name in &controller.compared {
            let Some(read) = controller.addon.reads.get(name) else { continue };
            let answer = self.read(plan, ids.as_ref(), read).await?;
            let found = exchange::read(read, &answer).map_err(unreadable)?.into_value();
            reads.insert(name.clone(), found.unwrap_or_default());
        }
        let open = controller.compares_listed
            && (self.cache_entry.cloud_state.listed.is_none() || self.operation().is_some());
        if let Some((get, ids)) = controller.addon.get.as_ref().filter(|_| open).zip(ids) {
            // The last list may be older than a change whose answer was lost; then the change would be sent
            // again. After a change no list counts for a while: without this read, fields that the list shows
            // would not be compared, and an edit would count as done without being sent.
            let answer = self.read(plan, Some(&ids), get).await?;
            let shown = exchange::read(get, &answer).map_err(unreadable)?.into_value();
            self.cache_entry.cloud_state.show_itself(sent + controller.timing.list_lag, shown);
        }
        self.cache_entry.cloud_state.reads = reads;
        self.cache_entry.cloud_state.observed = Some(sent);
        Ok(())
    }

    /// Reads the add-on's outputs.
    pub(crate) async fn read_outputs(&mut self, plan: &Plan) -> Result<(), StepOutcome> {
        let controller = self.controller.clone();
        let ids = self.recorded();
        let outputs = match &controller.addon.outputs {
            None => Map::new(),
            Some(read) => {
                let answer = self.read(plan, ids.as_ref(), read).await?;
                match exchange::read(read, &answer).map_err(unreadable)?.into_value() {
                    Some(Value::Object(outputs)) => outputs,
                    Some(_) | None => Map::new(),
                }
            }
        };
        self.cache_entry.cloud_state.outputs = Some(outputs);
        Ok(())
    }

    /// Reads the progress of the recorded change: searches for it when the record has no ids of it, otherwise
    /// follows it by them.
    pub(crate) async fn read_operation(&mut self, plan: &Plan) -> StepOutcome {
        let progress = self.progress(plan).await;
        if matches!(progress, Ok(Progress::Done | Progress::Failed(_))) {
            self.forget_cloud_state();
        }
        progress.map_or_else(|outcome| outcome, StepOutcome::Progress)
    }

    /// Drops the cloud state after a change: values read before are outdated, and a list may lag for a while.
    pub(crate) fn forget_cloud_state(&mut self) {
        let settled = self.engine.clock.now().mono + self.controller.timing.list_lag;
        self.cache_entry.cloud_state.forget(settled);
    }

    async fn progress(&self, plan: &Plan) -> Result<Progress, StepOutcome> {
        let Some(operation) = self.operation() else { return Ok(Progress::Absent) };
        let controller = self.controller.clone();
        let Some(change) = controller.addon.changes.get(&operation.change) else {
            return Ok(Progress::Failed(format!(
                "the catalog has no change `{}` any more",
                operation.change
            )));
        };
        let mut ids = self.recorded().unwrap_or_default();
        match (&operation.ids, &change.find, &change.follow) {
            (Some(own), _, Some(follow)) => {
                ids.extend(own.clone());
                let answer = self.read(plan, Some(&ids), follow).await?;
                Ok(reconcile::followed(follow, &answer, own))
            }
            (None, Some(find), _) => {
                let answer = self.read(plan, Some(&ids), find).await?;
                let lost = || {
                    StepOutcome::Unavailable(format!(
                        "the answer shows the change `{}` without its id",
                        change.name
                    ))
                };
                reconcile::found(change, find, &answer).map_err(unreadable)?.ok_or_else(lost)
            }
            (Some(_), _, None) => Ok(Progress::Done),
            (None, None, _) => Ok(Progress::Absent),
        }
    }

    async fn read(&self, plan: &Plan, ids: Option<&Ids>, read: &catalog::Read) -> Result<Value, StepOutcome> {
        let access = self.access(&plan.at)?;
        let context = self.context(&plan.at, ids);
        let question = Question {
            addon: &self.controller.addon,
            operation: &read.name,
            writes: false,
            request: &read.request,
            context: &context,
        };
        access.ask(question, PermitSource::Queue(self.priority)).await
    }

    /// Reduces a list to the entries with the resource's own name or with an id from the record or the
    /// status.
    fn cut(&mut self, whole: &WholeList) -> Result<Listing, StepOutcome> {
        let name = self.name();
        if whole.unreadable.contains(&name) {
            return Err(StepOutcome::Unavailable(format!("the list shows `{name}` without its id")));
        }
        let recorded = self.named();
        let status = self.status_id();
        let addon = &self.controller.addon;
        let holder = |name: &str| self.engine.holder_by_name(&addon.api.name, name, &self.object_ref.uid);
        let (ids, status_id) = (recorded.as_ref(), status.as_deref());
        let sought = Sought { name: &name, ids, status_id, provider: &addon.provider, holder: &holder };
        let (entries, shown) = reconcile::listing(&whole.listed, &sought);
        if let Some(raw) = shown {
            self.cache_entry.cloud_state.show(whole.sent, raw);
        }
        Ok(Listing { sent: whole.sent, entries, suspicious: whole.suspicious })
    }
}

fn entries(addon: &Addon, answers: &[Value]) -> Result<Entries, StepOutcome> {
    let mut all = Entries::default();
    for answer in answers {
        let found = exchange::read(&addon.list, answer).map_err(unreadable)?;
        let page = exchange::entries(&addon.api.identity, &found).map_err(unreadable)?;
        all.listed.extend(page.listed);
        all.unreadable.extend(page.unreadable);
    }
    Ok(all)
}
