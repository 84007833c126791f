//! The reconciliation of one resource, with a simulated cluster and clock.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::catalog::Addon;
use crate::exchange::{Context, render};
use crate::plan::{
    self, DesiredState, Listing, Location, Memory, Now, Observation, ObservedRecord, ObservedSecret, Plan,
    Resource, Snapshot, Standing, Step, Target, Timing,
};
use crate::reconcile;
use crate::reconcile::CloudState;
use crate::resource::{self, Desire, Desired, Facets, Secret, SecretDue, Stage};
use crate::simulate::recorded_cloud::Cloud;
use crate::simulate::types::{ENDPOINT, Exchange, NOT_RECORDED, Script};

/// Limit of steps, larger than any recorded conversation needs.
const MOST_STEPS: usize = 500;
/// Simulated duration of one step.
const MOMENT: Duration = Duration::from_millis(100);

/// End of a reconciliation: the condition, the reason, and the message.
pub(super) type End = (Standing, String, String);

/// Reconciliation of one resource.
pub(super) struct Reconciliation<'a> {
    pub(super) addon: &'a Addon,
    config: Value,
    object: Value,
    pub(super) record: ObservedRecord,
    pub(super) memory: Memory,
    pub(super) cloud_state: CloudState,
    pub(super) listing: Option<Listing>,
    pub(super) desired: Option<Box<Desired>>,
    pub(super) now: Now,
    pub(super) timing: Timing,
    pub(super) cloud: Cloud<'a>,
    pub(super) secret: Option<Secret>,
    pub(super) exchanges: Vec<Exchange>,
    /// The answer or value that is missing to continue.
    pub(super) stuck: Option<String>,
}

impl<'a> Reconciliation<'a> {
    pub(super) fn new(script: &Script<'a>, object: Value) -> Self {
        let cloud = Cloud::new(script.addon, script.recorded);
        Self {
            addon: script.addon,
            config: cloud.config(),
            object,
            record: ObservedRecord::None,
            memory: Memory::default(),
            cloud_state: CloudState::default(),
            listing: None,
            desired: None,
            now: Now { mono: Duration::from_secs(3600), wall: 1_700_000_000_000 },
            timing: Timing { list_lag: script.addon.api.identity.list_lag, ..Timing::default() },
            cloud,
            secret: None,
            exchanges: Vec::new(),
            stuck: None,
        }
    }

    /// Runs steps until the resource is ready or stalls.
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

    /// Continues with another spec, and drops the requests so far.
    pub(super) fn edit(&mut self, object: Value) {
        self.object = object;
        self.exchanges.clear();
        self.wait(self.now.mono + self.timing.list_lag);
    }

    fn wait(&mut self, until: Duration) {
        let pause = until.saturating_sub(self.now.mono).max(MOMENT);
        self.now.mono += pause;
        self.now.wall += i64::try_from(pause.as_millis()).unwrap_or_default();
    }

    fn next(&mut self) -> Plan {
        self.wait(self.now.mono);
        let target = self.target();
        let ids = self.ids();
        self.cloud_state.about(ids.as_ref());
        let desired_state = self.desired_state();
        let resource = self.resource();
        self.memory.saw(&resource, &target, self.now);
        let secret = self.secret_sight();
        plan::plan(&Snapshot {
            resource: &resource,
            desired_state: &desired_state,
            memory: &self.memory,
            listing: self.listing.as_ref(),
            secret: &secret,
            namespace_terminating: false,
            abandoned: false,
            kind_removed: false,
            process: "replay",
            operator: "replay",
            now: self.now,
            timing: &self.timing,
            target: &target,
        })
    }

    fn target(&self) -> Target {
        let account = resource::account(self.addon, &self.known()).unwrap_or_default();
        Target {
            location: Location { api: self.addon.api.name.clone(), endpoint: self.endpoint(), account },
            ..Target::default()
        }
    }

