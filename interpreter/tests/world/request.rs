//! One request on its way: to the cloud or to the API server, and what it does when it arrives.

use std::time::Duration;

use interpreter::plan::{Progress, Read, Reason, Step, StepOutcome};

use super::cloud::{MIGRATION, Migration, SETTLE, ids, number};
use super::cluster::{Object, Secret, View};
use super::process::Process;
use super::run::World;
use super::script::{ChangeWay, Fate, Lag, Ms, Verdict};

/// The timeout of every request.
pub(crate) const TIMEOUT: Ms = 30_000;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) process: usize,
    pub(crate) life: u32,
    pub(crate) uid: u32,
    pub(crate) step: Step,
    pub(crate) fate: Fate,
    pub(crate) started: Ms,
    /// By the process's own clock.
    pub(crate) sent: Duration,
    /// The version its compare-and-swap is based on.
    pub(crate) version: u64,
    /// The size that a creation or a change asks for.
    pub(crate) size: i64,
    /// The add-on whose outputs a Secret is written from.
    pub(crate) outputs: Option<u32>,
    pub(crate) gave_up: bool,
    pub(crate) outcome: Option<StepOutcome>,
    pub(crate) view: Option<View>,
    pub(crate) list: Option<(Vec<u32>, bool)>,
    pub(crate) observed: Option<i64>,
}

impl Request {
    pub(crate) fn new(process: usize, life: u32, uid: u32, step: Step, fate: Fate) -> Self {
        Self {
            process,
            life,
            uid,
            step,
            fate,
            started: 0,
            sent: Duration::ZERO,
            version: 0,
            size: 1,
            outputs: None,
            gave_up: false,
            outcome: None,
            view: None,
            list: None,
            observed: None,
        }
    }

    /// What it carries of the process that sends it.
    pub(crate) fn complete(&mut self, process: &Process, now: Ms) {
        self.started = now;
        self.sent = process.clock(now).mono;
        self.version = process.view.version;
        self.outputs = process.jobs.iter().find(|job| job.uid == self.uid).and_then(|job| job.outputs);
        self.size = process.view.object.as_ref().map_or(1, |object| object.size);
    }
}

impl World {
    /// What the request does at the cloud or in the cluster, at the moment of its effect.
    pub(crate) fn effect(&mut self, index: usize) {
        let request = self.requests[index].clone();
        let outcome = match request.fate.verdict {
            Verdict::Nothing => StepOutcome::Ambiguous("no answer".to_owned()),
            Verdict::Rejected => StepOutcome::Rejected { reason: Reason::Rejected, message: "no".to_owned() },
            Verdict::Throttled => StepOutcome::Throttled { after: None, message: "slow down".to_owned() },
            Verdict::Unsent => StepOutcome::Unsent("no connection".to_owned()),
            Verdict::Done => self.done(index, &request),
            Verdict::Broken | Verdict::Reset => {
                self.done(index, &request);
                StepOutcome::Ambiguous("503".to_owned())
            }
        };
        // The answer of a deletion may have gone before its effect; what it said then stands.
        self.requests[index].outcome.get_or_insert(outcome);
    }

    fn done(&mut self, index: usize, request: &Request) -> StepOutcome {
        match &request.step {
            Step::Read(read) => self.read(index, request, read),
            Step::Create => self.create(request),
            Step::Delete(ids) => self.delete(request, number(ids)),
            Step::Change(_) => self.change(request),
            Step::ApplySecret => self.apply_secret(request),
            Step::Intend(record) => {
                let record = record.clone();
                self.swap(index, request, move |object| {
                    (object.record, object.signed, object.finalizer) = (Some(record), true, true)
                })
            }
            Step::Write(record) => {
                let record = record.clone();
                self.swap(index, request, move |object| {
                    (object.record, object.signed) = (Some(record), true);
                    object.finalizer |= !object.deleting;
                })
            }
            Step::AddFinalizer => self.swap(index, request, |object| object.finalizer = !object.deleting),
            Step::RemoveFinalizer(record) => {
                let record = record.clone();
                self.swap(index, request, |object| {
                    object.finalizer = false;
                    object.record = record.or(object.record.take());
                })
            }
            Step::ReportLeftover(_) | Step::Mark(_) => StepOutcome::Done,
            Step::Rest { .. } => StepOutcome::Done,
        }
    }

