//! The pass of one resource, with an imagined cluster and clock.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::catalog::Addon;
use crate::exchange::{Context, render};
use crate::plan::{
    self, Home, Listing, Memory, Now, Observation, Place, Plan, RecordSight, Resource, SecretSight, Sight, Standing, Step, Timing, Wish,
};
use crate::reconcile;
use crate::reconcile::Facts;
use crate::resource::{self, Desire, Desired, Facets, Secret, SecretDue, Stage};
use crate::simulate::recorded_cloud::Cloud;
use crate::simulate::types::{ENDPOINT, Exchange, NOT_RECORDED, Script};

/// More steps than any story has.
const MOST_STEPS: usize = 500;
/// What one step takes.
const MOMENT: Duration = Duration::from_millis(100);

/// How a pass ended: whether it is ready, in one word, and in a sentence.
pub(super) type End = (Standing, String, String);

/// One resource on its way.
pub(super) struct Pass<'a> {
    pub(super) addon: &'a Addon,
    config: Value,
    object: Value,
    pub(super) record: RecordSight,
    pub(super) memory: Memory,
    pub(super) facts: Facts,
    pub(super) listing: Option<Listing>,
    pub(super) desired: Option<Box<Desired>>,
    pub(super) now: Now,
    pub(super) timing: Timing,
    pub(super) cloud: Cloud<'a>,
    pub(super) secret: Option<Secret>,
    pub(super) exchanges: Vec<Exchange>,
    /// Something that was not recorded is needed to go on.
    pub(super) stuck: Option<String>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(script: &Script<'a>, object: Value) -> Self {
        let cloud = Cloud::new(script.addon, script.recorded);
        Self {
            addon: script.addon,
            config: cloud.config(),
            object,
            record: RecordSight::None,
            memory: Memory::default(),
            facts: Facts::default(),
            listing: None,
            desired: None,
            now: Now { mono: Duration::from_secs(3600), wall: 1_700_000_000_000 },
            timing: Timing { settle: script.addon.api.identity.settle, ..Timing::default() },
            cloud,
            secret: None,
            exchanges: Vec::new(),
            stuck: None,
        }
    }

    /// Steps until it is ready or comes to a halt.
    pub(super) fn run(&mut self) -> End {
        let mut end = (Standing::Stalled, "Unknown".to_owned(), "it does not come to rest".to_owned());
        for _ in 0..MOST_STEPS {
            let plan = self.next();
            end = (plan.reason.standing(), plan.reason.to_string(), plan.because.clone());
            match (plan.reason.standing(), resting(&plan.step)) {
                (_, None) => self.execute(&plan),
                (Standing::Reconciling, Some(Some(until))) => self.wait(until),
                (Standing::Ready | Standing::Stalled | Standing::Reconciling, Some(_)) => return end,
            }
            if let Some(why) = self.stuck.take() {
                return (Standing::Stalled, NOT_RECORDED.to_owned(), why);
            }
        }
        end
    }

    /// Goes on with another spec; what was said before is forgotten.
    pub(super) fn edit(&mut self, object: Value) {
        self.object = object;
        self.exchanges.clear();
        self.wait(self.now.mono + self.timing.settle);
    }

    fn wait(&mut self, until: Duration) {
        let pause = until.saturating_sub(self.now.mono).max(MOMENT);
        self.now.mono += pause;
        self.now.wall += i64::try_from(pause.as_millis()).unwrap_or_default();
    }

    fn next(&mut self) -> Plan {
        self.wait(self.now.mono);
        let home = self.home();
        let ids = self.ids();
        self.facts.about(ids.as_ref());
        let wish = self.wish();
        let resource = self.resource();
        self.memory.saw(&resource, &home, self.now);
        let secret = self.secret_sight();
        plan::plan(&Sight {
            resource: &resource,
            wish: &wish,
            memory: &self.memory,
            listing: self.listing.as_ref(),
            secret: &secret,
            namespace_terminating: false,
            abandoned: false,
            retired: false,
            process: "replay",
            operator: "replay",
            now: self.now,
            timing: &self.timing,
            home: &home,
        })
    }

    fn home(&self) -> Home {
        let account = resource::account(self.addon, &self.known()).unwrap_or_default();
        Home { place: Place { api: self.addon.api.name.clone(), endpoint: self.endpoint(), account }, ..Home::default() }
    }

    /// Where the API's only host is.
    pub(super) fn endpoint(&self) -> String {
        let host = self.addon.api.endpoints.host("");
        host.and_then(|host| render(host, self.known().value()).ok()).unwrap_or_else(|| ENDPOINT.to_owned())
    }

    fn resource(&self) -> Resource {
        let text = |name: &str| self.object["metadata"][name].as_str().unwrap_or_default().to_owned();
        Resource {
            exists: true,
            live: true,
            uid: text("uid"),
            namespace: text("namespace"),
            name: text("name"),
            generation: self.generation(),
            finalizer: !matches!(self.record, RecordSight::None),
            record: self.record.clone(),
            ..Resource::default()
        }
    }

    fn wish(&mut self) -> Wish {
        let stage = if self.ids().is_some() { Stage::Existing } else { Stage::Creating };
        let judged = self.facts.offers.clone().filter(|judged| judged.generation == self.generation());
        let offers = judged.as_ref().map(|judged| judged.offers.as_ref());
        self.desired = None;
        match resource::desire(self.addon, &self.object, &self.config, offers, stage) {
            Desire::NeedsOffers => Wish::Unknown,
            Desire::Refused(refused) => reconcile::refusal(refused),
            Desire::Clear(desired) => {
                let root = self.facts.with(desired.context.clone());
                let changes = resource::differences(self.addon, &desired, root.value()).into_iter().map(reconcile::difference).collect();
                let overruled = resource::overrulings(self.addon, &desired, root.value());
                let observation = self.observation(desired.overruled.is_empty());
                self.desired = Some(desired);
                Wish::Clear { stateful: self.addon.stateful, observation, changes, overruled }
            }
        }
    }

    fn observation(&self, all_count: bool) -> Observation {
        if resource::reads_needed(self.addon).is_empty() && !resource::compares_listed(self.addon) {
            return Observation::Needless;
        }
        match self.facts.observed {
            Some(_) if resource::compares_listed(self.addon) && self.facts.listed.is_none() => {
                Observation::Listed { from: self.facts.listed_from }
            }
            Some(sent) => Observation::Made(sent),
            None => Observation::Missing { sent_at_creation: all_count && resource::sends_all_at_creation(self.addon) },
        }
    }

    fn secret_sight(&self) -> SecretSight {
        if !resource::has_secret(self.addon) {
            return SecretSight::Needless;
        }
        match resource::secret_due(self.addon, &self.facts.with(self.known())) {
            SecretDue::Unread if self.secret.is_some() => SecretSight::Same,
            SecretDue::Unread => SecretSight::Unknown,
            SecretDue::Incomplete(what) => SecretSight::Incomplete(what),
            SecretDue::Known(wanted) if self.secret.as_ref() == Some(&wanted) => SecretSight::Same,
            SecretDue::Known(_) => SecretSight::Differs,
        }
    }

    /// What is known without asking anybody.
    pub(super) fn known(&self) -> Context {
        resource::known(self.addon, &self.object, &self.config)
    }

    /// What requests can name now.
    pub(super) fn context(&self) -> Context {
        let context = self.desired.as_ref().map_or_else(|| self.known(), |desired| desired.context.clone());
        let context = self.facts.with(context);
        self.ids().map_or(context.clone(), |ids| context.with_ids(&ids))
    }

    pub(super) fn ids(&self) -> Option<plan::Ids> {
        match &self.record {
            RecordSight::Ours(record) => record.ids.clone(),
            RecordSight::None | RecordSight::Foreign(..) | RecordSight::Unreadable(_) => None,
        }
    }

    pub(super) fn generation(&self) -> i64 {
        self.object["metadata"]["generation"].as_i64().unwrap_or_default()
    }

    /// The name of the add-on at the cloud.
    pub(super) fn name(&self) -> String {
        self.known().get(&["name".to_owned()]).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// What the status tells, without what only a cluster knows.
    pub(super) fn status(&self) -> Map<String, Value> {
        let Some(ids) = self.ids() else { return Map::new() };
        let facts = self.facts.with(self.known());
        let created = self.memory.created_from(self.generation());
        let asked = self.desired.as_ref().filter(|_| created).map(|desired| &desired.context);
        let offers = self.facts.offers.as_ref().map(|judged| judged.offers.as_ref());
        let mut status = resource::identity(&self.addon.api.identity, &ids, &self.name());
        status.extend(resource::shape(self.addon, &Facets { facts: &facts, asked, offers }));
        status.extend(resource::reached(self.addon, &facts));
        status
    }
}

/// Until when nothing is to be done, if that is the step.
fn resting(step: &Step) -> Option<Option<Duration>> {
    if let Step::Rest { until } = step { Some(*until) } else { None }
}
