//! Reservation of the name of a Secret for one resource, before an add-on is created for it.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use interpreter::reconcile::Reservation;
use tokio::time::{Instant, sleep};

use crate::cluster::Key;
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::ObjectRef;
use crate::engine::secret_names::{Claimant, Holder, Table, secret_name};
use crate::priority::Priority;

/// Time after the start of the process for which the table waits for kinds that are not listed: one that can never be
/// listed holds up no creation for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time for which a reconciliation waits for kinds that are not listed before the status tells of it …
const NOTICE: Duration = Duration::from_secs(2);
/// … and the time between two looks.
const LOOK: Duration = Duration::from_millis(50);

impl Engine {
    /// Reserves the name of a Secret for a resource of this kind. A resource with an add-on takes it from one without.
    pub(super) fn reserve_secret(
        &self,
        controller: &Controller,
        object_ref: &ObjectRef,
        (name, has_addon): (&str, bool),
    ) -> Reservation {
        let key = Key::new(&object_ref.namespace, name);
        let claimant = Claimant::new(controller, object_ref);
        let mut table = self.secret_names.table.lock();
        if let Some(kind) = self.complete(&mut table).filter(|_| !has_addon) {
            return Reservation::Unknown(kind);
        }
        let other = table.holders.get(&key).filter(|holder| holder.claimant != claimant);
        let other = other.filter(|holder| holder.has_addon || !has_addon);
        match other.and_then(|holder| self.live(&holder.claimant, name)) {
            None => {
                table.holders.insert(key, Holder { claimant, has_addon, rank: None });
                Reservation::Own
            }
            Some(shown) => {
                table.waiting.entry(key).or_default().insert(claimant);
                Reservation::Other(shown)
            }
        }
    }

    /// Waits a moment until all kinds are listed, so that a resource of the first seconds after a start need not report
    /// that it waits.
    pub(super) async fn names_known(&self) {
        let is_complete = || self.complete(&mut self.secret_names.table.lock()).is_none();
        let end = Instant::now() + NOTICE;
        while !is_complete() && Instant::now() < end {
            sleep(LOOK).await;
        }
    }

    /// Gives up a name that this resource may have or wait for, and queues those that wait for it.
    pub(super) fn release_secret(&self, controller: &Controller, object_ref: &ObjectRef, name: &str) {
        let key = Key::new(&object_ref.namespace, name);
        let claimant = Claimant::new(controller, object_ref);
        let mut table = self.secret_names.table.lock();
        if let Some(waiting) = table.waiting.get_mut(&key) {
            waiting.remove(&claimant);
        }
        if table.holders.get(&key).is_none_or(|holder| holder.claimant != claimant) {
            return;
        }
        table.holders.remove(&key);
        let waiting = table.waiting.remove(&key).unwrap_or_default();
        drop(table);
        for Claimant { crd, object_ref } in waiting {
            if let Some(controller) = self.of_crd(&crd) {
                controller.queue.push(object_ref, Priority::User);
            }
        }
    }

    /// Adds the resources of kinds that were listed since the last call. Returns a kind that is not listed yet.
    fn complete(&self, table: &mut Table) -> Option<String> {
        let controllers = self.controllers.all();
        let mut missing = None;
        for controller in &controllers {
            if table.kinds.contains(&controller.kind.to_string()) {
                continue;
            }
            match controller.ready().now_or_never() {
                Some(()) => table.add(controller),
                None => missing = Some(controller.kind.kind.clone()),
            }
        }
        let waits = !self.secret_names.impatient && self.clock.now().mono < PATIENCE;
        missing.or_else(|| self.controllers.any_unlisted()).filter(|_| waits)
    }

    /// Returns the resource, written for messages, if it lives and its Secret has this name.
    fn live(&self, claimant: &Claimant, name: &str) -> Option<String> {
        let controller = self.of_crd(&claimant.crd)?;
        let object = controller.cached(&claimant.object_ref)?;
        let is_live = object.metadata.deletion_timestamp.is_none();
        let has_name = secret_name(&controller, &object).as_deref() == Some(name);
        (is_live && has_name).then(|| format!("{} `{}`", controller.kind.kind, claimant.object_ref.name))
    }

    fn of_crd(&self, crd: &str) -> Option<Arc<Controller>> {
        self.controllers.all().into_iter().find(|controller| controller.kind.to_string() == crd)
    }
}