    fn swap(&mut self, index: usize, request: &Request, edit: impl FnOnce(&mut Object)) -> StepOutcome {
        let before = self.cluster.object.clone();
        let outcome = match self.cluster.swap(request.uid, request.version, edit) {
            Ok(()) => StepOutcome::Done,
            Err(true) => StepOutcome::Conflict,
            Err(false) => StepOutcome::NotFound,
        };
        if outcome == StepOutcome::Done {
            self.wrote("record");
            self.judge_swap(before.as_ref());
            self.requests[index].view = Some(self.cluster.view(true));
            self.spread();
        }
        outcome
    }

    fn read(&mut self, index: usize, request: &Request, read: &Read) -> StepOutcome {
        let outage = self.cloud.outage;
        match read {
            Read::Live => self.requests[index].view = Some(self.cluster.view(true)),
            Read::Offers if outage => return StepOutcome::Unavailable("outage".to_owned()),
            Read::Listing { .. } if self.requests[index].list.is_none() => {
                return StepOutcome::Unavailable("outage".to_owned());
            }
            Read::Offers | Read::Listing { .. } | Read::Marks { .. } => (),
            Read::Get(ids) if outage || !self.cloud.is_live(number(ids)) => return StepOutcome::NotFound,
            Read::Get(_) => (),
            Read::Observed | Read::Outputs | Read::Operation => {
                return self.read_addon(index, request, read);
            }
        }
        StepOutcome::Done
    }

    fn read_addon(&mut self, index: usize, request: &Request, read: &Read) -> StepOutcome {
        self.cloud.advance(self.now);
        let id = self.recorded_by(request);
        let Some(addon) = self.cloud.get(id).filter(|addon| addon.end.is_none() && !self.cloud.outage) else {
            return StepOutcome::NotFound;
        };
        if *read != Read::Operation {
            self.requests[index].observed =
                Some(if *read == Read::Observed { addon.size } else { i64::from(id) });
            return StepOutcome::Done;
        }
        StepOutcome::Progress(match addon.migration {
            None => Progress::Absent,
            Some(migration) if migration.done > self.now => Progress::Running(ids(migration.number)),
            Some(migration) if self.follows(request) == Some(migration.number) => Progress::Done,
            Some(_) => Progress::Absent,
        })
    }

    /// The add-on that the process that asked saw recorded.
    fn recorded_by(&self, request: &Request) -> u32 {
        let object = self.processes[request.process].view.object.as_ref();
        object.and_then(|object| object.record.as_ref()?.ids.as_ref()).map(number).unwrap_or_default()
    }

    fn follows(&self, request: &Request) -> Option<u32> {
        let record = self.processes[request.process].view.object.as_ref()?.record.as_ref()?;
        record.operation.as_ref()?.ids.as_ref().map(number)
    }

    fn create(&mut self, request: &Request) -> StepOutcome {
        let created = 1_800_000_000_000 + self.now as i64 + self.setup.cloud_clock;
        let shows = self.shows(request);
        let id = self.cloud.create(request.uid, created, request.size, shows);
        self.say(|| {
            format!("      cloud: x{id} exists, and shows in lists from {}", super::script::stamp(shows))
        });
        self.judge_cloud();
        StepOutcome::Created(ids(id))
    }

