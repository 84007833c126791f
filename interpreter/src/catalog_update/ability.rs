//! Features that a kind needs and this version lacks, those that its API needs included. A kind that needs one
//! is not managed at all, rather than half.

use crate::catalog::{Addon, Code, Problem, Scheme, Source, problem_at};
use crate::resource::lacking;

/// Returns the features that a kind needs and this version lacks, in words; empty for a kind that can be managed.
pub fn missing_features(addon: &Addon) -> Vec<&'static str> {
    let api = &addon.api;
    let exchanges = |scheme: &Scheme| matches!(scheme, Scheme::Exchange { .. });
    let by_api = [
        (
            !api.auth.is_empty() && api.auth.iter().all(|one| exchanges(&one.scheme)),
            "the authentication scheme `exchange`",
        ),
        (
            api.auth.iter().any(|one| !one.hosts.is_empty()),
            "an authentication scheme for some hosts of an API (`for`)",
        ),
        (
            api.endpoints.host("").is_some_and(|host| !host.names().is_empty()),
            "a template as the only endpoint of an API",
        ),
    ];
    let by_api = by_api.into_iter().filter(|(needed, _)| *needed).map(|(_, what)| what);
    lacking(addon).into_iter().chain(by_api).collect()
}

/// Returns the problem of a kind that is not managed, for the reason `why`, at its place in the file of the entry.
pub fn not_managed(source: &Source, why: &str) -> Problem {
    let message = format!("resources of this kind are not managed: {why}");
    let help = "Remove what needs it from the entry and its API, or use a version that supports it.";
    let places = [vec!["parent"], vec!["collections"], vec!["ready", "read"], vec!["api"]];
    problem_at(source, &places, (Code::NotManaged, message, help.to_owned()))
}
