//! Tells what became of the files of the catalog, where they were written: in an annotation of their ConfigMap, by events about it, and in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use interpreter::catalog::{Problem, Severity, Source, show};
use interpreter::catalog_update::{Admission, Entry, Standing};
use kube::api::DynamicObject;

use crate::cluster::events::{EventSpec, Events};
use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Cluster, Failure, Kind};
use crate::engine::annotations;
use crate::engine::catalog::config_maps::{Shelves, shelf_of};

/// Longer texts are cut: all annotations of an object may have 256 KiB.
const LONGEST: usize = 32 * 1024;

/// What was told already.
#[derive(Default)]
pub(crate) struct Notices {
    logged: Mutex<BTreeSet<Problem>>,
    standings: Mutex<BTreeMap<String, (Standing, String)>>,
    /// By ConfigMap: the notes of the events that were sent about it.
    sent: Mutex<BTreeMap<String, BTreeSet<String>>>,
    complained: Mutex<BTreeSet<String>>,
}

impl Notices {
    /// Logs what is wrong, once, and which entries stand otherwise than before.
    pub(crate) fn log(&self, admission: &Admission) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        for problem in admission.problems.iter().filter(|problem| !logged.contains(*problem)) {
            let (place, help) = (place(problem), problem.help.as_deref().unwrap_or_default());
            match problem.severity {
                Severity::Error => tracing::error!(place, help, code = problem.code.name(), "catalog: {}", problem.message),
                Severity::Warning => tracing::warn!(place, help, code = problem.code.name(), "catalog: {}", problem.message),
            }
        }
        *logged = admission.problems.iter().cloned().collect();
        let mut standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in admission.entries.values() {
            let now = (entry.standing, entry.digest.clone());
            if standings.get(&entry.definition) != Some(&now) {
                tell(entry);
            }
            standings.insert(entry.definition.clone(), now);
        }
        standings.retain(|definition, _| admission.entries.contains_key(definition));
    }

    /// Brings annotations and events of the ConfigMaps up to date.
    pub(crate) async fn publish(
        &self,
        (cluster, events): (&Cluster, &Events),
        shelves: &Shelves,
        admission: &Admission,
        waiting: &[(String, String)],
    ) {
        let sources = shelves.sources();
        let objects = shelves.objects();
        for (name, object) in &objects {
            let problems: Vec<_> = admission.problems.iter().filter(|problem| shelf_of(&problem.file) == Some(name)).cloned().collect();
            let waiting: Vec<_> = waiting.iter().filter(|(file, _)| shelf_of(file) == Some(name)).map(|(_, why)| why.as_str()).collect();
            let text = annotation(&problems, &sources, &waiting);
            // After a restart, what the annotation already says is not told once more.
            let told = annotated(object) == text.as_deref() && text.is_some();
            for happening in self.untold(name, happenings(&problems, &waiting, admission), told) {
                events.send(&Kind::config_maps(), object, &happening);
            }
            self.annotate(cluster, object, text).await;
        }
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).retain(|name, _| objects.contains_key(name));
    }

    /// What was not told yet of a ConfigMap; nothing of what is there at first, if that was `told` before.
    fn untold(&self, name: &str, happenings: Vec<EventSpec>, told: bool) -> Vec<EventSpec> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let notes = happenings.iter().map(|happening| happening.note.clone()).collect();
        let known = sent.insert(name.to_owned(), notes);
        let is_new = |happening: &EventSpec| match &known {
            Some(known) => !known.contains(&happening.note),
            None => !told,
        };
        happenings.into_iter().filter(is_new).collect()
    }

    async fn annotate(&self, cluster: &Cluster, object: &DynamicObject, text: Option<String>) {
        if annotated(object) == text.as_deref() {
            return;
        }
        let change = MetadataChange { annotations: [(annotations::PROBLEMS.to_owned(), text)].into(), ..MetadataChange::default() };
        match object::swap_metadata(cluster, &Kind::config_maps(), object, &change).await {
            // The watch shows it as it is then, and it is tried again.
            Ok(_) | Err(Failure::Conflict | Failure::Gone) => (),
            Err(failure) => {
                let why = format!("the annotation `{}` of a ConfigMap cannot be written: {failure}", annotations::PROBLEMS);
                if self.complained.lock().unwrap_or_else(PoisonError::into_inner).insert(why.clone()) {
                    tracing::warn!("{why}");
                }
            }
        }
    }
}

fn annotated(object: &DynamicObject) -> Option<&str> {
    object.metadata.annotations.as_ref()?.get(annotations::PROBLEMS).map(String::as_str)
}

/// What is wrong, as people read it; none: nothing is.
fn annotation(problems: &[Problem], sources: &[Source], waiting: &[&str]) -> Option<String> {
    let shown = Some(show(problems, sources)).filter(|shown| !shown.is_empty());
    let waits = waiting.iter().map(|why| format!("waiting: {why}\n"));
    let text: String = shown.into_iter().chain(waits).collect::<Vec<_>>().join("\n");
    let cut = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default().to_owned();
    Some(cut).filter(|text| !text.is_empty())
}

fn happenings(problems: &[Problem], waiting: &[&str], admission: &Admission) -> Vec<EventSpec> {
    let happening = |reason: &str, note: String| EventSpec { warning: true, reason: reason.into(), action: "Admission".into(), note };
    let refused = problems.iter().map(|problem| {
        let reason = if problem.severity == Severity::Error { "CatalogRefused" } else { "CatalogDoubtful" };
        let help = problem.help.iter().map(|help| format!(" {help}")).collect::<String>();
        happening(reason, format!("{}: {}: {}.{help}{}", place(problem), problem.code.name(), problem.message, goes_on(problem, admission)))
    });
    let waits = waiting.iter().map(|why| happening("CatalogWaits", (*why).to_owned()));
    refused.chain(waits).collect()
}

/// What becomes of the kinds of a file that was refused.
fn goes_on(problem: &Problem, admission: &Admission) -> &'static str {
    let last = |entry: &Entry| entry.file == problem.file && entry.standing == Standing::LastAccepted;
    match admission.entries.values().any(last) {
        true if problem.severity == Severity::Error => " What was accepted before goes on.",
        _ => "",
    }
}

fn place(problem: &Problem) -> String {
    format!("{}:{}:{}", problem.file, problem.line, problem.column)
}

fn tell(entry: &Entry) {
    let Entry { definition, file, .. } = entry;
    match entry.standing {
        Standing::InForce if entry.built_in => tracing::debug!(definition, file, "catalog: it is interpreted"),
        Standing::InForce => tracing::info!(definition, file, "catalog: it is interpreted"),
        Standing::LastAccepted => {
            tracing::warn!(definition, file, "catalog: what is written now is refused; what was accepted before goes on")
        }
        Standing::DeleteOnly => tracing::warn!(definition, file, "catalog: its entry is gone; its resources are only deleted from now on"),
    }
}
