//! One operator: what it remembers, what it sees, what it is doing. Plans; never touches the world itself.

use std::collections::BTreeMap;
use std::time::Duration;

use interpreter::plan::{
    DeletionPolicy, DesiredState, Difference, DriftPolicy, Entry, Listing, Location, Now, Observation,
    ObservedRecord, ObservedSecret, OutputsAge, Read, Reason, Remedy, Remembered, Resource, Sent, SentValue,
    Step, Target, Timing,
};
use interpreter::reconcile::{Effect, Identity, Inputs, Machine};

use super::cloud::{Cloud, ids, number};
use super::cluster::{Cluster, View};
use super::script::{ChangeWay, Kind, Ms, Setup};

/// One operator, through all its lives.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) index: usize,
    pub(crate) alive: bool,
    /// Counts its lives; what an earlier one has asked for, no later one hears.
    pub(crate) life: u32,
    pub(crate) busy: bool,
    pub(crate) started: Ms,
    /// How long its monotonic clock stood still.
    pub(crate) stalled: Ms,
    pub(crate) frozen_until: Ms,
    pub(crate) stale_until: Ms,
    pub(crate) wall_off: i64,
    /// Sent a creation when its creation window was over: it is let live until it has looked at the answer.
    pub(crate) late: bool,
    pub(crate) view: View,
    pub(crate) jobs: Vec<Job>,
    pub(crate) offers: bool,
    pub(crate) list: Option<(Duration, Vec<u32>, bool)>,
    /// Steps started, by kind, over all lives.
    pub(crate) steps: BTreeMap<Kind, u32>,
}

/// What it knows of one uid.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) uid: u32,
    pub(crate) machine: Machine,
    pub(crate) outputs: Option<u32>,
    pub(crate) observed: Option<(Duration, i64)>,
    pub(crate) wake: Option<Ms>,
    pub(crate) over: bool,
}

impl Process {
    pub(crate) fn new(index: usize, view: View) -> Self {
        Self {
            index,
            alive: true,
            life: 0,
            busy: false,
            started: 0,
            stalled: 0,
            frozen_until: 0,
            stale_until: 0,
            wall_off: 0,
            late: false,
            view,
            jobs: Vec::new(),
            offers: false,
            list: None,
            steps: BTreeMap::new(),
        }
    }

    pub(crate) fn name(&self) -> char {
        ['A', 'B', 'C'][self.index]
    }

    pub(crate) fn clock(&self, now: Ms) -> Now {
        Now {
            mono: Duration::from_millis((now - self.started).saturating_sub(self.stalled)),
            wall: 1_800_000_000_000 + now as i64 + self.wall_off,
        }
    }

    /// When its monotonic clock will show that, as far as can be told.
    pub(crate) fn when(&self, mono: Duration) -> Ms {
        self.started + self.stalled + mono.as_millis() as Ms
    }

    /// Begins another life that remembers nothing.
    pub(crate) fn restart(&mut self, now: Ms, view: View) {
        let fresh = Self::new(self.index, view);
        let steps = std::mem::take(&mut self.steps);
        let (life, wall_off) = (self.life + 1, self.wall_off);
        *self = Self { life, started: now, wall_off, steps, ..fresh };
    }

    pub(crate) fn die(&mut self) {
        (self.alive, self.busy, self.late) = (false, false, false);
        self.life += 1;
    }

    /// Takes in what it now holds of the resource, and finds the uids it has to care for.
    pub(crate) fn look(&mut self, now: Ms) {
        let clock = self.clock(now);
        let seen = self.view.object.as_ref().map(|object| object.uid);
        if let Some(uid) = seen.filter(|uid| self.jobs.iter().all(|job| job.uid != *uid)) {
            self.jobs.push(Job {
                uid,
                machine: Machine::default(),
                outputs: None,
                observed: None,
                wake: Some(now),
                over: false,
            });
        }
        for job in &mut self.jobs {
            job.machine.saw(&self.view.resource(job.uid), &target(), clock);
            job.wake = job.wake.filter(|_| !job.over);
        }
    }

    /// The next effect for one uid.
    pub(crate) fn next(&mut self, job: usize, world: (&Cloud, &Cluster, &Setup), now: Ms) -> Effect {
        let inputs = self.inputs(&self.jobs[job], world);
        let (process, operator) = (format!("{}{}", self.name(), self.life), self.name().to_string());
        let (identity, clock) =
            (Identity { process: &process, operator: &operator, cluster: "cluster" }, self.clock(now));
        self.jobs[job].machine.next(&inputs, identity, &timing(), clock)
    }

