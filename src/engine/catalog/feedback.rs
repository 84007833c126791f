//! Reports problems of catalog files to their authors: as an annotation of the ConfigMap, as events about it,
//! and in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interpreter::catalog::{Problem, Severity, Source, show};
use interpreter::catalog_update::{CatalogUpdate, Entry, EntryState};
use kube::api::DynamicObject;

use crate::cluster::Failure;
use crate::cluster::events::EventSpec;
use crate::engine::annotations;
use crate::engine::catalog::config_maps::config_map_of;
use crate::engine::events::{EventAction, WarningReason};

/// Maximum length of the annotation in bytes; longer texts are cut, because all annotations of an object
/// together may have 256 KiB.
const MAX_ANNOTATION_LEN: usize = 32 * 1024;

/// Feedback that was already given, so that none is repeated.
#[derive(Default)]
pub(super) struct Feedback {
    logged: BTreeSet<Problem>,
    standings: BTreeMap<String, (EntryState, String)>,
    /// Notes of the events that were sent, by ConfigMap.
    sent: BTreeMap<String, BTreeSet<String>>,
    logged_failures: BTreeSet<String>,
}

/// Feedback about one ConfigMap that was not given yet.
pub(super) struct Notice<'a> {
    pub(super) object: &'a DynamicObject,
    pub(super) events: Vec<EventSpec>,
    /// The new text of the annotation, or its removal; `None` when it is up to date.
    pub(super) annotation: Option<Option<String>>,
}

impl Feedback {
    /// Logs each new problem once, and each entry whose standing or content has changed.
    pub(crate) fn log(&mut self, update: &CatalogUpdate) {
        for problem in update.problems.iter().filter(|problem| !self.logged.contains(*problem)) {
            let (place, help) = (place(problem), problem.help.as_deref().unwrap_or_default());
            match problem.severity {
                Severity::Error => {
                    tracing::error!(place, help, code = problem.code.name(), "catalog: {}", problem.message)
                }
                Severity::Warning => {
                    tracing::warn!(place, help, code = problem.code.name(), "catalog: {}", problem.message)
                }
            }
        }
        self.logged = update.problems.iter().cloned().collect();
        let now = |(definition, entry): (&String, &Entry)| {
            (definition.clone(), (entry.state, entry.digest.clone()))
        };
        let now: BTreeMap<_, _> = update.entries.iter().map(now).collect();
        let before = std::mem::replace(&mut self.standings, now);
        let changed =
            |(definition, _): &(&String, &Entry)| before.get(*definition) != self.standings.get(*definition);
        update.entries.iter().filter(changed).for_each(|(_, entry)| log_standing(entry));
    }

    /// Takes the result of writing an annotation; logs each failure once.
    pub(super) fn wrote(&mut self, result: Result<DynamicObject, Failure>) {
        match result {
            // The watch will show the newer version, and the next update tries again.
            Ok(_) | Err(Failure::Conflict | Failure::Gone) => (),
            Err(failure) => {
                let why = format!(
                    "cannot write the annotation `{}` of a ConfigMap: {failure}",
                    annotations::PROBLEMS
                );
                if self.logged_failures.insert(why.clone()) {
                    tracing::warn!("{why}");
                }
            }
        }
    }

    /// Returns the feedback about each ConfigMap that was not given yet, and counts its events as sent.
    pub(super) fn notices<'a>(
        &mut self,
        objects: &'a BTreeMap<String, Arc<DynamicObject>>,
        sources: &[Source],
        update: &CatalogUpdate,
        waiting: &[(String, String)],
    ) -> Vec<Notice<'a>> {
        self.sent.retain(|name, _| objects.contains_key(name));
        let notice = |(name, object): (&'a String, &'a Arc<DynamicObject>)| {
            let is_here = |file: &str| config_map_of(file) == Some(name.as_str());
            let problems: Vec<_> =
                update.problems.iter().filter(|problem| is_here(&problem.file)).cloned().collect();
            let waiting: Vec<_> =
                waiting.iter().filter(|(file, _)| is_here(file)).map(|(_, why)| why.as_str()).collect();
            let text = annotation(&problems, sources, &waiting);
            let is_annotated = annotated(object) == text.as_deref();
            let mut events = event_specs(&problems, &waiting, update);
            let notes = events.iter().map(|event| event.note.clone()).collect();
            match self.sent.insert(name.clone(), notes) {
                Some(sent) => events.retain(|event| !sent.contains(&event.note)),
                // Before a restart, events were sent about the problems that the annotation lists.
                None if is_annotated && text.is_some() => events.clear(),
                None => (),
            }
            Notice { object, events, annotation: (!is_annotated).then_some(text) }
        };
        objects.iter().map(notice).collect()
    }
}

