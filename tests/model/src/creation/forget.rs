//! Forgets whatever can no longer matter, so that states that differ in it are one.

use super::Creation;
use super::rules::ListAfterIntent;
use super::state::{ADDONS, Addon, Phase, Process, Resource, Stage, State};

impl Creation {
    pub(super) fn forget(&self, state: &mut State) {
        for process in &mut state.processes {
            self.forget_requests(process);
            if matches!(process.phase, Phase::Idle | Phase::Listing | Phase::Rereading) {
                self.forget_creation(process);
            }
        }
        if state.resource.id != 0 && !self.rules.attempt_stays_open {
            state.resource.attempt = 0;
        }
        if !state.resource.exists {
            state.resource = Resource::default();
            (state.secret, state.writer, state.attempt_age) = (0, 0, 0);
            state.lost_record = false;
            state.addons.iter_mut().for_each(|addon| addon.in_secret = false);
        }
        for at in 0..ADDONS {
            if state.addons[at].stage != Stage::Deleted {
                continue;
            }
            let is_named = state.names(at);
            let addon = &mut state.addons[at];
            (addon.going, addon.elder) = (false, false);
            if !is_named && addon.age >= self.rules.ticks.lag {
                *addon = Addon::default();
            }
        }
    }

    fn forget_requests(&self, process: &mut Process) {
        let rules = &self.rules;
        let keeps_lists = rules.list_after_intent == ListAfterIntent::Any;
        if process.phase == Phase::Dead {
            let view = if rules.stale_start { process.view } else { Resource::default() };
            *process = Process { view, ..Process::default() };
        }
        let is_waiting = match process.phase {
            Phase::Idle => true,
            Phase::Listing | Phase::Rereading => !rules.window_before_list,
            Phase::Dead | Phase::Ready | Phase::Sending | Phase::Waiting | Phase::Answering => false,
        };
        if process.own && rules.window && process.age > rules.ticks.window && is_waiting {
            process.own = false;
        }
        if !matches!(process.phase, Phase::Listing | Phase::Rereading) && !keeps_lists {
            process.kept = false;
        }
        if process.phase != Phase::Listing {
            process.late_list = false;
            if !(process.kept && keeps_lists) {
                process.shown = 0;
            }
        }
    }

    fn forget_creation(&self, process: &mut Process) {
        let rules = &self.rules;
        if !process.unsure {
            process.timer = 0;
        }
        if process.view.id != 0 {
            if !rules.attempt_stays_open {
                process.view.attempt = 0;
            }
            if rules.swaps_intent && rules.swaps_record && !rules.loses_record {
                (process.own, process.clean) = (false, false);
                if process.view.attempt == 0 {
                    process.attempt = 0;
                    if !rules.id_has_clock {
                        process.age = 0;
                    }
                }
            }
        }
        if process.held == 0 {
            process.held_is_current = false;
            process.late &= process.unsure;
        }
        if !process.view.exists && process.held == 0 && process.phase == Phase::Idle {
            let unsure = process.unsure && rules.looks_when_gone;
            *process = Process {
                phase: Phase::Idle,
                fresh: process.fresh,
                unsure,
                timer: if unsure { process.timer } else { 0 },
                late: process.late && unsure,
                ..Process::default()
            };
        }
    }
}

impl State {
    /// Returns true when the resource, the Secret or a process names this add-on.
    fn names(&self, at: usize) -> bool {
        let id = at as u8 + 1;
        let by_process = |process: &Process| {
            let ids = [process.view.id, process.view.status, process.held, process.target];
            ids.contains(&id) || process.shown >> at & 1 == 1
        };
        let by_resource = [self.resource.id, self.resource.status, self.secret].contains(&id);
        by_resource || self.processes.iter().any(by_process)
    }
}
