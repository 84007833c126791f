//! Edits of every changeable field of every kind, by the machine without I/O: whenever the resource is ready, the cloud
//! has been sent what the spec asks for. With and without a restart of the operator in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "exchange/notation.rs"]
mod notation;

use std::collections::BTreeSet;
use std::sync::Arc;

use interpreter::catalog::Addon;
use interpreter::simulate::{Script, SimulatedResource, Simulation};
use notation::{catalog, folder};
use serde_json::{Map, Value, json};

#[test]
fn a_field_is_edited_twice_and_both_values_are_sent() {
    for restarts in [false, true] {
        for (addon, recorded, path, values) in edits() {
            let mut edited = Edited::new(&addon, &recorded);
            for (value, sent) in &values {
                if restarts {
                    assert_eq!(
                        writes(&edited.resource.restart()),
                        0,
                        "{} {path}: a restart writes nothing",
                        addon.name
                    );
                }
                let simulation = edited.edit(&path, value.clone());
                let context = format!("{} {path} = {value}, restarts: {restarts}", addon.name);
                assert!(simulation.is_ready(), "{context}: {} {}", simulation.reason, simulation.because);
                assert!(is_sent(&simulation, sent), "{context}: {:?}", simulation.exchanges);
            }
        }
    }
}

#[test]
fn an_edit_to_a_value_that_is_not_on_offer_is_never_ready() {
    for (addon, recorded, path, values) in edits() {
        let field = addon.fields.iter().find(|field| field.path.join(".") == path).unwrap();
        if field.one_of.is_none() || addon.offers.is_empty() {
            continue;
        }
        let mut edited = Edited::new(&addon, &recorded);
        assert!(edited.edit(&path, values[0].0.clone()).is_ready());
        let refused = edited.edit(&path, if values[0].0.is_number() { json!(4711) } else { json!("nope") });
        let context = format!("{} {path}: {} {}", addon.name, refused.reason, refused.because);
        assert!(!refused.is_ready() && writes(&refused) == 0, "{context}");
        assert!(refused.because.contains("offers no such"), "{context}");
        assert!(edited.edit(&path, values[0].0.clone()).is_ready());
    }
}

#[test]
fn a_value_that_no_answer_shows_is_compared_with_the_one_that_was_sent() {
    for restarts in [false, true] {
        let (addon, recorded) = (vault(), Map::new());
        let mut edited = Edited::new(&addon, &recorded);
        let mut edit = |path: &str, value: Value| {
            if restarts {
                edited.resource.restart();
            }
            let simulation = edited.edit(path, value);
            (simulation.reason.clone(), writes(&simulation), simulation.because)
        };
        let added = edit("locale", json!("fr_FR"));
        assert_eq!((added.0.as_str(), added.1), ("Immutable", 0));
        assert!(added.2.contains("was created without a value"), "{}", added.2);
        assert_eq!(edit("locale", Value::Null).0, "InSync");
        assert_eq!(edit("mode", json!("fast")).1, 1);
        let removed = edit("mode", Value::Null);
        assert_eq!((removed.0.as_str(), removed.1), ("FieldIgnored", 0));
        assert!(removed.2.contains("the add-on keeps `fast`"), "{}", removed.2);
        let renewed = edit("login", json!("hunter2"));
        assert_eq!((renewed.0.as_str(), renewed.1), ("FieldIgnored", 1));
        assert!(!renewed.2.contains("hunter2"));
        assert_eq!(edit("login", json!("hunter2")).1, 0, "once for each value");
    }
}

/// Fields whose values no answer shows.
const UNSEEN: [&str; 1] = ["login"];

/// Hours of a day, in each of which the resource is reconciled.
const DAY: u32 = 24;

#[test]
fn what_others_change_in_a_day_is_corrected_reported_or_ignored_as_the_policy_says() {
    for policy in [None, Some("correct"), Some("report"), Some("ignore")] {
        for (addon, recorded, path, values) in edits() {
            let field = addon.fields.iter().find(|field| field.path.join(".") == path).unwrap();
            let change = field.changes.as_ref().map(|changes| &addon.changes[&changes.by]);
            let own = field.drift.map(|drift| format!("{drift:?}").to_lowercase());
            let expected = match policy.or(own.as_deref()) {
                _ if UNSEEN.contains(&path.as_str()) => "unseen",
                None | Some("correct" | "report") if is_one_way(field) => "stays",
                None if change.is_some_and(|change| change.repeatable) => "correct",
                None => "report",
                Some(policy) => policy,
            };
            for restarts in [false, true] {
                let context = format!("{} {path}, policy {policy:?}, restarts: {restarts}", addon.name);
                day(&addon, &recorded, (&path, &values), (policy, expected, restarts), &context);
            }
        }
    }
}

