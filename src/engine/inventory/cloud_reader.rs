//! Reads one account at a cloud: its list, its offers, and what shows the fields of an add-on.

use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{Addon, Read};
use interpreter::exchange::{self, Context, Listed, Manifest, Offers};
use interpreter::plan::{Location, StepOutcome};
use interpreter::reconcile::{self, CloudState, WholeList, WholeMarks, accepts, unreadable};
use interpreter::resource;
use serde_json::Value;

use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::{Account, Expected, ListKey};
use crate::engine::cloud_api::client::{Access, PermitSource};
use crate::engine::labels::outcome_message;
use crate::priority::Priority;

/// Age up to which a command uses an answer again: longer than it runs.
const FRESH: Duration = Duration::from_secs(3600);

/// Reader of one account.
pub(super) struct CloudReader {
    pub(super) location: Location,
    access: Arc<Access>,
    cache: Account,
    clock: Clock,
}

impl CloudReader {
    /// Creates the reader of an account, with the credentials to read it.
    pub(super) fn new(location: Location, access: Arc<Access>) -> Self {
        Self { location, access, cache: Account::default(), clock: Clock::start() }
    }

    /// Returns the list that shows the add-ons of a kind; kinds share one request.
    pub(super) async fn list(&self, addon: &Arc<Addon>) -> Result<Arc<WholeList>, StepOutcome> {
        let question =
            self.access.question(addon, ("list", &addon.list.request), false, &self.context(addon))?;
        let key = ListKey::new(question.url().to_owned(), addon);
        let fetch = || async {
            let sent = self.clock.now().mono;
            let answers =
                self.access.ask_pages(&addon.list, question, PermitSource::Queue(Priority::User)).await?;
            Ok((sent, reconcile::entries(addon, &answers).map_err(unreadable)?))
        };
        let expected = || Expected { ids: Vec::new(), absence_time: Duration::ZERO };
        let list = self.cache.list(&key, Duration::ZERO, &self.clock, (fetch, expected)).await;
        list.map_err(|failure| failure.outcome_without_resource())
    }

    /// Returns the marks of the add-ons; none if the API has no marks.
    pub(super) async fn marks(&self, addon: &Arc<Addon>) -> Result<Arc<WholeMarks>, StepOutcome> {
        let Some(mark) = &addon.api.identity.mark else { return Ok(Arc::default()) };
        let list = mark.list.as_ref().unwrap_or(&addon.list);
        let question =
            self.access.question(addon, (&list.name, &list.request), false, &self.context(addon))?;
        let key = ListKey::new(question.url().to_owned(), addon);
        let fetch = || async {
            let answers = self.access.ask_pages(list, question, PermitSource::Queue(Priority::User)).await?;
            let marked = reconcile::marked(addon, &answers).map_err(unreadable)?;
            Ok(WholeMarks::new(self.clock.now().mono, marked))
        };
        let marks = self.cache.marks(&key, Duration::ZERO, &self.clock, fetch).await;
        marks.map_err(|failure| failure.outcome_without_resource())
    }

    /// Returns what the cloud offers for a kind.
    pub(super) async fn offers(&self, addon: &Addon) -> Result<Offers, StepOutcome> {
        let context = self.context(addon);
        let mut answers = Vec::new();
        for offer in &addon.offers {
            let read = &offer.read;
            if !resource::needs_offer(addon, offer) {
                answers.push(None);
                continue;
            }
            let question = self.access.question(addon, (&read.name, &read.request), false, &context)?;
            let fetch = || async {
                match self.access.ask(&question, PermitSource::Queue(Priority::User)).await {
                    Err(failure) if accepts(read, &failure.class()) => Ok(None),
                    answer => answer.map(Some),
                }
            };
            let answer = self.cache.offer(question.url(), self.clock.now().mono, FRESH, fetch).await;
            answers.push(answer.map_err(|failure| failure.outcome_without_resource())?);
        }
        exchange::offered(addon, &answers).map_err(unreadable)
    }

    /// Reads what shows the fields of a listed add-on, and returns it with the problems of reads that failed.
    pub(super) async fn cloud_state(&self, addon: &Addon, listed: &Listed) -> (CloudState, Vec<String>) {
        let context = self.context(addon).with_ids(&listed.ids).with("listed", listed.raw.clone());
        let mut state = CloudState::default();
        state.show(Duration::ZERO, &listed.raw);
        let mut problems = Vec::new();
        for read in resource::reads_needed(addon).iter().filter_map(|name| addon.reads.get(name)) {
            match self.read(addon, read, &context).await {
                Ok(value) => drop(state.reads.insert(read.name.clone(), value.unwrap_or_default())),
                Err(outcome) => problems.push(problem(read, &outcome)),
            }
        }
        let outputs = addon.outputs.as_ref().filter(|_| resource::observes_outputs(addon));
        if let Some(read) = outputs {
            match self.read(addon, read, &context).await {
                Ok(Some(Value::Object(outputs))) => state.outputs = Some(outputs),
                Ok(_) => {}
                Err(outcome) => problems.push(problem(read, &outcome)),
            }
        }
        (state, problems)
    }

    async fn read(
        &self,
        addon: &Addon,
        read: &Read,
        context: &Context,
    ) -> Result<Option<Value>, StepOutcome> {
        let question = self.access.question(addon, (&read.name, &read.request), false, context)?;
        match self.access.ask(&question, PermitSource::Queue(Priority::User)).await {
            Ok(answer) => Ok(exchange::read(read, &answer).map_err(unreadable)?.into_value()),
            Err(failure) if accepts(read, &failure.class()) => Ok(None),
            Err(failure) => Err(failure.outcome_without_resource()),
        }
    }

    /// Returns the values that requests for this account can name.
    fn context(&self, addon: &Addon) -> Context {
        let account = resource::account_fields(&addon.api, &self.location.account);
        resource::known(addon, Manifest::default(), &Value::Null).with_all(&account)
    }
}

fn problem(read: &Read, outcome: &StepOutcome) -> String {
    format!("the read `{}` failed: {}", read.name, outcome_message(outcome))
}