    /// The endpoint of the API, for an API with only one host.
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
            finalizer: !matches!(self.record, ObservedRecord::None),
            record: self.record.clone(),
            ..Resource::default()
        }
    }

    fn desired_state(&mut self) -> DesiredState {
        let stage = if self.ids().is_some() { Stage::Existing } else { Stage::Creating };
        let judged = self.cloud_state.offers.clone().filter(|judged| judged.generation == self.generation());
        let offers = judged.as_ref().map(|judged| judged.offers.as_ref());
        self.desired = None;
        match resource::desire(self.addon, &self.object, &self.config, offers, stage) {
            Desire::NeedsOffers => DesiredState::Unknown,
            Desire::Refused(refused) => reconcile::refusal(refused),
            Desire::Clear(desired) => {
                let root = self.cloud_state.with(desired.context.clone());
                let changes = resource::differences(self.addon, &desired, root.value())
                    .into_iter()
                    .map(reconcile::difference)
                    .collect();
                let ignored = resource::ignored_messages(self.addon, &desired, root.value());
                let observation = self.observation(desired.ignored.is_empty());
                self.desired = Some(desired);
                DesiredState::Clear { stateful: self.addon.stateful, observation, changes, ignored }
            }
        }
    }

    fn observation(&self, all_count: bool) -> Observation {
        if resource::reads_needed(self.addon).is_empty() && !resource::compares_listed(self.addon) {
            return Observation::Needless;
        }
        match self.cloud_state.observed {
            Some(_) if resource::compares_listed(self.addon) && self.cloud_state.listed.is_none() => {
                Observation::Listed { from: self.cloud_state.listed_from }
            }
            Some(sent) => Observation::Made(sent),
            None => Observation::Missing {
                sent_at_creation: all_count && resource::sends_all_at_creation(self.addon),
            },
        }
    }

    fn secret_sight(&self) -> ObservedSecret {
        if !resource::has_secret(self.addon) {
            return ObservedSecret::Needless;
        }
        match resource::secret_due(self.addon, &self.cloud_state.with(self.known())) {
            SecretDue::Unread if self.secret.is_some() => ObservedSecret::Same,
            SecretDue::Unread => ObservedSecret::Unknown,
            SecretDue::Incomplete(what) => ObservedSecret::Incomplete(what),
            SecretDue::Known(wanted) if self.secret.as_ref() == Some(&wanted) => ObservedSecret::Same,
            SecretDue::Known(_) => ObservedSecret::Differs,
        }
    }

    /// The context that is known without any request.
    pub(super) fn known(&self) -> Context {
        resource::known(self.addon, &self.object, &self.config)
    }

    /// The values that requests can name now.
    pub(super) fn context(&self) -> Context {
        let context = self.desired.as_ref().map_or_else(|| self.known(), |desired| desired.context.clone());
        let context = self.cloud_state.with(context);
        self.ids().map_or(context.clone(), |ids| context.with_ids(&ids))
    }

    pub(super) fn ids(&self) -> Option<plan::Ids> {
        match &self.record {
            ObservedRecord::Ours(record) => record.ids.clone(),
            ObservedRecord::None | ObservedRecord::Foreign(..) | ObservedRecord::Unreadable(_) => None,
        }
    }

    pub(super) fn generation(&self) -> i64 {
        self.object["metadata"]["generation"].as_i64().unwrap_or_default()
    }

    /// The name of the add-on at the cloud.
    pub(super) fn name(&self) -> String {
        self.known().get(&["name".to_owned()]).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The status, without the fields that only a cluster can fill.
    pub(super) fn status(&self) -> Map<String, Value> {
        let Some(ids) = self.ids() else { return Map::new() };
        let cloud_state = self.cloud_state.with(self.known());
        let created = self.memory.created_from(self.generation());
        let asked = self.desired.as_ref().filter(|_| created).map(|desired| &desired.context);
        let offers = self.cloud_state.offers.as_ref().map(|judged| judged.offers.as_ref());
        let mut status = resource::identity(&self.addon.api.identity, &ids, &self.name());
        status.extend(resource::shape(self.addon, &Facets { cloud_state: &cloud_state, asked, offers }));
        status.extend(resource::reached(self.addon, &cloud_state));
        status
    }
}

/// The time until which the step rests, if it is a rest.
fn resting(step: &Step) -> Option<Option<Duration>> {
    if let Step::Rest { until } = step { Some(*until) } else { None }
}
