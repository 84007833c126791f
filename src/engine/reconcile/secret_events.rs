//! Events about the content of a Secret: new values, and names that no Secret can have.

use interpreter::reconcile::{SecretRead, Subject};

use crate::cluster::secret::Desired;
use crate::engine::events::{EventAction, MilestoneReason, WarningReason};
use crate::engine::reconcile::reconciliation::Reconciliation;

/// Maximum number of keys that a message names.
const MAX_KEYS: usize = 5;

impl Reconciliation<'_> {
    /// Returns the keys of our Secret whose values are others than those that the operator wrote last; none for a first
    /// write, or if another client has edited them.
    pub(super) fn changed_keys(&self, subject: &Subject, desired: &Desired) -> Vec<String> {
        let SecretRead::Ours(held) = &self.cache_entry.observations.secret else { return Vec::new() };
        if !held.is_as_written(subject) {
            return Vec::new();
        }
        let is_changed = |(key, value): &(&String, &String)| held.keys.get(*key) != Some(value);
        desired.data.iter().filter(is_changed).map(|(key, _)| key.clone()).collect()
    }

    /// Sends an event about new values in the Secret.
    pub(super) fn report_changed_secret(&self, name: &str, keys: &[String]) {
        if keys.is_empty() {
            return;
        }
        let keys = listed(keys);
        tracing::info!(object = %self.caches.object_ref, secret = name, keys, "wrote new connection data");
        let note = format!(
            "the connection data has changed, and the Secret `{name}` has it: {keys}. Pods that read it at their start need a restart."
        );
        self.send_about_secret(&MilestoneReason::SecretUpdated.event(note));
    }

    /// Sends a warning about names that the cloud gives, and no Secret can have; once for the same names.
    pub(super) fn report_left_out(&mut self, subject: &Subject) {
        let kind = &self.caches.controller.managed;
        let Some((secret, _)) = self.cache_entry.observations.desired_secret(kind, subject) else { return };
        let is_told = self.cache_entry.left_out == secret.left_out;
        if is_told || secret.left_out.is_empty() {
            self.cache_entry.left_out = secret.left_out;
            return;
        }
        let keys = listed(&secret.left_out);
        self.cache_entry.left_out = secret.left_out;
        tracing::warn!(object = %self.caches.object_ref, keys, "the Secret leaves out what cannot be a key");
        let note = format!(
            "the Secret leaves out {keys}: a key of a Secret has at most 253 letters, digits, `-`, `_` and `.`, and is neither `.` nor begins with `..`. \
             All other values are there."
        );
        self.send_about_secret(&WarningReason::OutputLeftOut.event(EventAction::Reconcile, note));
    }

    fn send_about_secret(&self, event: &crate::cluster::events::EventSpec) {
        let Some(object) = self.object.as_deref() else { return };
        self.caches.engine.events.send(&self.caches.controller.kind, object, event);
    }
}

/// Returns keys for a message, in quotes and without control characters.
fn listed(keys: &[String]) -> String {
    let quoted = |key: &String| format!("`{}`", key.escape_debug().take(64).collect::<String>());
    let mut shown: Vec<_> = keys.iter().take(MAX_KEYS).map(quoted).collect();
    if keys.len() > MAX_KEYS {
        shown.push(format!("and {} more", keys.len() - MAX_KEYS));
    }
    shown.join(", ")
}