    fn delete(&mut self, request: &Request, id: u32) -> StepOutcome {
        // What the cloud has accepted it does, whatever happens in between.
        let accepted = request.outcome == Some(StepOutcome::Done);
        if (self.cloud.outage && !accepted) || !self.cloud.is_live(id) {
            return StepOutcome::NotFound;
        }
        self.judge_deletion(id);
        let hidden = self.shows(request);
        self.cloud.delete(id, hidden);
        self.say(|| {
            format!(
                "      cloud: x{id} is deleted, and may show in lists until {}",
                super::script::stamp(hidden)
            )
        });
        StepOutcome::Done
    }

    /// When an effect must show in lists, and a deleted one must not any more: what the cloud promises.
    fn shows(&self, request: &Request) -> Ms {
        let last_byte = request.started + request.fate.hold + request.fate.send;
        match (self.setup.lag, self.setup.brief) {
            (Lag::None, _) => self.now,
            (_, true) => self.now + SETTLE,
            (_, false) => last_byte + SETTLE,
        }
    }

    fn change(&mut self, request: &Request) -> StepOutcome {
        let (id, now, once) = (self.recorded_by(request), self.now, self.setup.change == ChangeWay::Once);
        self.cloud.advance(now);
        let running = self
            .cloud
            .get(id)
            .and_then(|addon| addon.migration)
            .is_some_and(|migration| migration.done > now);
        if once {
            self.judge_change(id, request.size, running);
            self.judge_unasked(request.uid, request.size);
        }
        let Some(addon) = self.cloud.get_mut(id) else {
            return StepOutcome::NotFound;
        };
        if !once {
            addon.size = request.size;
            return StepOutcome::Done;
        }
        let number = addon.migration.map_or(0, |migration| migration.number) + 1;
        addon.told.push(request.size);
        addon.migration = Some(Migration { number, size: request.size, done: now + MIGRATION });
        self.say(|| format!("      cloud: x{id} is being changed (change {number})"));
        StepOutcome::Changed(ids(number))
    }

    fn apply_secret(&mut self, request: &Request) -> StepOutcome {
        if self.cluster.object.as_ref().is_none_or(|object| object.uid != request.uid) {
            return StepOutcome::NotFound;
        }
        self.cluster.secret = Some(Secret { uid: request.uid, addon: request.outputs });
        self.wrote("Secret");
        self.judge_secret(request.outputs.unwrap_or_default());
        StepOutcome::Done
    }
}

/// The answer, when none came in time.
pub(crate) fn silence(step: &Step) -> StepOutcome {
    match step {
        Step::Read(_) => StepOutcome::Unavailable("no answer".to_owned()),
        Step::Intend(_)
        | Step::Write(_)
        | Step::AddFinalizer
        | Step::RemoveFinalizer(_)
        | Step::ReportLeftover(_)
        | Step::Create
        | Step::Delete(_)
        | Step::Change(_)
        | Step::Mark(_)
        | Step::ApplySecret
        | Step::Rest { .. } => StepOutcome::Ambiguous("no answer".to_owned()),
    }
}

/// What the process takes in besides the answer.
pub(crate) fn learn(process: &mut Process, request: &Request, outcome: &StepOutcome) {
    let newer = |view: &&View| *outcome == StepOutcome::Done && view.version >= process.view.version;
    if let Some(view) = request.view.as_ref().filter(newer) {
        process.view = view.clone();
    }
    if *outcome == StepOutcome::Done {
        process.offers |= request.step == Step::Read(Read::Offers);
        if let Some((shown, suspicious)) = &request.list {
            process.list = Some((request.sent, shown.clone(), *suspicious));
        }
    }
    let Some(job) = process.jobs.iter_mut().find(|job| job.uid == request.uid) else {
        return;
    };
    match (&request.step, request.observed) {
        (Step::Read(Read::Observed), Some(size)) if *outcome == StepOutcome::Done => {
            job.observed = Some((request.sent, size))
        }
        (Step::Read(Read::Outputs), Some(id)) if *outcome == StepOutcome::Done => {
            job.outputs = Some(id as u32)
        }
        _ => (),
    }
}
