//! Catalog controller: applies catalog updates, starts and stops the controllers of kinds, and publishes
//! feedback.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use interpreter::catalog_update::{Entry, EntryState};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Kind, content};
use crate::engine::annotations;
use crate::engine::catalog::crds::Installation;
use crate::engine::catalog::feedback::{Feedback, Notice};
use crate::engine::catalog::not_managed;
use crate::engine::catalog::slots::{SHUTDOWN_GRACE, Slots};
use crate::engine::catalog::state::CatalogState;
use crate::engine::context::Engine;
use crate::engine::controllers::config_sync;
use crate::engine::kind::capabilities;
use crate::engine::kind::spec::kind_of;
use crate::telemetry::{Topic, catalog};

/// Debounce: an editor often writes several objects at once, and they are validated together.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Interval of checks for the last resource of a delete-only kind, and of retries of failed writes.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

struct CatalogSync {
    engine: Arc<Engine>,
    state: CatalogState,
    feedback: Feedback,
    slots: Slots,
    /// The kinds that the engine does not support, each with the reason.
    unsupported: Vec<(Kind, String)>,
    /// The time at which their resources are looked at again.
    next_report: Instant,
}

/// Starts the controllers of a catalog that is active already, and applies its changes until the process has
/// to stop.
pub(crate) async fn run(
    engine: Arc<Engine>,
    state: CatalogState,
    installation: Installation,
    mut shutdown: watch::Receiver<bool>,
) {
    let slots = Slots::new(engine.clone(), installation);
    let mut noted = engine.telemetry.catalog.noted();
    let config_maps = state.config_maps.clone();
    let mut sync = CatalogSync {
        engine: engine.clone(),
        state,
        feedback: Feedback::default(),
        slots,
        unsupported: Vec::new(),
        next_report: Instant::now(),
    };
    let mut leads = false;
    sync.fill_slots();
    loop {
        let led = std::mem::replace(&mut leads, !engine.stands_by());
        if led != leads {
            let store = &sync.state.store;
            let read = object::read(&engine.cluster, &Kind::config_maps(), &store.key).await;
            let stored = store.read_live(read);
            sync.state.recall(stored);
        }
        if sync.state.validate(&engine.cluster, &engine.bounds.scope, &engine.controllers.counts()).await {
            sync.activate();
            // The catalog decides which keys are known.
            config_sync::read_again(&engine).await;
            engine.credentials.secrets.apply_catalog(&engine.catalog.load().catalog);
            sync.fill_slots();
        }
        sync.publish().await;
        let written = tokio::select! {
            () = config_maps.changed() => true,
            _ = noted.changed() => false,
            () = engine.leadership.elected(), if !leads => false,
            () = engine.leadership.lost(), if leads => false,
            () = sleep(POLL_INTERVAL) => false,
            _ = shutdown.wait_for(|stop| *stop) => break,
        };
        if written {
            sleep(DEBOUNCE).await;
        }
    }
    let _ = timeout(SHUTDOWN_GRACE + Duration::from_secs(1), join_all(sync.slots.close())).await;
}

impl CatalogSync {
    /// Activates the validated catalog.
    fn activate(&self) {
        let Engine { catalog, telemetry, .. } = self.engine.as_ref();
        let before = catalog.swap(Arc::new(self.state.active()));
        let now = catalog.load();
        let gone = before.apis.iter().filter(|api| now.apis.iter().all(|other| other.name != api.name));
        gone.for_each(|api| telemetry.health.forget_api(&api.name));
    }

    /// Logs and shows the update, and fills the slots of the kinds that the engine supports.
    fn fill_slots(&mut self) {
        let Self { engine, state, feedback, slots, unsupported, next_report } = self;
        unsupported.clear();
        *next_report = Instant::now();
        feedback.log(&state.update);
        let problems =
            state.update.problems.iter().filter_map(|problem| serde_json::to_value(problem).ok()).collect();
        engine.telemetry.catalog.show(state.update.entries.values().map(report).collect(), problems);
        let mut wanted = BTreeMap::new();
        for entry in state.update.entries.values() {
            let why = capabilities::obstacle(&entry.addon, &engine.bounds.scope)
                .map(|why| format!("resources of this kind are not managed: {why}"));
            match &why {
                Some(why) => {
                    tracing::error!(kind = entry.definition, "{why}");
                    unsupported.push((kind_of(&entry.addon), why.clone()));
                }
                None => drop(wanted.insert(entry.definition.clone(), entry.clone())),
            }
            engine.telemetry.catalog.note(&entry.definition, Topic::Ability, why);
        }
        slots.fill(wanted);
    }

    /// On the leader: stores the accepted catalog, and publishes feedback to the authors of the files.
    async fn publish(&mut self) {
        if self.next_report <= Instant::now() && !self.engine.stands_by() {
            for (kind, why) in &self.unsupported {
                not_managed::report(&self.engine, kind, why).await;
            }
            self.next_report = Instant::now() + not_managed::REPORT_INTERVAL;
        }
        let Self { engine, state, feedback, .. } = self;
        let counts = engine.controllers.counts();
        for entry in state.update.entries.values().filter(|entry| entry.state == EntryState::DeleteOnly) {
            if let Some(count) = counts.get(&entry.definition) {
                engine.telemetry.catalog.left(&entry.definition, *count);
            }
        }
        if engine.stands_by() {
            return;
        }
        let kind = Kind::config_maps();
        if let Some(data) = state.store.due(&state.update.accepted) {
            let written = content::write(&engine.cluster, &kind, &state.store.key, &data).await;
            state.store.wrote(written);
        }
        let (objects, sources) = (state.config_maps.objects(), state.config_maps.sources());
        let waiting = engine.telemetry.catalog.waiting();
        for Notice { object, events, annotation } in
            feedback.notices(&objects, &sources, &state.update, &waiting)
        {
            events.iter().for_each(|event| engine.events.send(&kind, object, event));
            let Some(text) = annotation else { continue };
            let annotations = [(annotations::PROBLEMS.to_owned(), text)].into();
            let change = MetadataChange { annotations, ..MetadataChange::default() };
            feedback.wrote(object::swap_metadata(&engine.cluster, &kind, object, &change).await);
        }
    }
}

fn report(entry: &Entry) -> catalog::Entry {
    let state = match entry.state {
        EntryState::InForce => "in-force",
        EntryState::LastAccepted => "last-accepted",
        EntryState::DeleteOnly => "delete-only",
    };
    let Entry { name, definition, file, built_in, .. } = entry.clone();
    catalog::Entry { name, definition, file, built_in, state }
}
