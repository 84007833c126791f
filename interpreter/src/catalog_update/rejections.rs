//! Problems of refused entries: the change that would break resources, its line, and the text that allows it
//! anyway.

use crate::catalog::{Code, CompiledAddon, Problem, Source, problem_at};
use crate::catalog_update::comparison::Comparison;
use crate::catalog_update::input::Input;
use crate::catalog_update::types::EntryFiles;
use crate::catalog_update::types::EntryState;
use crate::crd::{Breaking, acknowledgement};

/// Returns a problem for each change of an entry that would break resources.
pub(super) fn breaks(input: &Input, compiled: &CompiledAddon, comparison: &Comparison) -> Vec<Problem> {
    let digits = acknowledgement(&comparison.breaks);
    let addon = input.source(&compiled.file.path, compiled.file.built_in);
    let source = if comparison.by_its_api { input.source(&compiled.api_file.path, false) } else { addon };
    let help = if compiled.file.built_in && compiled.api_file.built_in {
        format!(
            "Restore the entry that replaced this one, or delete the existing resources first. To accept the change, copy this entry to a file of your own, with `replaces: built-in` and `acceptBreaking: {digits}` in it."
        )
    } else {
        format!(
            "Undo the change, or delete the existing resources first. To accept the change, write `acceptBreaking: {digits}`."
        )
    };
    let one = |change: &Breaking| {
        let message = format!("{}, which would break existing resources", change.says);
        let place =
            if comparison.by_its_api { places_in_api(compiled, change) } else { places(&source, change) };
        let place: Vec<Vec<&str>> =
            place.iter().map(|keys| keys.iter().map(String::as_str).collect()).collect();
        problem_at(&source, &place, (Code::BreaksResources, message, help.clone()))
    };
    comparison.breaks.iter().map(one).collect()
}

/// A name that belongs to a kind which does not run as its files say.
pub(super) fn name_taken(
    input: &Input,
    compiled: &CompiledAddon,
    (key, name): (&str, &str),
    (holder, state): (&str, EntryState),
) -> Problem {
    let source = input.source(&compiled.file.path, compiled.file.built_in);
    let message = format!("the name `{name}` is taken");
    let help = match state {
        EntryState::DeleteOnly => {
            format!(
                "The kind `{holder}` has it: its entry was removed, but it still has resources. Choose another name, or delete these resources."
            )
        }
        EntryState::LastAccepted | EntryState::InForce => {
            format!("The kind `{holder}` has it, and runs in its last accepted version. Choose another name.")
        }
    };
    problem_at(&source, &[vec!["resource", key], vec!["resource", "kind"]], (Code::HeldName, message, help))
}

/// A need that no engine of this version can fulfil.
pub(super) fn unsupported(input: &Input, compiled: &CompiledAddon, lacks: &[&str]) -> Problem {
    let source = input.source(&compiled.file.path, compiled.file.built_in);
    let message = format!(
        "this version does not support {}, so existing resources would no longer be managed",
        lacks.join(", ")
    );
    let help = "Undo the change, or delete the existing resources first.".to_owned();
    problem_at(
        &source,
        &[vec!["parent"], vec!["collections"], vec!["ready"], vec!["addon"]],
        (Code::BeyondThisVersion, message, help),
    )
}

/// An accepted version that cannot be read.
pub(super) fn unreadable(kind: &str, files: &EntryFiles, why: &str) -> Problem {
    let message = format!("this version cannot read the accepted files of `{kind}`: {why}");
    let help =
        "Rewrite the entry so that this version accepts it, or return to the version that accepted it."
            .to_owned();
    let file = Source { path: files.addon.path.clone(), text: String::new() };
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
fn places_in_api(compiled: &CompiledAddon, change: &Breaking) -> Vec<Vec<String>> {
    let field =
        compiled.addon.fields.iter().find(|field| !change.path.is_empty() && field.path == change.path);
    let shared = field.and_then(|field| field.shared.clone());
    let shared = shared.map(|name| vec!["fields".to_owned(), name]);
    shared.into_iter().chain([vec!["api".to_owned()]]).collect()
}
