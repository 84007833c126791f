//! Desired state: the spec, validated against the offers and compared with the observed add-on.

use std::time::Duration;

use crate::plan::{DesiredState, Difference, DriftPolicy, Now, Observation, Remedy, Target};
use crate::reconcile::cloud_state::{CloudState, Judged};
use crate::reconcile::judgement::Judgement;
use crate::reconcile::record_keys::RecordOwner;
use crate::reconcile::sent_digests::SentDigests;
use crate::reconcile::{ManagedKind, Observations, Subject};
use crate::resource::{self, Comparison, Desire, Desired, Refused, Sources, Stage};

/// Default age after which offers are read again.
pub(super) const OFFERS_TTL: Duration = Duration::from_secs(3600);

impl Observations {
    /// Judges the spec of a resource that is not being deleted.
    pub(super) fn desired_state(
        &self,
        kind: &ManagedKind,
        subject: &Subject,
        target: &Target,
        Judgement { now, requested, keys, drift }: Judgement,
    ) -> (DesiredState, Option<Box<Desired>>) {
        if target.account_unknown {
            return (DesiredState::Unknown, None);
        }
        let (addon, generation) = (&kind.addon, subject.resource.generation);
        let recorded = subject.record().filter(|record| record.ids.is_some());
        let stage = if recorded.is_some() { Stage::Existing } else { Stage::Creating };
        let judged = self.cloud_state.offers.as_ref().filter(|judged| judged.generation == generation);
        let offers = judged.map(|judged| judged.offers.as_ref());
        let desire = resource::desire(addon, &subject.known, offers, stage);
        if judged.is_some_and(|judged| is_old(kind, judged, now) || requested > Some(judged.asked))
            && is_refused(&desire)
        {
            // The offers may have changed since.
            return (DesiredState::Unknown, None);
        }
        let desired = match desire {
            Desire::NeedsOffers => return (DesiredState::Unknown, None),
            Desire::Refused(Refused { reason, message }) => {
                return (DesiredState::Refused { reason, message }, None);
            }
            Desire::Clear(desired) => desired,
        };
        let root = self.cloud_state.with(desired.context.clone());
        let moved = recorded.and_then(|record| moved(kind, &record.account, target));
        let owner = RecordOwner {
            crd: &subject.crd,
            namespace: &subject.resource.namespace,
            name: &subject.resource.name,
        };
        let sources = Sources {
            root: root.value(),
            recorded: recorded.and_then(|record| record.sent.as_ref()),
            digests: &SentDigests { keys: keys.as_deref(), owner },
        };
        let Comparison { mut differences, unverified, removed, remembered } =
            resource::compare(addon, &desired, &sources);
        if let Some(policy) = subject.resource.drift.or(drift) {
            differences.iter_mut().for_each(|difference| difference.drift = policy);
        }
        let ignored = resource::ignored_messages(addon, &desired, root.value());
        let state = DesiredState::Clear {
            stateful: addon.stateful,
            observation: observation(kind, &self.cloud_state, self.earlier(kind, subject, now)),
            changes: differences.into_iter().chain(moved).collect(),
            ignored: ignored.into_iter().chain(removed).collect(),
            unverified,
            remembered,
        };
        (state, Some(desired))
    }

    /// Returns the time until which the comparison of an earlier process is valid, by the status. Users can write it,
    /// and so delay the next comparison of their own resource by the age that reads may have; a time to come counts as
    /// none.
    fn earlier(&self, kind: &ManagedKind, subject: &Subject, now: Now) -> Option<Duration> {
        let ids = subject.record()?.ids.as_ref()?;
        let is_same = ids.values().any(|id| Some(id) == subject.resource.status_id.as_ref());
        let age = u64::try_from(now.wall.checked_sub(subject.in_sync_since?)?).ok()?;
        let left = kind.timing.observed.checked_sub(Duration::from_millis(age))?;
        (is_same && !self.has_compared).then(|| now.mono + left)
    }
}

/// Returns the observation for the comparison; `earlier` is the time until which that of an earlier process is valid.
fn observation(kind: &ManagedKind, cloud_state: &CloudState, earlier: Option<Duration>) -> Observation {
    if kind.compared.is_empty() && !kind.compares_listed {
        return Observation::Needless;
    }
    match cloud_state.observed {
        Some(_) if kind.compares_listed && cloud_state.listed.is_none() => {
            Observation::Listed { from: cloud_state.listed_from }
        }
        Some(sent) => Observation::Made(sent),
        None => earlier.map_or(Observation::Missing, |until| Observation::Earlier { until }),
    }
}

fn is_old(kind: &ManagedKind, judged: &Judged, now: Now) -> bool {
    let fresh = kind.addon.offers.iter().filter_map(|offer| offer.read.fresh).min().unwrap_or(OFFERS_TTL);
    judged.asked + fresh <= now.mono
}

fn is_refused(desire: &Desire) -> bool {
    match desire {
        Desire::Refused(_) => true,
        Desire::Clear(desired) => desired.wanted.iter().any(|wanted| wanted.refused.is_some()),
        Desire::NeedsOffers => false,
    }
}

/// Reports a changed account. It cannot be applied: add-ons cannot be handed over, and a new one would be
/// empty.
fn moved(kind: &ManagedKind, account: &str, target: &Target) -> Option<Difference> {
    let wanted = &target.location.account;
    let field = kind.account_field.clone().filter(|_| account != wanted)?;
    Some(Difference {
        what: format!("the add-on belongs to {account}, the spec asks for {wanted}"),
        observed: None,
        edited: true,
        drift: DriftPolicy::Report,
        remedy: Remedy::None(format!(
            "`{field}` cannot be changed after creation: set it to `{account}` again, or create a new resource."
        )),
        field,
    })
}
