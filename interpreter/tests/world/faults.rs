//! Faults, and what people do: when they are due, what they change, and how they are called.

use super::cloud::{End, number};
use super::run::{Due, World};
use super::script::{Fate, Kind, Ms, User, Verdict, What, When};

impl World {
    /// What becomes of this step's request; schedules what else is due with it.
    pub(crate) fn fate(&mut self, index: usize, kind: Kind, nth: u32) -> Fate {
        let mut fate = Fate {
            send: 1 + self.dice.below(20),
            effect: self.dice.below(20),
            answer: Some(1 + self.dice.below(20)),
            ..Fate::PLAIN
        };
        if self.calm {
            return fate;
        }
        for event in 0..self.events.len() {
            let When::Step { process, kind: of, nth: at, delay } = self.events[event].when else {
                continue;
            };
            if (process, of, at) != (index, kind, nth) {
                continue;
            }
            if let What::Fate(wanted) = self.events[event].what.clone() {
                self.note(fate_name(&wanted));
                self.played[event] = true;
                fate = wanted;
            } else if delay == 0 {
                self.play(event);
            } else {
                self.push(self.now + delay, Due::Script(event));
            }
        }
        fate
    }

    fn note(&mut self, name: &'static str) {
        self.tally.fault(name);
        self.say(|| format!("***   {name}"));
    }

    pub(crate) fn play(&mut self, event: usize) {
        let what = self.events[event].what.clone();
        if self.calm || self.is_pointless(&what) {
            return;
        }
        self.note(fault_name(&what));
        self.played[event] = true;
        match what {
            What::Crash { process, back } => self.crash(process, back),
            What::Freeze { process, pause, suspended } => {
                let process = &mut self.processes[process];
                let (since, until) =
                    (process.frozen_until.max(self.now), process.frozen_until.max(self.now + pause));
                process.frozen_until = until;
                process.stalled += if suspended { until - since } else { 0 };
            }
            What::Stale { process, pause } => self.processes[process].stale_until = self.now + pause,
            What::WallJumps { process, by } => self.processes[process].wall_off += by,
            What::Fate(_) => (),
            What::Outage { pause, empty } => {
                (self.cloud.outage, self.cloud.empty) = (true, empty);
                self.push(self.now + pause, Due::OutageEnds);
            }
            What::LostAtCloud => self.lose(),
            What::EntryGone => {
                self.cluster.kind_removed = true;
                self.nudge();
            }
            What::SecretEdited => {
                if let Some(secret) = &mut self.cluster.secret {
                    secret.addon = None;
                }
                self.nudge();
            }
            What::ResizedInConsole => self.resize_in_console(),
            What::SecretDeleted => {
                self.cluster.secret = None;
                self.nudge();
            }
            What::User(user) => self.edit(user),
        }
        self.spread();
    }

    /// It would change nothing, or what the world must not do.
    fn is_pointless(&self, what: &What) -> bool {
        let object = self.cluster.object.as_ref();
        if let What::Crash { process, .. } = what {
            return !self.processes[*process].alive || self.processes[*process].late;
        }
        let What::User(user) = what else {
            return false;
        };
        let lost = object.is_none_or(|object| object.deleting || object.record.is_none());
        (*user == User::Applies) == object.is_some() || (*user == User::LosesRecord && lost)
    }

    fn crash(&mut self, index: usize, back: Option<Ms>) {
        self.processes[index].die();
        if let Some(back) = back {
            let life = self.processes[index].life;
            self.push(self.now + back, Due::Restart(index, life));
        }
    }

    fn lose(&mut self) {
        let now = self.now;
        let recorded = self.cluster.object.as_ref().and_then(|object| object.record.as_ref()?.ids.clone());
        if let Some(addon) = recorded.and_then(|ids| self.cloud.get_mut(number(&ids))) {
            addon.end = Some(End { hidden: now });
        }
    }

    /// Whoever watches Secrets looks again.
    fn nudge(&mut self) {
        for index in 0..self.processes.len() {
            let now = self.now;
            let process = &mut self.processes[index];
            process.jobs.iter_mut().filter(|job| !job.over).for_each(|job| job.wake = Some(now));
            if process.alive && !process.busy {
                let life = process.life;
                self.push(now + 5, Due::Wake(index, life));
            }
        }
    }

    /// A size that no spec asks for.
    fn resize_in_console(&mut self) {
        let Some(object) = &self.cluster.object else { return };
        let Some(id) = self.cloud.live_of(object.uid).first().copied() else { return };
        if let Some(addon) = self.cloud.get_mut(id) {
            addon.size += 100;
            addon.resized = true;
        }
    }

    fn edit(&mut self, user: User) {
        if user == User::Applies {
            return self.cluster.apply();
        }
        self.cluster.edit(|object| match user {
            User::Deletes => object.deleting = true,
            User::Applies | User::Touches => (),
            User::Resizes => (object.size, object.generation) = (object.size + 1, object.generation + 1),
            User::BreaksSpec => (object.broken, object.generation) = (true, object.generation + 1),
            User::MendsSpec => (object.broken, object.generation) = (false, object.generation + 1),
            User::ConfirmsRecreation => {
                let ids = object.record.as_ref().and_then(|record| record.ids.as_ref());
                object.recreate = ids.map(|ids| ids["addon"].clone());
            }
            User::WipesStatus => object.status = None,
            User::LosesRecord => object.record = None,
            User::LosesCode => object.signed = false,
            User::LosesFinalizer => object.finalizer = false,
        });
        if self.cluster.object.is_none() {
            self.judge_gone();
        }
    }
}

/// A fault, in a few words.
fn fault_name(what: &What) -> &'static str {
    match what {
        What::Crash { .. } => "a crash",
        What::Freeze { suspended: false, .. } => "a freeze",
        What::Freeze { suspended: true, .. } => "a suspension",
        What::Stale { .. } => "a stale cache",
        What::WallJumps { .. } => "a wall clock jumps",
        What::Fate(fate) => fate_name(fate),
        What::User(User::Deletes) => "the user deletes the resource",
        What::User(User::Applies) => "the user applies it again",
        What::User(User::Touches) => "the user edits a label",
        What::User(User::Resizes) => "the user edits the size",
        What::User(User::BreaksSpec) => "the user breaks the spec",
        What::User(User::MendsSpec) => "the user mends the spec",
        What::User(User::ConfirmsRecreation) => "the user confirms a recreation",
        What::User(User::WipesStatus) => "the status is wiped",
        What::User(User::LosesRecord) => "the record is lost",
        What::User(User::LosesCode) => "the code of the record is lost",
        What::User(User::LosesFinalizer) => "the finalizer is lost",
        What::SecretEdited => "the Secret is edited",
        What::SecretDeleted => "the Secret is deleted",
        What::ResizedInConsole => "a user of the cloud changes the size",
        What::EntryGone => "the entry is gone from the catalog",
        What::LostAtCloud => "the add-on is lost at the cloud",
        What::Outage { .. } => "an outage",
    }
}

fn fate_name(fate: &Fate) -> &'static str {
    if fate.effect > 1000 {
        return "a late effect";
    }
    match fate.verdict {
        Verdict::Nothing => "a request comes to nothing",
        Verdict::Broken => "an error after the effect",
        Verdict::Reset => "a broken connection",
        Verdict::Rejected => "a refusal",
        Verdict::Throttled => "throttling",
        Verdict::Unsent => "no connection",
        Verdict::Done if fate.hold > 0 => "frozen between check and request",
        Verdict::Done if fate.answer.is_none() => "an answer is lost",
        Verdict::Done => "a slow request",
    }
}
