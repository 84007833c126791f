//! The reads of the cloud that a plan asks for: list, offers, one add-on, what is compared, what is handed back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{self, Addon};
use interpreter::exchange::{self, Entries, Found};
use interpreter::plan::{Heard, Home, Ids, Listing, Place, Plan, Progress, Reason, RecordSight};
use interpreter::reconcile;
use interpreter::reconcile::{Judged, Sought};
use interpreter::resource;
use serde_json::{Map, Value};

use crate::engine::cloud_api::account_cache::{Account, WholeList};
use crate::engine::cloud_api::client::{Question, Turn, unreadable};
use crate::engine::reconcile::reconciliation::Pass;

/// Offers are asked for again after this, where the catalog says nothing.
pub(crate) const OFFERS_FRESH: Duration = Duration::from_secs(3600);

impl Pass<'_> {
    /// A list of the account, sent at `sent_after` or later; cut to what concerns this resource.
    pub(crate) async fn list(&mut self, plan: &Plan, sent_after: Duration) -> Result<(), Heard> {
        let turn = self.turn();
        let (account, address) = self.list_at(&plan.at)?;
        let access = self.access(&plan.at)?;
        let context = self.context(&plan.at, None);
        let addon = &self.controller.addon;
        let fetch = || async {
            let sent = self.engine.clock.now().mono;
            let question = Question { addon, operation: "list", writes: false, request: &addon.list.request, context: &context };
            let answers = access.ask_pages(question, turn).await?;
            Ok((sent, entries(addon, &answers)?))
        };
        let whole = account.list(&address, sent_after, &self.engine.clock, fetch).await?;
        let cut = self.cut(&whole).inspect_err(|_| account.distrust(&address))?;
        self.dossier.listing = Some(cut);
        Ok(())
    }

    /// Takes the newest list of the place that the resource is at: another resource may have asked for it, or the place is another now.
    pub(crate) fn take_newest_list(&mut self, home: &Home) {
        let resource = self.resource();
        let place = match resource.record {
            RecordSight::Ours(record) if record.is_vacant() && !resource.deleting => home.place.clone(),
            RecordSight::Ours(record) => record.place(),
            RecordSight::Foreign(record) if record.ids.is_some() => record.place(),
            RecordSight::Foreign(_) | RecordSight::None | RecordSight::Unreadable(_) => home.place.clone(),
        };
        if self.object.is_some() {
            let newest = self.list_at(&place).ok().and_then(|(account, address)| account.newest(&address));
            self.dossier.listing = newest.and_then(|whole| self.cut(&whole).ok());
        }
    }

    fn list_at(&self, place: &Place) -> Result<(Arc<Account>, String), Heard> {
        let access = self.access(place)?;
        let account = self.engine.accounts.of(place, &access.fingerprint);
        let addon = &self.controller.addon;
        let address = access.address(addon, &addon.list.request, &self.context(place, None))?;
        Ok((account, format!("{address} {}", self.controller.reading)))
    }

    /// What can be had, from one answer for each offer that this kind needs.
    pub(crate) async fn read_offers(&mut self, plan: &Plan) -> Result<(), Heard> {
        let addon = &self.controller.addon;
        let mut answers = Vec::new();
        for offer in &addon.offers {
            let answer = if resource::needs_offer(addon, offer) { self.offer(plan, &offer.read).await? } else { None };
            answers.push(answer);
        }
        let offers = exchange::offered(addon, &answers).map_err(unreadable)?;
        let asked = self.engine.clock.now().mono;
        self.dossier.facts.offers = Some(Judged { generation: self.generation(), asked, offers: Arc::new(offers) });
        Ok(())
    }

    /// One offer, shared by all who ask at the same address.
    async fn offer(&self, plan: &Plan, read: &catalog::Read) -> Result<Option<Arc<Value>>, Heard> {
        let access = self.access(&plan.at)?;
        let account = self.engine.accounts.of(&plan.at, &access.fingerprint);
        let address = access.address(&self.controller.addon, &read.request, &self.context(&plan.at, None))?;
        let fetch = || async {
            match self.read(plan, None, read).await {
                Ok(answer) => Ok(Some(answer)),
                Err(Heard::NotFound) if read.may_be_missing => Ok(None),
                Err(Heard::Rejected { reason: Reason::Rejected | Reason::OrganisationNotFound, .. }) if read.may_be_missing => Ok(None),
                Err(heard) => Err(heard),
            }
        };
        account.offer(&address, self.engine.clock.now().mono, read.fresh.unwrap_or(OFFERS_FRESH), fetch).await
    }

    /// Whether the add-on is there, by its own id.
    pub(crate) async fn get(&mut self, plan: &Plan, ids: &Ids) -> Result<(), Heard> {
        let controller = self.controller.clone();
        // A list never proves absence, so a kind that cannot be asked for by id never vanishes.
        let Some(get) = &controller.addon.get else { return Err(Heard::Unavailable("the catalog has no `get` for this kind".into())) };
        let sent = self.engine.clock.now().mono;
        let answer = self.read(plan, Some(ids), get).await?;
        if let Found::Item(item) = exchange::read(get, &answer).map_err(unreadable)? {
            self.dossier.facts.show(sent, &item);
        }
        Ok(())
    }

    /// What comparing the add-on with the spec needs.
    pub(crate) async fn read_observed(&mut self, plan: &Plan) -> Result<(), Heard> {
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
        let open = controller.compares_listed && (self.dossier.facts.listed.is_none() || self.operation().is_some());
        if let Some((get, ids)) = controller.addon.get.as_ref().filter(|_| open).zip(ids) {
            // The last list may be older than a change whose answer was lost, and the change would be made again. After a change no list counts
            // for a while: without this read, fields that the list shows would not be compared, and an edit would be called done unsent.
            let answer = self.read(plan, Some(&ids), get).await?;
            let shown = exchange::read(get, &answer).map_err(unreadable)?.into_value();
            self.dossier.facts.show_itself(sent + controller.timing.settle, shown);
        }
        self.dossier.facts.reads = reads;
        self.dossier.facts.observed = Some(sent);
        Ok(())
    }

    /// What the add-on gives.
    pub(crate) async fn read_outputs(&mut self, plan: &Plan) -> Result<(), Heard> {
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
        self.dossier.facts.outputs = Some(outputs);
        Ok(())
    }

    /// What became of the change that the record speaks of: looked up where it has no ids, followed where it has.
    pub(crate) async fn look_at_change(&mut self, plan: &Plan) -> Heard {
        let progress = self.progress(plan).await;
        if matches!(progress, Ok(Progress::Done | Progress::Failed(_))) {
            self.forget_facts();
        }
        progress.map_or_else(|heard| heard, Heard::Progress)
    }

    /// A change has happened: what was read before says nothing, and a list may lag for a while.
    pub(crate) fn forget_facts(&mut self) {
        let settled = self.engine.clock.now().mono + self.controller.timing.settle;
        self.dossier.facts.forget(settled);
    }

    async fn progress(&self, plan: &Plan) -> Result<Progress, Heard> {
        let Some(operation) = self.operation() else { return Ok(Progress::Absent) };
        let controller = self.controller.clone();
        let Some(change) = controller.addon.changes.get(&operation.change) else {
            return Ok(Progress::Failed(format!("the catalog no longer knows the change `{}`", operation.change)));
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
                let lost = || Heard::Unavailable(format!("the change `{}` is there, but not its id", change.name));
                reconcile::found(change, find, &answer).map_err(unreadable)?.ok_or_else(lost)
            }
            (Some(_), _, None) => Ok(Progress::Done),
            (None, None, _) => Ok(Progress::Absent),
        }
    }

    async fn read(&self, plan: &Plan, ids: Option<&Ids>, read: &catalog::Read) -> Result<Value, Heard> {
        let access = self.access(&plan.at)?;
        let context = self.context(&plan.at, ids);
        let question =
            Question { addon: &self.controller.addon, operation: &read.name, writes: false, request: &read.request, context: &context };
        access.ask(question, Turn::Queue(self.lane)).await
    }

    /// Of a list, what bears our name or one of the ids that record or status name.
    fn cut(&mut self, whole: &WholeList) -> Result<Listing, Heard> {
        let name = self.name();
        if whole.unreadable.contains(&name) {
            return Err(Heard::Unavailable(format!("the list shows `{name}`, but not its id")));
        }
        let recorded = self.named();
        let status = self.status_id();
        let addon = &self.controller.addon;
        let holder = |name: &str| self.engine.holder_by_name(&addon.api.name, name, &self.subject.uid);
        let (ids, status_id) = (recorded.as_ref(), status.as_deref());
        let sought = Sought { name: &name, ids, status_id, provider: &addon.provider, holder: &holder };
        let (entries, shown) = reconcile::listing(&whole.listed, &sought);
        if let Some(raw) = shown {
            self.dossier.facts.show(whole.sent, raw);
        }
        Ok(Listing { sent: whole.sent, entries, suspicious: whole.suspicious })
    }
}

fn entries(addon: &Addon, answers: &[Value]) -> Result<Entries, Heard> {
    let mut all = Entries::default();
    for answer in answers {
        let found = exchange::read(&addon.list, answer).map_err(unreadable)?;
        let page = exchange::entries(&addon.api.identity, &found).map_err(unreadable)?;
        all.listed.extend(page.listed);
        all.unreadable.extend(page.unreadable);
    }
    Ok(all)
}
