//! Stories: events and states as text.

use std::fmt::Write as _;

use super::state::{Code, Record, Release, Resource, State};

/// Something that happens. The text has `{r}` for the resource and `{x}` for the add-on.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    text: &'static str,
    place: usize,
    addon: u8,
}

const PLACE_NAMES: [&str; 3] = ["R1", "R2", "R1 of the second cluster"];
const SHORT_NAMES: [&str; 3] = ["R1", "R2", "R1'"];
const ADDON_NAMES: [&str; 4] = ["–", "x", "y", "z"];

pub(super) fn event(text: &'static str, place: usize, addon: u8) -> Event {
    Event { text, place, addon }
}

pub(super) fn tell(event: Event) -> String {
    event.text.replace("{r}", PLACE_NAMES[event.place]).replace("{x}", name(event.addon))
}

fn name(addon: u8) -> &'static str {
    ADDON_NAMES[usize::from(addon)]
}

pub(super) fn show(state: &State) -> String {
    let mut text = String::new();
    for (place, resource) in state.resources.iter().enumerate().filter(|(_, resource)| resource.uid != 0) {
        let _ = write!(text, "[{} {}] ", SHORT_NAMES[place], self::resource(resource));
    }
    for (at, addon) in state.addons.iter().enumerate().filter(|(_, addon)| addon.exists) {
        let owner = match addon.name {
            0 => "renamed".to_owned(),
            uid => format!("of uid {uid}"),
        };
        let _ = write!(text, "{} {owner}; ", name(at as u8 + 1));
    }
    text
}

fn resource(resource: &Resource) -> String {
    let deleting = if resource.deleting { ", deleting" } else { "" };
    let finalizer = if resource.finalizer { "" } else { ", no finalizer" };
    let status =
        if resource.status == 0 { String::new() } else { format!(", status {}", name(resource.status)) };
    format!("uid {}{deleting}{finalizer}{}{status}", resource.uid, record(&resource.record))
}

fn record(record: &Record) -> String {
    if record.id == 0 {
        return String::new();
    }
    let code = match record.code {
        Code::None => ", no code",
        Code::First | Code::Second | Code::Other => "",
    };
    let released = match record.released {
        Release::None => "",
        Release::Deleted => ", released: deleted",
        Release::Retained => ", released: retained",
    };
    let place = SHORT_NAMES[usize::from(record.place)];
    format!(", record of {} ({place}, uid {}{code}{released})", name(record.id), record.uid)
}
