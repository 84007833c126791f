//! Stories: events and states as text.

use std::fmt::Write as _;

use super::state::{Phase, Process, Stage, State};
use super::turn::Event;

const PROCESS_NAMES: [&str; 4] = ["A", "B", "C", "cloud"];
const ADDON_NAMES: [&str; 4] = ["–", "x", "y", "z"];

pub(super) fn tell(event: Event) -> String {
    let text = event.text.replace("{p}", PROCESS_NAMES[event.process]).replace("{x}", name(event.addon));
    if event.is_unanswered { format!("{text}; the answer is lost") } else { text }
}

fn name(addon: u8) -> &'static str {
    ADDON_NAMES[usize::from(addon)]
}

pub(super) fn show(state: &State) -> String {
    let mut text = resource(state);
    for (at, addon) in state.addons.iter().enumerate() {
        let stage = match addon.stage {
            Stage::None => continue,
            Stage::InFlight => "in flight",
            Stage::Live => "exists",
            Stage::Deleted => "deleted",
        };
        let going = if addon.going { ", a deletion in flight" } else { "" };
        let _ = write!(text, " {} {stage} for {}{going};", name(at as u8 + 1), addon.age);
    }
    for (at, process) in state.processes.iter().enumerate() {
        if at < 2 || *process != Process::default() {
            let _ = write!(text, "  {} {}", PROCESS_NAMES[at], self::process(process));
        }
    }
    text
}

fn resource(state: &State) -> String {
    let resource = state.resource;
    if !resource.exists {
        return "[gone]".to_owned();
    }
    let deleting = if resource.deleting { "deleting, " } else { "" };
    let finalizer = if resource.finalizer { "" } else { "no finalizer, " };
    let (id, secret) = (name(resource.id), name(state.secret));
    format!("[{deleting}{finalizer}attempt {}, id {id}, Secret {secret}]", resource.attempt)
}

fn process(process: &Process) -> String {
    let phase = match process.phase {
        Phase::Dead => return "dead".to_owned(),
        Phase::Idle => "idle",
        Phase::Listing => "listing",
        Phase::Rereading => "reading",
        Phase::Ready => "ready",
        Phase::Sending => "sending",
        Phase::Waiting => "waiting",
        Phase::Answering => "writing",
    };
    let own = if process.own { "own " } else { "" };
    let held = if process.held > 0 { format!(", holds {}", name(process.held)) } else { String::new() };
    let unsure = if process.unsure { ", unsure" } else { "" };
    let stale = if process.fresh { "" } else { ", stale" };
    format!("{phase} ({own}attempt {}, age {}{held}{unsure}{stale})", process.attempt, process.age)
}
