//! Catalog controller: applies catalog updates, starts and stops the controllers of kinds, and publishes
//! feedback.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog_update::{CatalogUpdate, Entry, EntryState};
use tokio::time::sleep;

use crate::engine::context::Engine;
use crate::engine::controllers::registry::{ControllerRegistry, SHUTDOWN_GRACE};
use crate::engine::kind::capabilities;
use crate::engine::kind::spec::ControllerSpec;
use crate::telemetry::{Topic, catalog};

/// Debounce: an editor often writes several objects at once, and they are validated together.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Interval of checks for the last resource of a delete-only kind, and of retries of failed writes.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

impl Engine {
    /// Applies catalog changes until the process has to stop.
    pub(crate) async fn run_catalog_sync(self: Arc<Self>) {
        let mut registry = ControllerRegistry::default();
        let mut shutdown = self.shutdown.clone();
        let mut noted = self.telemetry.catalog.noted();
        let mut stands_by = true;
        self.interpret(&mut registry);
        loop {
            let turned = std::mem::replace(&mut stands_by, self.stands_by()) != stands_by;
            if turned {
                self.catalog_state.recall(&self.cluster).await;
                self.refresh(&mut registry).await;
            }
            self.publish().await;
            let written = tokio::select! {
                () = self.catalog_state.changed() => true,
                _ = noted.changed() => false,
                () = self.leadership_turned(stands_by) => false,
                () = sleep(POLL_INTERVAL) => false,
                _ = shutdown.wait_for(|stop| *stop) => break,
            };
            if written {
                sleep(DEBOUNCE).await;
            }
            self.refresh(&mut registry).await;
        }
        registry.close(SHUTDOWN_GRACE + Duration::from_secs(1)).await;
    }

    /// Validates the catalog again if the result could differ, and applies a changed one.
    async fn refresh(self: &Arc<Self>, registry: &mut ControllerRegistry) {
        if !self.catalog_state.is_due() {
            return;
        }
        let update =
            Arc::new(self.catalog_state.judge(&self.cluster, &self.bounds.scope, &self.counts()).await);
        let before = self.catalog_state.state().update.clone();
        self.catalog_state.take(update.clone());
        if is_same(&before, &update) {
            return;
        }
        self.apply_catalog().await;
        self.interpret(registry);
    }

    fn interpret(self: &Arc<Self>, registry: &mut ControllerRegistry) {
        let update = self.catalog_state.state().update.clone();
        self.catalog_state.feedback.log(&update);
        let problems =
            update.problems.iter().filter_map(|problem| serde_json::to_value(problem).ok()).collect();
        self.telemetry.catalog.show(self.catalog_state.on(&update).map(report).collect(), problems);
        let wanted = self.catalog_state.on(&update).filter(|entry| self.can_manage(entry));
        registry.fill(self, wanted.map(|entry| (entry.definition.clone(), spec(entry))).collect());
    }

    /// True when the engine supports all that the kind needs. Otherwise logs and publishes the reason.
    fn can_manage(&self, entry: &Entry) -> bool {
        let why = capabilities::obstacle(&entry.addon, &self.bounds.scope)
            .map(|why| format!("resources of this kind are not managed: {why}"));
        if let Some(why) = &why {
            tracing::error!(kind = entry.definition, "{why}");
        }
        let can = why.is_none();
        self.telemetry.catalog.note(&entry.definition, Topic::Ability, why);
        can
    }

    /// On the leader: stores the accepted catalog, and publishes feedback to the authors of the files.
    async fn publish(&self) {
        let update = self.catalog_state.state().update.clone();
        for entry in update.entries.values().filter(|entry| entry.state == EntryState::DeleteOnly) {
            if let Some(count) = self.counts().get(&entry.definition) {
                self.telemetry.catalog.left(&entry.definition, *count);
            }
        }
        if self.stands_by() {
            return;
        }
        if let Some(store) = &self.catalog_state.store {
            store.keep(&self.cluster, &update.accepted).await;
        }
        if let Some(config_maps) = &self.catalog_state.config_maps {
            let waiting = self.telemetry.catalog.waiting();
            self.catalog_state
                .feedback
                .publish((&self.cluster, &self.events), config_maps, &update, &waiting)
                .await;
        }
    }

    /// Returns when leadership has changed; `stood_by` is the state that was observed last.
    async fn leadership_turned(&self, stood_by: bool) {
        if stood_by { self.leadership.elected().await } else { self.leadership.lost().await }
    }

    /// Number of resources of each kind that has a controller.
    fn counts(&self) -> BTreeMap<String, usize> {
        let controllers = self.controllers.read();
        controllers
            .iter()
            .filter_map(|controller| Some((controller.kind.to_string(), controller.count()?)))
            .collect()
    }
}

fn spec(entry: &Entry) -> ControllerSpec {
    let Entry { addon, digest, state, built_in, .. } = entry;
    ControllerSpec {
        addon: addon.clone(),
        digest: digest.clone(),
        kind_removed: *state == EntryState::DeleteOnly,
        built_in: *built_in,
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

/// True when two updates do not differ in entries, problems or APIs.
fn is_same(one: &CatalogUpdate, other: &CatalogUpdate) -> bool {
    let outline = |update: &CatalogUpdate| -> Vec<(String, String, EntryState, String)> {
        let one =
            |entry: &Entry| (entry.definition.clone(), entry.digest.clone(), entry.state, entry.file.clone());
        update.entries.values().map(one).collect()
    };
    outline(one) == outline(other)
        && one.problems == other.problems
        && one.catalog.apis.keys().eq(other.catalog.apis.keys())
}
