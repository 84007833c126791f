//! Comparison of an example with its expectations: each mismatch is reported at the line that expects
//! something else.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Code, Example, Expectation, Problem};
use crate::resource::{Secret, lacking};
use crate::simulate::script::replay;
use crate::simulate::types::{NOT_RECORDED, Script, Simulation};

/// Result of trying an example.
#[derive(Debug)]
pub enum Trial {
    /// The example expects nothing, and no answers are recorded for it.
    Untried,
    /// The example was tried, with these problems.
    Tried(Vec<Problem>),
}

/// Tries an example against the recorded answers.
pub fn attempt(addon: &Arc<Addon>, example: &Example) -> Trial {
    let is_recorded = addon.answers.iter().any(|answer| answer.asked == "create");
    if !lacking(addon).is_empty() || (example.expect.is_none() && !is_recorded) {
        return Trial::Untried;
    }
    let manifest = json!({ "metadata": { "name": example.name }, "spec": example.spec });
    let script = Script { addon, manifest: &manifest, was: None, recorded: &example.recorded };
    let replayed = replay(&script);
    if !replayed.is_ready() {
        let message =
            format!("the example does not become ready ({}): {}", replayed.reason, replayed.because);
        let about = replayed
            .exchanges
            .last()
            .filter(|_| replayed.reason == NOT_RECORDED)
            .map(|exchange| exchange.asked.as_str());
        let answer = addon.answers.iter().find(|answer| Some(answer.asked.as_str()) == about);
        let help = match replayed.reason.as_str() {
            NOT_RECORDED if answer.is_some() => "Correct the recorded answer, or the selectors that read it.",
            NOT_RECORDED => "Record the answer under `answers:`, in the API or in the add-on.",
            _ => "Correct the example, or its recorded answers.",
        };
        let at = answer.map_or(&example.at, |answer| &answer.at);
        return Trial::Tried(vec![at.problem(Code::NotReplayed, message, Some(help.to_owned()))]);
    }
    let mut found = Differences { problems: Vec::new(), expect: example.expect.as_ref() };
    found.compare(&replayed);
    Trial::Tried(found.problems)
}

struct Differences<'a> {
    problems: Vec<Problem>,
    expect: Option<&'a Expectation>,
}

impl Differences<'_> {
    fn compare(&mut self, replayed: &Simulation) {
        let Some(expect) = self.expect else { return };
        if expect.places.contains_key("/sent") {
            self.sent(&expect.sent, replayed);
        }
        if let Some(wanted) = &expect.secret {
            self.secret(wanted, replayed.secret.as_ref());
        }
        for (key, wanted) in &expect.status {
            self.value(&format!("/status/{}", part(key)), wanted, replayed.status.get(key));
        }
    }

    fn sent(&mut self, wanted: &[(String, Value)], replayed: &Simulation) {
        let writes: Vec<_> = replayed.exchanges.iter().filter(|exchange| exchange.writes).collect();
        let names: Vec<_> = writes.iter().map(|exchange| exchange.asked.as_str()).collect();
        if names != wanted.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>() {
            self.note("/sent", listed(&names));
            return;
        }
        for ((name, body), exchange) in wanted.iter().zip(writes) {
            self.value(&format!("/sent/{}", part(name)), body, exchange.sent.body.as_ref());
        }
    }

    fn secret(&mut self, wanted: &Value, secret: Option<&Secret>) {
        let keys = secret.map(|secret| secret.keys.clone()).unwrap_or_default();
        let Some(names) = wanted.as_array() else {
            let held: Map<_, _> = keys.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
            return self.value("/secret", wanted, Some(&Value::Object(held)));
        };
        let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
        for (index, name) in names.iter().enumerate().filter(|(_, name)| !keys.contains_key(**name)) {
            self.note(&format!("/secret/{index}"), format!("the Secret has no key `{name}`"));
        }
        let more: Vec<_> =
            keys.keys().filter(|key| !names.contains(&key.as_str())).map(|key| format!("`{key}`")).collect();
        if !more.is_empty() {
            self.note("/secret", format!("the Secret has more keys: {}", more.join(", ")));
        }
    }

    /// Compares a value. In an object, the keys that are written must be there; any other value must be
    /// equal.
    fn value(&mut self, at: &str, wanted: &Value, found: Option<&Value>) {
        match (wanted, found) {
            (Value::Object(wanted), Some(Value::Object(found))) => {
                for (key, value) in wanted {
                    self.value(&format!("{at}/{}", part(key)), value, found.get(key));
                }
            }
            (wanted, Some(found)) if wanted == found => {}
            (wanted, Some(found)) => self.note(at, format!("the value is {found}, but {wanted} is expected")),
            (wanted, None) => self.note(at, format!("there is no value, but {wanted} is expected")),
        }
    }

    fn note(&mut self, at: &str, message: String) {
        let place = self.expect.and_then(|expect| expect.places.get(at).or_else(|| expect.places.get("")));
        let help = "Correct the entry if the result is wrong, or `expect` if the result is right.".to_owned();
        self.problems.extend(place.map(|place| place.problem(Code::NotAsExpected, message, Some(help))));
    }
}

/// Describes the requests that were sent.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "the operator sends no request that creates or changes something".to_owned(),
        [one] => format!("the operator sends only {one}"),
        several => format!("the operator sends {}, in this order", several.join(", ")),
    }
}

fn part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