/// Another client changes the add-on from the first value to the second one, and a day passes.
fn day(
    addon: &Arc<Addon>,
    recorded: &Map<String, Value>,
    (path, values): (&str, &[(Value, String)]),
    (policy, expected, restarts): (Option<&str>, &str, bool),
    context: &str,
) {
    let mut edited = Edited::new(addon, recorded);
    let mut other = Edited::new(addon, recorded);
    // Some fields have one value besides that of the example.
    if let [first, _, ..] = values {
        assert!(edited.edit(path, first.0.clone()).is_ready(), "{context}");
        assert!(other.edit(path, first.0.clone()).is_ready(), "{context}");
    }
    assert!(other.edit(path, values.last().unwrap().0.clone()).is_ready(), "{context}");
    if let Some(policy) = policy {
        edited.manifest["metadata"]["annotations"] = json!({ "operator.clever-cloud.com/drift": policy });
        assert_eq!(writes(&edited.reapply()), 0, "{context}");
    }
    edited.resource.change_elsewhere(&other.resource);
    let mut sent = 0;
    let mut last = None;
    for _ in 0..DAY {
        let hour = edited.resource.later(std::time::Duration::from_secs(3600));
        sent += writes(&hour);
        if restarts {
            sent += writes(&edited.resource.restart());
        }
        last = Some(hour);
    }
    let last = last.unwrap();
    let told = format!("{context}: {} {}", last.reason, last.because);
    let reason = last.reason.as_str();
    match expected {
        "correct" => assert!(reason == "InSync" && sent > 0, "{told}, {sent} writes"),
        "report" => {
            assert_eq!((reason, sent), ("Drifted", 0), "{told}");
            assert!(last.because.contains("confirm-drift"), "{told}");
        }
        "stays" => assert_eq!((reason, sent), ("Drifted", 0), "{told}"),
        "ignore" => assert_eq!((reason, sent), ("FieldIgnored", 0), "{told}"),
        _ => assert!(last.is_ready() && sent == 0, "{told}, {sent} writes"),
    }
}

/// A version that another client upgraded cannot be taken back.
fn is_one_way(field: &interpreter::catalog::Field) -> bool {
    field.changes.as_ref().is_some_and(|changes| changes.only.is_some())
}

#[test]
fn every_changeable_field_is_edited() {
    let tested: BTreeSet<_> =
        edits().into_iter().map(|(addon, _, path, _)| (addon.name.clone(), path)).collect();
    for addon in catalog("../../catalog").addons.values() {
        for field in addon.fields.iter().filter(|field| field.changes.is_some()) {
            let path = field.path.join(".");
            let is_tested = tested.contains(&(addon.name.clone(), path.clone()));
            // MySQL 9 is not on offer; the field is like that of PostgreSQL.
            assert!(
                is_tested || (addon.name == "mysql" && path == "options.version"),
                "{} {path}",
                addon.name
            );
        }
    }
}

/// A resource that was created from the first example of its kind.
struct Edited<'a> {
    resource: SimulatedResource<'a>,
    manifest: Value,
}

impl<'a> Edited<'a> {
    fn new(addon: &'a Arc<Addon>, recorded: &'a Map<String, Value>) -> Self {
        let example = &addon.examples[0];
        let manifest = json!({ "metadata": { "name": example.name }, "spec": example.spec });
        let mut resource =
            SimulatedResource::new(&Script { addon, manifest: &Value::Null, was: None, recorded });
        let created = resource.apply(&manifest);
        assert!(created.is_ready(), "{}: {} {}", addon.name, created.reason, created.because);
        Self { resource, manifest }
    }

    /// Applies the manifest with other annotations.
    fn reapply(&mut self) -> Simulation {
        self.resource.apply(&self.manifest)
    }

    fn edit(&mut self, path: &str, value: Value) -> Simulation {
        let mut parent = &mut self.manifest["spec"];
        let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
        for name in parents.split('.').filter(|name| !name.is_empty()) {
            parent = &mut parent[name];
        }
        if value.is_null() {
            parent.as_object_mut().unwrap().shift_remove(last);
        } else {
            parent[last] = value;
        }
        self.resource.apply(&self.manifest)
    }
}

fn writes(simulation: &Simulation) -> usize {
    simulation.exchanges.iter().filter(|exchange| exchange.writes).count()
}

fn is_sent(simulation: &Simulation, text: &str) -> bool {
    let mut writes = simulation.exchanges.iter().filter(|exchange| exchange.writes);
    writes.any(|exchange| {
        exchange.sent.body.as_ref().is_some_and(|body| body.to_string().contains(&format!("\"{text}\"")))
    })
}

type Edit = (Arc<Addon>, Map<String, Value>, String, Vec<(Value, String)>);

fn edits() -> Vec<Edit> {
    let mut addons = catalog("../../catalog").addons;
    addons.extend(catalog("edits/catalog").addons);
    let text = std::fs::read_to_string(folder("edits/edits.yaml")).unwrap();
    let table: Value = serde_yaml::from_str(&text).unwrap();
    let mut all = Vec::new();
    for (name, kind) in table.as_object().unwrap() {
        let recorded = kind["recorded"].as_object().cloned().unwrap_or_default();
        for (path, values) in kind["edits"].as_object().unwrap() {
            let pair = |pair: &Value| (pair[0].clone(), pair[1].as_str().unwrap().to_owned());
            let values = values.as_array().unwrap().iter().map(pair).collect();
            all.push((Arc::clone(&addons[name]), recorded.clone(), path.clone(), values));
        }
    }
    all
}

fn vault() -> Arc<Addon> {
    Arc::clone(&catalog("edits/catalog").addons["vault"])
}
