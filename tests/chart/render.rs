//! What the chart renders, and what it refuses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::values::{leaves, places, table, with};
use harness::helm::{CHART, objects};
use harness::{Helm, PLANE, expect};

const BOTH: [Helm; 2] = [Helm::V4, Helm::V3];
const NAME: &str = "clever-operator";
const NAMESPACE: &str = "chart-values";

#[test]
fn nothing_in_it_is_worth_a_warning() {
    for helm in BOTH {
        let said = helm.run(&["lint", "--strict", CHART]).unwrap();
        assert!(!said.contains("[WARNING]") && !said.contains("[ERROR]"), "{helm:?}: {said}");
    }
}

#[test]
fn with_no_values_it_renders_what_it_should() {
    let printed = Helm::V4.template(NAME, NAME, &json!({})).unwrap();
    expect("chart/defaults.yaml", &printed);
    assert_eq!(
        objects(&printed),
        objects(&Helm::V3.template(NAME, NAME, &json!({})).unwrap()),
        "both versions render the same"
    );
}

#[test]
fn its_version_is_that_of_the_program() {
    let chart: Value =
        serde_yaml::from_str(&std::fs::read_to_string(format!("{CHART}/Chart.yaml")).unwrap()).unwrap();
    assert_eq!([&chart["version"], &chart["appVersion"]], [env!("CARGO_PKG_VERSION"); 2]);
}

#[test]
fn every_value_changes_something_and_a_cluster_takes_it() {
    let flips: Vec<Flip> = table("flips").iter().map(Flip::read).collect();
    let flipped: BTreeSet<_> = flips.iter().map(|flip| flip.value.clone()).collect();
    assert_eq!(
        flipped,
        leaves().into_iter().collect(),
        "tests/chart/flips.yaml has to hold every value, and no other"
    );
    prepare();
    let changed: Vec<_> = flips.iter().map(|flip| (flip, flip.changed())).collect();
    let all: Vec<&Value> = changed.iter().flat_map(|(_, objects)| objects).collect();
    let Err(said) = dry_run(&all) else {
        return;
    };
    // Which of them it is, nobody says.
    for (flip, objects) in changed.iter().filter(|(_, objects)| !objects.is_empty()) {
        let said = dry_run(&objects.iter().collect::<Vec<_>>());
        assert!(said.is_ok(), "`{}` as {} is refused: {}", flip.value, flip.to, said.unwrap_err());
    }
    panic!("one by one they are taken, and not together: {said}");
}

#[test]
fn a_wrong_value_is_refused_with_its_name() {
    for place in places().iter().filter(|place| !place.path.is_empty()) {
        let said = refused(&with(&json!({}), &place.path, wrong(&place.schema)));
        let known_as = [place.path.join("/"), place.path.join(".")];
        assert!(
            said.iter().all(|said| known_as.iter().any(|name| said.contains(name))),
            "{}: {said:#?}",
            place.name()
        );
    }
    for place in places().iter().filter(|place| place.is_map) {
        let path = [place.path.as_slice(), &["unheardOf".to_owned()]].concat();
        let said = refused(&with(&json!({}), &path, json!("x")));
        assert!(said.iter().all(|said| said.contains("unheardOf")), "{}: {said:#?}", place.name());
    }
    for row in table("wrong") {
        let said = refused(&row["values"]);
        for word in row["says"].as_array().unwrap() {
            assert!(
                said.iter().all(|said| said.contains(word.as_str().unwrap())),
                "{word} is not in {said:#?}"
            );
        }
    }
}

/// One value, changed.
struct Flip {
    value: String,
    to: Value,
    /// What holds on both sides.
    with: Value,
}

impl Flip {
    fn read(row: &Value) -> Self {
        Self {
            value: row["value"].as_str().unwrap().to_owned(),
            to: row["to"].clone(),
            with: row["with"].clone(),
        }
    }

    /// The objects that are different with it.
    fn changed(&self) -> Vec<Value> {
        let before = objects(&Helm::V4.template(NAME, NAMESPACE, &self.with).unwrap());
        let flipped = with(&self.with, &self.value.split('.').collect::<Vec<_>>(), self.to.clone());
        let after = Helm::V4
            .template(NAME, NAMESPACE, &flipped)
            .unwrap_or_else(|said| panic!("`{}`: {said}", self.value));
        let after = objects(&after);
        assert_ne!(before, after, "`{}` as {} changes nothing", self.value, self.to);
        after.into_iter().filter(|object| !before.contains(object)).collect()
    }
}

/// What the objects are put into: namespaces, and a kind of others.
fn prepare() {
    let namespace = |name: &&str| {
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }).to_string()
    };
    let manifests =
        [NAMESPACE, "watched-a", "watched-b"].iter().map(namespace).collect::<Vec<_>>().join("\n---\n");
    PLANE.kubectl().apply(&manifests).unwrap();
    harness::kinds::install(include_str!("servicemonitor.yaml"));
}

/// What the API server would say to them. Fields that it does not know are refused, too.
fn dry_run(objects: &[&Value]) -> Result<(), String> {
    let manifest = objects.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n---\n");
    let arguments = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    PLANE.kubectl().run_with_input(&arguments, &manifest).map(drop).map_err(|error| error.to_string())
}

/// What each version of helm says to values that it must refuse.
fn refused(values: &Value) -> [String; 2] {
    BOTH.map(|helm| helm.template(NAME, NAMESPACE, values).expect_err(&format!("{helm:?} takes {values}")))
}

/// A value of a type that this schema does not allow.
fn wrong(schema: &Value) -> Value {
    let allows = |name: &str| {
        schema["type"] == name || schema["type"].as_array().is_some_and(|all| all.contains(&json!(name)))
    };
    if allows("object") { json!(["wrong"]) } else { json!({ "wrong": true }) }
}
