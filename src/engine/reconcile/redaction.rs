//! Redaction at the two entrances of a cloud's words into a reconciliation: the failure of a request, and the plan,
//! which may quote values that the cloud shows. Conditions, events, log and status take their texts from there.

use interpreter::exchange::text;
use interpreter::plan::{DesiredState, StepOutcome};
use interpreter::reconcile::{Effect, Observed, Subject};
use k8s_openapi::api::core::v1::Secret;
use secrecy::SecretString;

use crate::cluster::{Failure, secret};
use crate::engine::annotations;
use crate::engine::cloud_api::failure::CloudFailure;
use crate::engine::reconcile::prerequisites::is_ours;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Returns the outcome of a failed request, without credentials, and without outputs of the namespace.
    pub(super) async fn redacted(&self, failure: &CloudFailure, subject: &Subject) -> StepOutcome {
        if !failure.is_quoted() {
            return failure.outcome_without_resource();
        }
        failure.outcome(self.outputs(subject).await.as_deref())
    }

    /// Replaces credentials in all words of a plan, and in the values that it may quote.
    pub(super) fn redact_plan(&self, observed: &mut Observed, effect: Effect) -> Effect {
        let Ok(access) = &self.caches.credentials.access else { return effect };
        let redact = |text: String| access.redactors.own_words.redact(&text).into_owned();
        if let DesiredState::Clear { changes, .. } = &mut observed.inputs.desired_state {
            for change in changes {
                change.what = redact(std::mem::take(&mut change.what));
                change.observed = change.observed.take().map(redact);
            }
        }
        effect.map_because(redact)
    }

    /// Returns the outputs that an answer about the resource may repeat: those in the Secrets of its namespace, and newer
    /// ones of its own. They are read for this failure, which is rare, and not kept. `None` if they cannot be read.
    async fn outputs(&self, subject: &Subject) -> Option<Vec<SecretString>> {
        let log = |failure: &Failure| {
            tracing::debug!(object = %self.caches.object_ref, %failure, "cannot read Secrets, so the answer of the cloud is not quoted");
        };
        let cluster = &self.caches.engine.cluster;
        let key = self.secret_key(subject);
        let namespace = key.namespace.clone().unwrap_or_default();
        let listed = secret::list(cluster, &namespace, annotations::OWNER).await.inspect_err(log).ok()??;
        let is_own = |secret: &Secret| is_ours(secret, &subject.resource.uid);
        let own = match listed.iter().any(is_own) {
            true => None,
            // The Secret of the previous operator has no label. One of another owner is none of the outputs: the
            // words that are left out would show its content to the user who named it.
            false => secret::read(cluster, &key).await.inspect_err(log).ok()?.filter(is_own),
        };
        let stored = listed.into_iter().chain(own).filter_map(|secret| secret.data).flatten();
        let stored = stored.map(|(_, value)| String::from_utf8_lossy(&value.0).into_owned());
        let newest = self.cache_entry.observations.cloud_state.outputs.iter().flatten();
        let newest = newest.filter_map(|(_, value)| text(value));
        Some(stored.chain(newest).map(SecretString::from).collect())
    }
}
