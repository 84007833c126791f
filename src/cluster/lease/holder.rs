//! State of another installation, from its Lease.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::{SignedDuration, Timestamp};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::Key;
use crate::cluster::lease::store::{ClusterLease, LeaseStore};

/// Number of its durations without renewal after which a holder counts as gone.
const GONE_AFTER_DURATIONS: i32 = 10;
/// Shortest time without renewal after which a holder counts as gone: the clocks of two machines may differ.
const GONE_AFTER: SignedDuration = SignedDuration::from_secs(600);
/// Time after which the holder of a released lease counts as gone: an upgrade releases it for some seconds.
const GONE_AFTER_RELEASE: SignedDuration = SignedDuration::from_secs(120);

/// The holder of a lease, as far as the Lease shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeaseHolder {
    /// The holder renews the lease, or did so lately.
    Alive,
    /// The time of the last renewal, which is long ago; `None` if there is no Lease.
    Gone(Option<Timestamp>),
    /// The Lease cannot be read.
    Unknown,
}

impl LeaseHolder {
    /// Reads the Lease `key`, and returns the state of its holder.
    pub(crate) async fn read(cluster: Cluster, key: Key) -> Self {
        Self::of(&ClusterLease::new(cluster, key).read().await, Timestamp::now())
    }

    fn of(lease: &Result<Option<Lease>, Failure>, now: Timestamp) -> Self {
        let spec = match lease {
            Err(_) => return Self::Unknown,
            Ok(lease) => lease.as_ref().and_then(|lease| lease.spec.as_ref()),
        };
        let Some((spec, renewed)) = spec.and_then(|spec| Some((spec, spec.renew_time.as_ref()?.0))) else {
            return Self::Gone(None);
        };
        let seconds = spec.lease_duration_seconds.unwrap_or_default().saturating_mul(GONE_AFTER_DURATIONS);
        let is_released = spec.holder_identity.as_ref().is_none_or(String::is_empty);
        let limit = match is_released {
            true => GONE_AFTER_RELEASE,
            false => SignedDuration::from_secs(seconds.into()).max(GONE_AFTER),
        };
        if now.duration_since(renewed) > limit { Self::Gone(Some(renewed)) } else { Self::Alive }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use k8s_openapi::api::coordination::v1::LeaseSpec;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

    use super::*;

    #[test]
    fn a_holder_is_gone_once_its_lease_is_released_or_long_expired() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let lease = |holder: Option<&str>, renewed: i64, duration: i32| {
            let spec = LeaseSpec {
                holder_identity: holder.map(str::to_owned),
                renew_time: Some(MicroTime(at(renewed))),
                lease_duration_seconds: Some(duration),
                ..LeaseSpec::default()
            };
            Ok(Some(Lease { spec: Some(spec), ..Lease::default() }))
        };
        let now = 100_000;
        for (name, lease, expected) in [
            ("renewed a moment ago", lease(Some("pod"), now - 2, 15), LeaseHolder::Alive),
            ("renewed by a clock that is ahead", lease(Some("pod"), now + 60, 15), LeaseHolder::Alive),
            ("expired lately", lease(Some("pod"), now - 599, 15), LeaseHolder::Alive),
            ("expired long ago", lease(Some("pod"), now - 601, 15), LeaseHolder::Gone(Some(at(now - 601)))),
            ("a long lease, expired lately", lease(Some("pod"), now - 3000, 301), LeaseHolder::Alive),
            ("released a moment ago", lease(None, now - 2, 1), LeaseHolder::Alive),
            ("released", lease(None, now - 121, 1), LeaseHolder::Gone(Some(at(now - 121)))),
            (
                "released, with an empty name",
                lease(Some(""), now - 121, 1),
                LeaseHolder::Gone(Some(at(now - 121))),
            ),
            ("never held", Ok(Some(Lease::default())), LeaseHolder::Gone(None)),
            ("no Lease", Ok(None), LeaseHolder::Gone(None)),
            ("not readable", Err(Failure::Lost("no answer".into())), LeaseHolder::Unknown),
        ] {
            assert_eq!(LeaseHolder::of(&lease, at(now)), expected, "{name}");
        }
    }
}