fn annotated(object: &DynamicObject) -> Option<&str> {
    object.metadata.annotations.as_ref()?.get(annotations::PROBLEMS).map(String::as_str)
}

/// Returns the annotation's text; `None` without problems.
fn annotation(problems: &[Problem], sources: &[Source], waiting: &[&str]) -> Option<String> {
    let shown = Some(show(problems, sources)).filter(|shown| !shown.is_empty());
    let waits = waiting.iter().map(|why| format!("waiting: {why}\n"));
    let text: String = shown.into_iter().chain(waits).collect::<Vec<_>>().join("\n");
    let cut = text.get(..text.floor_char_boundary(MAX_ANNOTATION_LEN)).unwrap_or_default().to_owned();
    Some(cut).filter(|text| !text.is_empty())
}

fn event_specs(problems: &[Problem], waiting: &[&str], update: &CatalogUpdate) -> Vec<EventSpec> {
    let event = |reason: WarningReason, note: String| reason.event(EventAction::UpdateCatalog, note);
    let refused = problems.iter().map(|problem| {
        let reason = match problem.severity {
            Severity::Error => WarningReason::CatalogRejected,
            _ => WarningReason::CatalogProblem,
        };
        let help = problem.help.iter().map(|help| format!(" {help}")).collect::<String>();
        event(
            reason,
            format!(
                "{}: {}: {}.{help}{}",
                place(problem),
                problem.code.name(),
                problem.message,
                goes_on(problem, update)
            ),
        )
    });
    let waits = waiting.iter().map(|why| event(WarningReason::CatalogWaiting, (*why).to_owned()));
    refused.chain(waits).collect()
}

/// Returns the sentence that the last accepted version stays active, if it does.
fn goes_on(problem: &Problem, update: &CatalogUpdate) -> &'static str {
    let last = |entry: &Entry| entry.file == problem.file && entry.state == EntryState::LastAccepted;
    match update.entries.values().any(last) {
        true if problem.severity == Severity::Error => " The last accepted version stays active.",
        _ => "",
    }
}

fn place(problem: &Problem) -> String {
    format!("{}:{}:{}", problem.file, problem.line, problem.column)
}

fn log_standing(entry: &Entry) {
    let Entry { definition, file, .. } = entry;
    match entry.state {
        EntryState::InForce if entry.built_in => {
            tracing::debug!(definition, file, "catalog entry is active")
        }
        EntryState::InForce => tracing::info!(definition, file, "catalog entry is active"),
        EntryState::LastAccepted => {
            tracing::warn!(definition, file, "catalog entry rejected, the last accepted version stays active")
        }
        EntryState::DeleteOnly => {
            tracing::warn!(definition, file, "catalog entry removed, its resources are delete-only")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use interpreter::catalog_update::update;
    use serde_json::json;

    use super::*;

    /// Returns the number of events due about the ConfigMap `extra`, and the change of its annotation. Its
    /// file has this text, or does not exist.
    fn due(feedback: &mut Feedback, text: &str, annotated: Option<&str>) -> (usize, Option<Option<String>>) {
        let annotations = annotated.map(|text| json!({ annotations::PROBLEMS: text }));
        let metadata = json!({ "name": "extra", "annotations": annotations });
        let object: DynamicObject = serde_json::from_value(json!({ "metadata": metadata })).unwrap();
        let objects = BTreeMap::from([("extra".to_owned(), Arc::new(object))]);
        let source = Source { path: "extra/widget.yaml".into(), text: text.into() };
        let sources: Vec<_> = [source].into_iter().filter(|_| !text.is_empty()).collect();
        let update = update(&[], &sources, &BTreeMap::new(), &|_| false);
        let mut notices = feedback.notices(&objects, &sources, &update, &[]);
        let Notice { events, annotation, .. } = notices.pop().unwrap();
        (events.len(), annotation)
    }

    #[test]
    fn feedback_is_given_once_also_over_a_restart() {
        let broken = "addon: [";
        let mut feedback = Feedback::default();
        let (events, annotation) = due(&mut feedback, broken, None);
        assert!(events > 0, "a new problem");
        let text = annotation.unwrap().unwrap();
        let cases = [
            ("not annotated yet", false, broken, None, (0, Some(Some(text.clone())))),
            ("annotated", false, broken, Some(&*text), (0, None)),
            ("annotated before a restart", true, broken, Some(&*text), (0, None)),
            ("lost over a restart", true, broken, None, (events, Some(Some(text.clone())))),
            ("solved", false, "", Some(&*text), (0, Some(None))),
            ("never a problem", true, "", None, (0, None)),
        ];
        for (name, restarted, content, annotated, expected) in cases {
            if restarted {
                feedback = Feedback::default();
            }
            assert_eq!(due(&mut feedback, content, annotated), expected, "{name}");
        }
    }
}
