//! `docs/reference.md` lists exactly the public names that the code has: annotations, events, metrics. The
//! reasons of conditions are compared with `docs/kinds/README.md`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, iter};

use clever_operator::engine::{EventAction, MilestoneReason, WarningReason};
use clever_operator::telemetry::catalog::Entry;
use clever_operator::telemetry::{Lease, Outcome, ReconcileResult, Telemetry};
use interpreter::plan::Reason;
use serde_json::json;

const PREFIX: &str = "operator.clever-cloud.com/";
const METRIC: &str = "clever_operator_";

#[test]
fn the_page_lists_the_annotations_and_labels_of_the_code() {
    let written: BTreeSet<String> = ["src", "interpreter/src"]
        .iter()
        .flat_map(|folder| sources(folder))
        .flat_map(|text| names(&text))
        .collect();
    assert!(written.len() >= 9, "the names were not found: {written:?}");
    assert_eq!(written, first_cells(&page(), "Annotations and labels"));
    for name in &written {
        let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(name[PREFIX.len()..].chars().all(is_kebab), "{name} is not in kebab-case");
    }
}

#[test]
fn the_page_lists_the_actions_and_reasons_of_events() {
    let actions = EventAction::ALL.map(EventAction::name);
    let reasons = WarningReason::ALL.map(WarningReason::name);
    let milestones = MilestoneReason::ALL.map(MilestoneReason::name);
    let all: BTreeSet<String> =
        actions.into_iter().chain(milestones).chain(reasons).map(str::to_owned).collect();
    assert_eq!(all.len(), actions.len() + milestones.len() + reasons.len());
    assert_eq!(all, first_cells(&page(), "Events"));
}

#[test]
fn the_page_of_the_kinds_lists_the_reasons_of_conditions() {
    let all: BTreeSet<String> = Reason::ALL.iter().map(|reason| reason.name().to_owned()).collect();
    assert_eq!(all, first_cells(&read("docs/kinds/README.md"), "Reasons"));
}

#[test]
fn the_page_lists_the_metrics_with_their_labels_and_types() {
    assert_eq!(served(), first_two_cells(&page(), "Metrics"));
}

#[test]
fn a_name_that_only_one_side_has_is_seen() {
    let planted = "const PLANTED: &str = \"operator.clever-cloud.com/planted-name\";";
    assert_eq!(names(planted), ["operator.clever-cloud.com/planted-name"]);
    let page = page().replace("| `Adopt` |", "| `Adoption` |");
    assert!(!first_cells(&page, "Events").contains("Adopt"));
    assert!(first_cells(&page, "Events").contains("Adoption"));
}

/// Every metric as `name{labels}` with its type, from the text that a scrape would get.
fn served() -> BTreeSet<(String, String)> {
    let Telemetry { metrics, health, catalog } = Telemetry::default();
    let kind = "widgets.example.com";
    metrics.request("cloud", "list", Outcome::Done, Duration::ZERO);
    metrics.reconcile(kind, ReconcileResult::Success, Duration::ZERO);
    metrics.resource(kind, None, Some(Reason::InSync.name()));
    metrics.drift(kind, "report");
    metrics.compared(kind, None, Some(1));
    metrics.outputs_interval("cloud", Duration::from_secs(1));
    metrics.workqueue_depth(kind, 1);
    health.lease(Lease::Held);
    metrics.checks(&health.report());
    let entry = Entry {
        name: "Widget".into(),
        definition: kind.into(),
        file: "widget.yaml".into(),
        built_in: true,
        state: "in-force",
    };
    catalog.show(vec![entry], vec![json!({ "file": "widget.yaml", "severity": "error" })]);
    catalog.left(kind, 1);
    metrics.catalog(&catalog);
    let text = metrics.text().unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| (with_labels(&text, name, kind), kind.to_owned())).collect()
}

fn with_labels(text: &str, family: &str, kind: &str) -> String {
    let suffix = match kind {
        "counter" => "_total",
        "histogram" => "_count",
        "info" => "_info",
        _ => "",
    };
    let sample = format!("{family}{suffix}");
    let lines = || text.lines().filter(|line| !line.starts_with('#'));
    let line = lines()
        .find(|line| line.starts_with(&format!("{sample}{{")) || line.starts_with(&format!("{sample} ")));
    let line = line.unwrap_or_else(|| panic!("no sample of {sample}"));
    let labels = line.split_once('{').map(|(_, rest)| {
        let pairs = rest.rsplit_once('}').unwrap().0.split("\",");
        pairs.map(|pair| pair.split('=').next().unwrap()).collect::<Vec<_>>().join(",")
    });
    let labels = labels.map(|labels| format!("{{{labels}}}")).unwrap_or_default();
    let name = if kind == "histogram" { family } else { &sample };
    format!("{}{labels}", name.strip_prefix(METRIC).unwrap())
}

/// Every name with the prefix in string literals of a source.
fn names(text: &str) -> Vec<String> {
    let opening = format!("\"{PREFIX}");
    let literals = text.match_indices(&opening).map(|(at, _)| &text[at + 1..]);
    literals.filter_map(|rest| rest.split(['"', '=']).next()).map(str::to_owned).collect()
}

fn first_cells(page: &str, section: &str) -> BTreeSet<String> {
    rows(page, section).map(|cells| cells[0].clone()).collect()
}

fn first_two_cells(page: &str, section: &str) -> BTreeSet<(String, String)> {
    rows(page, section).map(|cells| (cells[0].clone(), cells[1].clone())).collect()
}

/// The rows of the tables under a heading whose first cell is code.
fn rows<'a>(page: &'a str, section: &str) -> impl Iterator<Item = Vec<String>> + use<'a> {
    let heading = format!("## {section}");
    let mut lines = page.lines();
    lines.by_ref().find(|line| *line == heading).unwrap_or_else(|| panic!("no heading {section}"));
    let section = iter::from_fn(move || lines.next().filter(|line| !line.starts_with("## ")));
    section.filter(|line| line.starts_with("| `")).map(|line| {
        line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    })
}

fn page() -> String {
    read("docs/reference.md")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}
