//! Reports problems of catalog files to their authors: as an annotation of the ConfigMap, as events about it,
//! and in the log.

use std::collections::{BTreeMap, BTreeSet};

use interpreter::catalog::{Problem, Severity, Source, show};
use interpreter::catalog_update::{CatalogUpdate, Entry, EntryState};
use kube::api::DynamicObject;
use parking_lot::Mutex;

use crate::cluster::events::{EventSpec, Events};
use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Cluster, Failure, Kind};
use crate::engine::annotations;
use crate::engine::catalog::config_maps::{CatalogConfigMaps, config_map_of};
use crate::engine::events::{EventAction, WarningReason};

/// Maximum length of the annotation in bytes; longer texts are cut, because all annotations of an object
/// together may have 256 KiB.
const MAX_ANNOTATION_LEN: usize = 32 * 1024;

/// Feedback that was already given, so that none is repeated.
#[derive(Default)]
pub(crate) struct Feedback {
    logged: Mutex<BTreeSet<Problem>>,
    standings: Mutex<BTreeMap<String, (EntryState, String)>>,
    /// Notes of the events that were sent, by ConfigMap.
    sent: Mutex<BTreeMap<String, BTreeSet<String>>>,
    logged_failures: Mutex<BTreeSet<String>>,
}

impl Feedback {
    /// Logs each new problem once, and each entry whose standing or content has changed.
    pub(crate) fn log(&self, update: &CatalogUpdate) {
        let mut logged = self.logged.lock();
        for problem in update.problems.iter().filter(|problem| !logged.contains(*problem)) {
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
        *logged = update.problems.iter().cloned().collect();
        let mut standings = self.standings.lock();
        for entry in update.entries.values() {
            let now = (entry.state, entry.digest.clone());
            if standings.get(&entry.definition) != Some(&now) {
                log_standing(entry);
            }
            standings.insert(entry.definition.clone(), now);
        }
        standings.retain(|definition, _| update.entries.contains_key(definition));
    }

    /// Updates the annotations of the ConfigMaps and sends events about new problems.
    pub(crate) async fn publish(
        &self,
        (cluster, events): (&Cluster, &Events),
        config_maps: &CatalogConfigMaps,
        update: &CatalogUpdate,
        waiting: &[(String, String)],
    ) {
        let sources = config_maps.sources();
        let objects = config_maps.objects();
        for (name, object) in &objects {
            let problems: Vec<_> = update
                .problems
                .iter()
                .filter(|problem| config_map_of(&problem.file) == Some(name))
                .cloned()
                .collect();
            let waiting: Vec<_> = waiting
                .iter()
                .filter(|(file, _)| config_map_of(file) == Some(name))
                .map(|(_, why)| why.as_str())
                .collect();
            let text = annotation(&problems, &sources, &waiting);
            // After a restart, problems that the annotation already lists are not sent as events again.
            let is_known = annotated(object) == text.as_deref() && text.is_some();
            for event in self.unsent(name, event_specs(&problems, &waiting, update), is_known) {
                events.send(&Kind::config_maps(), object, &event);
            }
            self.annotate(cluster, object, text).await;
        }
        self.sent.lock().retain(|name, _| objects.contains_key(name));
    }

    /// Returns the events not sent yet about a ConfigMap. On the first call for it, returns none if
    /// `is_known`: a previous process sent them.
    fn unsent(&self, name: &str, event_specs: Vec<EventSpec>, is_known: bool) -> Vec<EventSpec> {
        let mut sent = self.sent.lock();
        let notes = event_specs.iter().map(|event| event.note.clone()).collect();
        let known = sent.insert(name.to_owned(), notes);
        let is_new = |event: &EventSpec| match &known {
            Some(known) => !known.contains(&event.note),
            None => !is_known,
        };
        event_specs.into_iter().filter(is_new).collect()
    }

    async fn annotate(&self, cluster: &Cluster, object: &DynamicObject, text: Option<String>) {
        if annotated(object) == text.as_deref() {
            return;
        }
        let change = MetadataChange {
            annotations: [(annotations::PROBLEMS.to_owned(), text)].into(),
            ..MetadataChange::default()
        };
        match object::swap_metadata(cluster, &Kind::config_maps(), object, &change).await {
            // The watch will show the newer version, and the next update tries again.
            Ok(_) | Err(Failure::Conflict | Failure::Gone) => (),
            Err(failure) => {
                let why = format!(
                    "cannot write the annotation `{}` of a ConfigMap: {failure}",
                    annotations::PROBLEMS
                );
                if self.logged_failures.lock().insert(why.clone()) {
                    tracing::warn!("{why}");
                }
            }
        }
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
