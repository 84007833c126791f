//! Problems of refused entries: the change that would break resources, its line, and the text that allows it
//! anyway.

use crate::catalog::{Code, CompiledAddon, Problem, Source, problem_at};
use crate::catalog_update::input::Ground;
use crate::catalog_update::types::Form;
use crate::catalog_update::types::Standing;
use crate::catalog_update::verdict::Verdict;
use crate::crd::{Breaking, acknowledgement};

/// A problem for each change of an entry that would break resources.
pub(super) fn breaks(ground: &Ground, made: &CompiledAddon, verdict: &Verdict) -> Vec<Problem> {
    let digits = acknowledgement(&verdict.breaks);
    let addon = ground.source(&made.file.path, made.file.built_in);
    let source = if verdict.by_its_api { ground.source(&made.api_file.path, false) } else { addon };
    let help = if made.file.built_in && made.api_file.built_in {
        format!(
            "Put back what had replaced this entry, or delete these resources first. To make it all the same, copy this entry to a file of your own, and write `replaces: built-in` and `breaks: {digits}` in it."
        )
    } else {
        format!(
            "Write it as it was, or delete these resources first. To make it all the same, write `breaks: {digits}`."
        )
    };
    let one = |change: &Breaking| {
        let message = format!("{}, and there are resources that this would break", change.says);
        let place = if verdict.by_its_api { places_in_api(made, change) } else { places(&source, change) };
        let place: Vec<Vec<&str>> =
            place.iter().map(|keys| keys.iter().map(String::as_str).collect()).collect();
        problem_at(&source, &place, (Code::BreaksResources, message, help.clone()))
    };
    verdict.breaks.iter().map(one).collect()
}

/// A name that belongs to a kind which does not run as its files say.
pub(super) fn held(
    ground: &Ground,
    made: &CompiledAddon,
    (key, name): (&str, &str),
    (holder, standing): (&str, Standing),
) -> Problem {
    let source = ground.source(&made.file.path, made.file.built_in);
    let message = format!("`{name}` is taken");
    let help = match standing {
        Standing::DeleteOnly => {
            format!(
                "`{holder}` has it, whose entry is gone and whose resources are not. Choose another name, or delete these."
            )
        }
        Standing::LastAccepted | Standing::InForce => {
            format!("`{holder}` has it, which goes on as it was accepted earlier.")
        }
    };
    problem_at(&source, &[vec!["resource", key], vec!["resource", "kind"]], (Code::HeldName, message, help))
}

/// A need that no engine of this version can fulfil.
pub(super) fn beyond(ground: &Ground, made: &CompiledAddon, lacks: &[&str]) -> Problem {
    let source = ground.source(&made.file.path, made.file.built_in);
    let message =
        format!("this version cannot do {}, and there are resources that it looks after", lacks.join(", "));
    let help = "Write it as it was, or delete these resources first.".to_owned();
    problem_at(
        &source,
        &[vec!["parent"], vec!["collections"], vec!["ready"], vec!["addon"]],
        (Code::BeyondThisVersion, message, help),
    )
}

/// An accepted form that cannot be read.
pub(super) fn unreadable(kind: &str, form: &Form, why: &str) -> Problem {
    let message = format!("what was accepted of `{kind}` cannot be read by this version: {why}");
    let help =
        "Write the entry so that this version takes it, or go back to the version that took it.".to_owned();
    let file = Source { path: form.addon.path.clone(), text: String::new() };
    problem_at(&file, &[], (Code::UnreadableForm, message, help))
}

/// The places of a change: the field in the spec, a field around it, a field inside it; else the spec, or the
/// names.
fn places(source: &Source, change: &Breaking) -> Vec<Vec<String>> {
    let place = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    if change.path.is_empty() {
        return vec![place(&["resource"])];
    }
    let prefixes = (1..=change.path.len()).rev().filter_map(|length| change.path.get(..length));
    let mut places: Vec<Vec<String>> = prefixes.map(|path| place(&["spec", &path.join(".")])).collect();
    let inside = format!("  {}.", change.path.join("."));
    let below = source
        .text
        .lines()
        .find(|line| line.starts_with(&inside))
        .and_then(|line| line.trim().split(':').next());
    places.extend(below.map(|path| place(&["spec", path])));
    places.push(place(&["spec"]));
    places
}

/// The place of a change in the API's file: the shared field; else the API's name.
fn places_in_api(made: &CompiledAddon, change: &Breaking) -> Vec<Vec<String>> {
    let field = made.addon.fields.iter().find(|field| !change.path.is_empty() && field.path == change.path);
    let shared = field.and_then(|field| field.shared.clone());
    let shared = shared.map(|name| vec!["fields".to_owned(), name]);
    shared.into_iter().chain([vec!["api".to_owned()]]).collect()
}
