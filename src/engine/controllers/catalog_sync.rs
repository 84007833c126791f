//! Catalog controller: applies catalog updates, starts and stops the controllers of kinds, and publishes feedback.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use interpreter::catalog_update::{Admission, Entry, Standing};
use tokio::time::sleep;

use crate::engine::context::Engine;
use crate::engine::controllers::registry;
use crate::engine::controllers::registry::Posts;
use crate::engine::kind::capabilities;
use crate::engine::kind::spec::Charge;
use crate::telemetry::{Topic, catalog};

/// Whoever edits writes several objects at once; they are looked at together.
const TOGETHER: Duration = Duration::from_millis(200);

/// How often it is looked whether what is only deleted is gone, and what could not be written is tried again.
const SELDOM: Duration = Duration::from_secs(10);

impl Engine {
    /// Takes in what becomes of the catalog, until this process is to stop.
    pub(crate) async fn keep_library(self: Arc<Self>) {
        let mut posts = Posts::default();
        let mut shutdown = self.shutdown.clone();
        let mut noted = self.telemetry.catalog.noted();
        let mut stands_by = true;
        self.interpret(&mut posts);
        loop {
            let turned = std::mem::replace(&mut stands_by, self.stands_by()) != stands_by;
            if turned {
                self.library.recall(&self.cluster).await;
                self.refresh(&mut posts).await;
            }
            self.publish().await;
            let written = tokio::select! {
                () = self.library.changed() => true,
                _ = noted.changed() => false,
                () = self.leadership_turned(stands_by) => false,
                () = sleep(SELDOM) => false,
                _ = shutdown.wait_for(|stop| *stop) => break,
            };
            if written {
                sleep(TOGETHER).await;
            }
            self.refresh(&mut posts).await;
        }
        posts.close(registry::ORDERLY + Duration::from_secs(1)).await;
    }

    /// Judges the catalog anew, if it could be judged otherwise than before; what differs is interpreted otherwise from now on.
    async fn refresh(self: &Arc<Self>, posts: &mut Posts) {
        if !self.library.is_due() {
            return;
        }
        let admission = Arc::new(self.library.judge(&self.cluster, &self.bounds.scope, &self.counts()).await);
        let before = self.library.state().admission.clone();
        self.library.take(admission.clone());
        if is_same(&before, &admission) {
            return;
        }
        self.put_catalog_in_force().await;
        self.interpret(posts);
    }

    fn interpret(self: &Arc<Self>, posts: &mut Posts) {
        let admission = self.library.state().admission.clone();
        self.library.notices.log(&admission);
        let problems = admission.problems.iter().filter_map(|problem| serde_json::to_value(problem).ok()).collect();
        self.telemetry.catalog.show(self.library.on(&admission).map(told).collect(), problems);
        let wanted = self.library.on(&admission).filter(|entry| self.can_manage(entry));
        posts.fill(self, wanted.map(|entry| (entry.definition.clone(), charge(entry))).collect());
    }

    /// Whether the engine can do all that the kind needs. If not, it says so.
    fn can_manage(&self, entry: &Entry) -> bool {
        let why = capabilities::obstacle(&entry.addon, &self.bounds.scope).map(|why| format!("its resources are not managed: {why}"));
        if let Some(why) = &why {
            tracing::error!(kind = entry.definition, "{why}");
        }
        let can = why.is_none();
        self.telemetry.catalog.note(&entry.definition, Topic::Ability, why);
        can
    }

    /// Who leads keeps what was accepted, and tells those who wrote the catalog what became of it.
    async fn publish(&self) {
        let admission = self.library.state().admission.clone();
        for entry in admission.entries.values().filter(|entry| entry.standing == Standing::DeleteOnly) {
            if let Some(count) = self.counts().get(&entry.definition) {
                self.telemetry.catalog.left(&entry.definition, *count);
            }
        }
        if self.stands_by() {
            return;
        }
        if let Some(store) = &self.library.store {
            store.keep(&self.cluster, &admission.accepted).await;
        }
        if let Some(shelves) = &self.library.shelves {
            let waiting = self.telemetry.catalog.waiting();
            self.library.notices.publish((&self.cluster, &self.events), shelves, &admission, &waiting).await;
        }
    }

    /// Another process leads now, or this one; as was seen last, this one stood by, or not.
    async fn leadership_turned(&self, stood_by: bool) {
        if stood_by { self.leadership.elected().await } else { self.leadership.lost().await }
    }

    /// How many resources there are of each kind that is followed.
    fn counts(&self) -> BTreeMap<String, usize> {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().filter_map(|controller| Some((controller.kind.to_string(), controller.count()?))).collect()
    }
}

fn charge(entry: &Entry) -> Charge {
    let Entry { addon, digest, standing, built_in, .. } = entry;
    Charge { addon: addon.clone(), digest: digest.clone(), retired: *standing == Standing::DeleteOnly, built_in: *built_in }
}

fn told(entry: &Entry) -> catalog::Entry {
    let standing = match entry.standing {
        Standing::InForce => "in-force",
        Standing::LastAccepted => "last-accepted",
        Standing::DeleteOnly => "delete-only",
    };
    let Entry { name, definition, file, built_in, .. } = entry.clone();
    catalog::Entry { name, definition, file, built_in, standing }
}

/// Whether nothing differs that anybody would notice.
fn is_same(one: &Admission, other: &Admission) -> bool {
    let outline = |admission: &Admission| -> Vec<(String, String, Standing, String)> {
        let one = |entry: &Entry| (entry.definition.clone(), entry.digest.clone(), entry.standing, entry.file.clone());
        admission.entries.values().map(one).collect()
    };
    outline(one) == outline(other) && one.problems == other.problems && one.catalog.apis.keys().eq(other.catalog.apis.keys())
}
