//! Runs a script: a queue of events in virtual time, and operators that plan whenever something happens.
//! Judges nothing itself.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use interpreter::plan::{Plan, Read, Reason, Step, StepOutcome};
use interpreter::reconcile::Effect;

use super::cloud::Cloud;
use super::cluster::{Cluster, View};
use super::dice::Dice;
use super::process::Process;
use super::request::{Request, TIMEOUT, learn, silence};
use super::script::{Event, Kind, Ms, Script, Setup, Verdict, stamp};
use super::tally::Tally;

/// Then faults stop, and one operator lives on.
pub(crate) const HORIZON: Ms = 20 * 60_000;
/// Until then it must have come to rest.
pub(crate) const REST: Ms = HORIZON + 25 * 60_000;
/// From rest to here nothing may be written.
pub(crate) const END: Ms = REST + 20 * 60_000;

/// Everything there is.
pub(crate) struct World {
    pub(crate) now: Ms,
    pub(crate) setup: Setup,
    pub(crate) events: Vec<Event>,
    pub(crate) cloud: Cloud,
    pub(crate) cluster: Cluster,
    pub(crate) processes: Vec<Process>,
    pub(crate) requests: Vec<Request>,
    pub(crate) dice: Dice,
    pub(crate) tally: Tally,
    pub(crate) violation: Option<String>,
    pub(crate) last_write: Ms,
    /// The sizes with which a process rested, the add-on being in sync.
    pub(crate) in_sync: BTreeSet<(u32, i64)>,
    /// Which events of the script have happened.
    pub(crate) played: Vec<bool>,
    pub(crate) log: Option<Vec<String>>,
    pub(crate) calm: bool,
    queue: BinaryHeap<Reverse<(Ms, u64, Due)>>,
    order: u64,
    /// How many plans were made at this very moment.
    rush: (Ms, u32),
    views: Vec<View>,
}

/// What is due at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Wake(usize, u32),
    Sent(usize),
    Effect(usize),
    Answer(usize),
    Watch(usize, u32, usize),
    Script(usize),
    Restart(usize, u32),
    OutageEnds,
    Calm,
    Kill(usize),
}

/// Runs a script to its end, or to the first violation.
pub(crate) fn run(script: &Script, trace: bool) -> World {
    let mut world = run_until(script, trace, END);
    world.judge_end();
    world
}

/// Runs a script until that time, or to the first violation.
pub(crate) fn run_until(script: &Script, trace: bool, end: Ms) -> World {
    let mut world = World::new(script, trace);
    while world.violation.is_none() {
        let Some(Reverse((at, _, due))) = world.queue.pop().filter(|Reverse((at, ..))| *at <= end) else {
            break;
        };
        world.now = at;
        world.happen(due);
    }
    world.tally.runs = 1;
    world
}

impl World {
    fn new(script: &Script, trace: bool) -> Self {
        let setup = script.setup.clone();
        let mut world = Self {
            now: 0,
            events: script.events.clone(),
            cloud: Cloud::default(),
            cluster: Cluster::default(),
            processes: Vec::new(),
            requests: Vec::new(),
            dice: Dice::new(script.seed),
            tally: Tally::default(),
            violation: None,
            last_write: 0,
            in_sync: BTreeSet::new(),
            played: vec![false; script.events.len()],
            log: trace.then(Vec::new),
            calm: false,
            queue: BinaryHeap::new(),
            order: 0,
            rush: (0, 0),
            views: Vec::new(),
            setup,
        };
        world.found();
        world
    }

