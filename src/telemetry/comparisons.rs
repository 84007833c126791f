//! Times at which resources were last compared with the cloud, for the gauge of the oldest one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Number of resources of each kind by the time of their comparison, in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Comparisons {
    kinds: Mutex<HashMap<String, BTreeMap<i64, usize>>>,
}

impl Comparisons {
    /// Moves a resource of this kind from one time to another; `None`: it was never compared, or is gone. Returns the
    /// oldest time of the kind.
    pub(crate) fn record(&self, kind: &str, from: Option<i64>, to: Option<i64>) -> Option<i64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let times = kinds.entry(kind.to_owned()).or_default();
        if let Some(count) = from.and_then(|from| times.get_mut(&from)) {
            *count = count.saturating_sub(1);
        }
        if let Some(to) = to {
            *times.entry(to).or_default() += 1;
        }
        times.retain(|_, count| *count > 0);
        times.first_key_value().map(|(oldest, _)| *oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_comparison_of_a_kind_moves_when_its_resource_is_compared_again() {
        let comparisons = Comparisons::default();
        let at = |from, to| comparisons.record("widgets", from, to);
        assert_eq!(at(None, Some(10)), Some(10));
        assert_eq!(at(None, Some(20)), Some(10));
        assert_eq!(at(None, Some(20)), Some(10));
        assert_eq!(at(Some(10), Some(30)), Some(20), "the oldest was compared again");
        assert_eq!(at(Some(20), None), Some(20), "another one has this time, too");
        assert_eq!(at(Some(20), None), Some(30));
        assert_eq!(at(Some(30), None), None);
    }
}