    /// Returns the observations of one uid.
    fn inputs(&self, job: &Job, world: (&Cloud, &Cluster, &Setup)) -> Inputs {
        let (cloud, cluster, setup) = world;
        let resource = self.view.resource(job.uid);
        let desired_state = self.desired_state(job, setup);
        let secret = secret(job, &resource, cluster);
        let listing = self.listing(job.uid, cloud, &resource.status_id);
        Inputs {
            resource,
            desired_state,
            target: target(),
            listing,
            marking: None,
            namespace_uid: String::new(),
            secret,
            outputs: OutputsAge::default(),
            namespace_terminating: false,
            abandoned: None,
            protection: None,
            deletion_policy: DeletionPolicy::Delete,
            kind_removed: cluster.kind_removed,
        }
    }

    /// What the next list must be sent after, so that one at hand will do.
    pub(crate) fn has_list(&self, step: &Step) -> bool {
        let Step::Read(Read::Listing { sent_after }) = step else {
            return false;
        };
        self.list.as_ref().is_some_and(|(sent, ..)| sent >= sent_after)
    }

    fn listing(&self, uid: u32, cloud: &Cloud, status: &Option<String>) -> Option<Listing> {
        let (sent, shown, suspicious) = self.list.as_ref()?;
        let entry = |id: &u32| {
            let addon = cloud.get(*id)?;
            let named = status.as_ref() == Some(&format!("x{id}"));
            let entry = Entry {
                ids: ids(*id),
                requested: false,
                name_matches: addon.uid == uid,
                held_by: None,
                names_other: false,
                same_provider: true,
                created: Some(addon.created),
            };
            (entry.name_matches || named).then_some(entry)
        };
        Some(Listing {
            sent: *sent,
            entries: shown.iter().filter_map(entry).collect(),
            suspicious: *suspicious,
        })
    }

    fn desired_state(&self, job: &Job, setup: &Setup) -> DesiredState {
        let Some(object) = self.view.object.as_ref().filter(|object| object.uid == job.uid) else {
            return DesiredState::Unknown;
        };
        if !self.offers {
            return DesiredState::Unknown;
        }
        if object.broken {
            return DesiredState::Refused { reason: Reason::NotOffered, message: "no such size".to_owned() };
        }
        let name = "resize".to_owned();
        let remedy = match setup.change {
            ChangeWay::Repeatable => Remedy::Repeatable(name),
            ChangeWay::Once => Remedy::Once(name),
        };
        let differs = job.observed.filter(|(_, size)| *size != object.size);
        // The record remembers the size, as it does every field that can change.
        let wanted = SentValue { value: Some(object.size.into()), ..SentValue::default() };
        let sent = object.record.as_ref().and_then(|record| record.sent.as_ref());
        let recorded = sent.and_then(|sent| sent.get("size"));
        let current = Sent::from([("size".to_owned(), wanted.clone())]);
        let is_in_sync = job.observed.is_some_and(|(_, size)| size == object.size);
        let noted = if is_in_sync { current.clone() } else { sent.cloned().unwrap_or_default() };
        let remembered =
            Remembered { created: Some(current.clone()), current: Some(current), noted: Some(noted) };
        let difference = |(_, size)| Difference {
            field: "size".to_owned(),
            what: format!("the add-on has {size}, the spec asks for {}", object.size),
            observed: None,
            edited: recorded != Some(&wanted),
            drift: match setup.change {
                ChangeWay::Repeatable => DriftPolicy::Correct,
                ChangeWay::Once => DriftPolicy::Report,
            },
            remedy: remedy.clone(),
        };
        DesiredState::Clear {
            stateful: setup.stateful,
            observation: job.observed.map_or(Observation::Missing, |(at, _)| Observation::Made(at)),
            changes: differs.map(difference).into_iter().collect(),
            ignored: Vec::new(),
            unverified: Vec::new(),
            remembered,
        }
    }
}

/// The waits of every process.
pub(crate) fn timing() -> Timing {
    Timing { observed: Duration::from_secs(900), absence_time: Duration::from_secs(120), ..Timing::default() }
}

/// Where every process would create.
pub(crate) fn target() -> Target {
    let location = Location {
        api: "cloud".to_owned(),
        endpoint: "https://cloud".to_owned(),
        account: "account".to_owned(),
    };
    Target { location, credentials: "good".to_owned(), ..Target::default() }
}

/// Outputs are those of the add-on that was recorded when they were read.
fn secret(job: &Job, resource: &Resource, cluster: &Cluster) -> ObservedSecret {
    let recorded = match &resource.record {
        ObservedRecord::Ours(record) => record.ids.as_ref().map(number),
        ObservedRecord::None | ObservedRecord::Foreign(..) | ObservedRecord::Unreadable(_) => None,
    };
    let found = cluster.secret.filter(|secret| secret.uid == job.uid).and_then(|secret| secret.addon);
    match job.outputs.filter(|outputs| Some(*outputs) == recorded) {
        None => ObservedSecret::Unknown,
        Some(outputs) if found == Some(outputs) => ObservedSecret::Same,
        Some(_) => ObservedSecret::Differs,
    }
}