    pub(crate) fn push(&mut self, at: Ms, due: Due) {
        self.order += 1;
        self.queue.push(Reverse((at, self.order, due)));
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(format!("{} {}", stamp(self.now), text()));
        }
    }

    pub(crate) fn break_off(&mut self, what: &str) {
        self.say(|| format!("!!!   {what}"));
        self.violation.get_or_insert_with(|| what.to_owned());
    }

    pub(crate) fn wrote(&mut self, what: &str) {
        self.last_write = self.now;
        let object = self.cluster.object.clone();
        self.say(|| match object {
            None => format!("      cluster: {what} written; the resource is gone"),
            Some(object) => {
                let record = object.record.unwrap_or_default();
                let attempt =
                    record.attempt.map(|attempt| attempt.nonce).unwrap_or_else(|| "none".to_owned());
                let ids = record.ids.map(|ids| ids["addon"].clone()).unwrap_or_else(|| "none".to_owned());
                format!("      cluster: {what} written; open attempt: {attempt}, recorded: {ids}")
            }
        });
    }

    /// Everybody who watches will learn of the new version.
    pub(crate) fn spread(&mut self) {
        self.views.push(self.cluster.view(false));
        for index in 0..self.processes.len() {
            let lag = 5 + self.dice.below(40);
            let at = (self.now + lag).max(self.processes[index].stale_until);
            let life = self.processes[index].life;
            self.push(at, Due::Watch(index, life, self.views.len() - 1));
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Wake(index, life) => self.wake(index, life),
            Due::Sent(request) => self.sent(request),
            Due::Effect(request) => self.effect(request),
            Due::Answer(request) => self.answer(request),
            Due::Watch(index, life, view) => self.watch(index, life, view),
            Due::Script(event) => self.play(event),
            Due::Restart(index, life) => self.restart(index, life),
            Due::OutageEnds => {
                self.cloud.outage = false;
                self.say(|| "      cloud: the outage ends".to_owned());
            }
            Due::Calm => self.calm_down(),
            Due::Kill(index) => self.processes[index].die(),
        }
    }

    /// Faults stop, and one operator lives on.
    fn calm_down(&mut self) {
        self.calm = true;
        self.cloud.outage = false;
        let survivor = self.dice.below(self.processes.len() as u64) as usize;
        self.say(|| format!("      faults stop; {} lives on", ['A', 'B', 'C'][survivor]));
        for index in 0..self.processes.len() {
            let process = &mut self.processes[index];
            match (index == survivor, process.alive, process.late) {
                (true, false, _) => self.restart(index, self.processes[index].life),
                (false, true, false) => self.processes[index].die(),
                // One that sent late is let look at its answer: that nobody can do for it.
                (false, true, true) => self.push(HORIZON + 600_000, Due::Kill(index)),
                (true, true, _) | (false, false, _) => (),
            }
        }
    }

    fn wake(&mut self, index: usize, life: u32) {
        let process = &self.processes[index];
        if process.alive && process.life == life && !process.busy {
            self.drive(index);
        }
    }

    /// Lets a process plan until it waits for something.
    fn drive(&mut self, index: usize) {
        while self.violation.is_none() && self.processes[index].alive && !self.processes[index].busy {
            let process = &self.processes[index];
            if process.frozen_until > self.now {
                return self.push(process.frozen_until, Due::Wake(index, process.life));
            }
            let due = |job: &usize| process.jobs[*job].wake.is_some_and(|wake| wake <= self.now);
            let Some(job) = (0..process.jobs.len()).find(due) else {
                break;
            };
            let uid = process.jobs[job].uid;
            let world = (&self.cloud, &self.cluster, &self.setup);
            let plan = match self.processes[index].next(job, world, self.now) {
                Effect::Acquire(_, plan) | Effect::Perform(plan) | Effect::Wait(plan, _) => plan,
                Effect::StepLimit => return self.break_off("NO REST: the step limit"),
            };
            self.count(index, &plan);
            self.judge_retired(uid, (plan.state, Kind::of(&plan.step)));
            match plan.step {
                Step::Rest { until } => {
                    let view = self.processes[index].view.object.as_ref();
                    if let Some(object) = view.filter(|_| plan.reason == Reason::InSync) {
                        self.in_sync.insert((uid, object.size));
                    }
                    self.rest(index, job, until.map(|until| self.processes[index].when(until)))
                }
                Step::Read(Read::Listing { .. }) if self.processes[index].has_list(&plan.step) => {
                    let clock = self.processes[index].clock(self.now);
                    self.processes[index].jobs[job].machine.answer(&plan.step, &StepOutcome::Done, clock);
                }
                Step::Read(_)
                | Step::Intend(_)
                | Step::Write(_)
                | Step::AddFinalizer
                | Step::RemoveFinalizer(_)
                | Step::ReportLeftover(_)
                | Step::Create
                | Step::Delete(_)
                | Step::Change(_)
                | Step::Mark(_)
                | Step::ApplySecret => self.begin(index, job, plan.step),
            }
        }
        let process = &self.processes[index];
        if let Some(wake) = process.jobs.iter().filter_map(|job| job.wake).min().filter(|_| !process.busy) {
            self.push(wake.max(self.now + 1), Due::Wake(index, process.life));
        }
    }

    fn count(&mut self, index: usize, plan: &Plan) {
        self.tally.plans += 1;
        *self.tally.states.entry(plan.state).or_default() += 1;
        let name = self.processes[index].name();
        self.say(|| format!("{name} {:?}: {:?} [{}]", plan.state, plan.step, plan.because));
        self.rush = if self.rush.0 == self.now { (self.now, self.rush.1 + 1) } else { (self.now, 0) };
        if self.rush.1 > 60 || self.tally.plans > 20_000 {
            self.break_off("NO REST: plans without end");
        }
    }

    fn rest(&mut self, index: usize, job: usize, until: Option<Ms>) {
        let now = self.now;
        let job = &mut self.processes[index].jobs[job];
        job.machine.begin();
        job.wake = until.map(|until| until.max(now + 1));
        job.over = until.is_none();
        let uid = job.uid;
        self.mirror(index, uid);
    }

    /// The status mirrors the record, by compare-and-swap on what the process holds.
    fn mirror(&mut self, index: usize, uid: u32) {
        let view = &self.processes[index].view;
        let Some(object) = view.object.as_ref().filter(|object| object.uid == uid && !object.deleting) else {
            return;
        };
        let Some(record) = object.record.as_ref().filter(|record| record.uid == uid.to_string()) else {
            return;
        };
        let status = record.ids.as_ref().map(|ids| ids["addon"].clone());
        if object.status == status || object.status.is_some() && status.is_some() {
            return;
        }
        if self.cluster.swap(uid, view.version, |object| object.status = status).is_ok() {
            self.wrote("status");
            self.processes[index].view = self.cluster.view(true);
            self.took_in(index);
            self.spread();
        }
    }

    fn took_in(&mut self, index: usize) {
        let now = self.now;
        self.processes[index].look(now);
    }

    /// Starts a step.
    fn begin(&mut self, index: usize, job: usize, step: Step) {
        let kind = Kind::of(&step);
        let now = self.now;
        let (nth, uid) = {
            let process = &mut self.processes[index];
            process.busy = true;
            let clock = process.clock(now);
            process.jobs[job].machine.start(&step, clock);
            let nth = process.steps.entry(kind).or_default();
            *nth += 1;
            (*nth, process.jobs[job].uid)
        };
        *self.tally.steps.entry(kind).or_default() += 1;
        let life = self.processes[index].life;
        let mut fate = self.fate(index, kind, nth);
        if self.processes[index].life != life {
            return;
        }
        if kind == Kind::Delete {
            fate.effect = fate.effect.max(self.setup.deletion);
        }
        let mut request = Request::new(index, self.processes[index].life, uid, step, fate);
        request.complete(&self.processes[index], now);
        if kind.is_cloud() {
            self.tally.requests += 1;
        }
        if kind == Kind::List {
            let shown = self.cloud.list(now, self.setup.lag, &mut self.dice);
            let during = self.cloud.empty.then(|| (Vec::new(), true));
            request.list = if self.cloud.outage { during } else { Some((shown, false)) };
        }
        self.processes[index].late |= kind == Kind::Create && request.fate.hold > 0;
        self.send(request);
    }

    fn send(&mut self, mut request: Request) {
        let (started, fate) = (request.started + request.fate.hold, request.fate.clone());
        let last_byte = started + fate.send;
        let at_once = matches!(request.step, Step::Delete(_)) || fate.verdict == Verdict::Reset;
        let effect = if at_once { 0 } else { fate.effect };
        let answer = fate.answer.map_or(Ms::MAX, |answer| last_byte + effect + answer);
        request.gave_up = answer > started + TIMEOUT;
        let index = self.requests.len();
        self.push(answer.min(started + TIMEOUT), Due::Answer(index));
        if fate.send <= TIMEOUT {
            self.push(last_byte, Due::Sent(index));
        }
        self.requests.push(request);
    }

    /// The last byte is out, if the process lived to send it.
    fn sent(&mut self, index: usize) {
        let request = &self.requests[index];
        if self.processes[request.process].life != request.life {
            return;
        }
        if let (Step::Delete(ids), Verdict::Done) = (&request.step, request.fate.verdict) {
            let found = !self.cloud.outage && self.cloud.is_live(super::cloud::number(ids));
            self.requests[index].outcome =
                Some(if found { StepOutcome::Done } else { StepOutcome::NotFound });
        }
        if self.requests[index].fate.verdict == Verdict::Reset {
            self.requests[index].outcome = Some(StepOutcome::Ambiguous("connection reset".to_owned()));
        }
        let effect = self.requests[index].fate.effect;
        self.push(self.now + effect, Due::Effect(index));
    }

    fn answer(&mut self, index: usize) {
        let request = self.requests[index].clone();
        let process = &self.processes[request.process];
        if process.life != request.life || !process.alive {
            return;
        }
        if process.frozen_until > self.now {
            return self.push(process.frozen_until, Due::Answer(index));
        }
        let outcome =
            request.outcome.clone().filter(|_| !request.gave_up).unwrap_or_else(|| silence(&request.step));
        let name = process.name();
        self.say(|| format!("{name}   hears of {:?}: {outcome:?}", Kind::of(&request.step)));
        let process = &mut self.processes[request.process];
        learn(process, &request, &outcome);
        let clock = process.clock(self.now);
        if let Some(job) = process.jobs.iter_mut().find(|job| job.uid == request.uid) {
            job.machine.answer(&request.step, &outcome, clock);
            job.wake = Some(self.now);
        }
        process.busy = false;
        process.look(self.now);
        self.drive(request.process);
    }

    fn watch(&mut self, index: usize, life: u32, view: usize) {
        let process = &self.processes[index];
        if !process.alive || process.life != life || self.views[view].version <= process.view.version {
            return;
        }
        let later = process.frozen_until.max(process.stale_until);
        if later > self.now {
            return self.push(later, Due::Watch(index, life, view));
        }
        let now = self.now;
        let process = &mut self.processes[index];
        process.view = self.views[view].clone();
        process.jobs.iter_mut().filter(|job| !job.over).for_each(|job| job.wake = Some(now));
        process.look(now);
        if !self.processes[index].busy {
            self.drive(index);
        }
    }

    fn restart(&mut self, index: usize, life: u32) {
        if self.processes[index].alive || self.processes[index].life != life {
            return;
        }
        let (view, now) = (self.cluster.view(false), self.now);
        self.processes[index].restart(now, view);
        self.took_in(index);
        let name = self.processes[index].name();
        self.say(|| format!("{name} starts, and remembers nothing"));
        self.drive(index);
    }
}
